"""Allocate: validate, weigh evidence, climb the ladder, report."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib.metadata import version

from counterpoise.model import (
    DEFAULT_RELATIVE_GAP,
    AllocateRequest,
    AllocateResponse,
    Allocation,
    AllocationProblem,
    AllocationView,
    Execution,
    Provenance,
    SolveAttempt,
    SolveParameters,
    Termination,
    TerminationReason,
)
from counterpoise.validate import request_violations
from optimizer.program import Engine
from optimizer.reports.allocation import Certified, report_allocation
from optimizer.reports.notes import warn_of_request
from optimizer.telemetry.traces import span
from optimizer.usecases.clock import Clock
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from optimizer.usecases.ladder import Climb, OutOfTime
from optimizer.usecases.priorities import climb_priorities
from optimizer.usecases.question import Question
from optimizer.usecases.solving import Solve, solve_within
from optimizer.usecases.ties import cheapest

SERVER_VERSION = version("counterpoise-optimizer")


def allocate(request: AllocateRequest, clock: Clock) -> AllocateResponse:
    """One solve, certified or refused, in this process.

    Raises RequestInvalid, and DeadlinePassed where the caller's deadline ends the work.
    """
    began = time.monotonic()
    with span("validate"):
        violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    parameters = request.parameters or SolveParameters()
    try:
        allocation = answer(request.problem, parameters, solve_within(clock))
    except OutOfTime as over:
        return out_of_time(request, clock, over.attempts)
    queue = clock.elapsed(began)
    return AllocateResponse(
        allocation=allocation,
        request_id=request.request_id,
        execution=Execution(queue_duration=queue, solve_duration=clock.elapsed() - queue),
    )


def answer(
    problem: AllocationProblem, parameters: SolveParameters, solve: Solve, first: tuple[Engine, ...] = ()
) -> Allocation:
    """The answer to a valid problem; `first` are engines to try before the ladder.

    Raises OutOfTime when time is over before anything is proven.
    """
    return answered(Question(problem), parameters, solve, first)[1]


def answered(
    question: Question, parameters: SolveParameters, solve: Solve, first: tuple[Engine, ...] = ()
) -> tuple[Climb, Allocation]:
    """The same, with what was proven. Raises as `answer`."""
    gap = parameters.maximum_relative_gap or DEFAULT_RELATIVE_GAP
    ended = cheapest(question, climb_priorities(question, solve, gap, first), solve, gap)
    with span("report"):
        return ended, _reported(question, ended, parameters.view or AllocationView.FULL)


def out_of_time(
    request: AllocateRequest, clock: Clock, attempts: tuple[SolveAttempt, ...]
) -> AllocateResponse:
    """The answer to a valid request whose time ran out. Raises DeadlinePassed where that was the caller's."""
    if clock.deadline_comes_first:
        raise DeadlinePassed
    detail = "time ran out before anything was proven; ask for a longer time limit"
    allocation = _without_positions(Question(request.problem), TerminationReason.TIME_LIMIT, detail, attempts)
    return AllocateResponse(allocation=allocation, request_id=request.request_id, execution=Execution())


def _reported(question: Question, ended: Climb, view: AllocationView) -> Allocation:
    certificate, prices = ended.judgement.certificate, ended.judgement.prices
    if not ended.certified or certificate is None:
        detail = "no engine's answer could be certified; rescale the inputs or loosen the limits"
        return _without_positions(question, TerminationReason.UNDETERMINED, detail, ended.attempts)
    if ended.variables is None or prices is None or certificate.optimality is None:
        detail = (
            "no allocation satisfies every limit; the certificate names bounds that contradict each other"
        )
        answer = _without_positions(question, TerminationReason.INFEASIBLE, detail, ended.attempts)
        return replace(answer, certificate=certificate, provenance=_provenance(question, ended.engine))
    detail = "optimal within the certified gap"
    certified = Certified(
        book=question.book,
        box=question.box,
        constraints=question.case.constraints,
        objective=question.case.objective,
        variables=ended.variables,
        prices=prices,
    )
    termination = Termination(reason=TerminationReason.OPTIMAL, detail=detail, attempts=ended.attempts)
    return report_allocation(certified, view, termination, certificate, _provenance(question, ended.engine))


def _without_positions(
    question: Question, reason: TerminationReason, detail: str, attempts: tuple[SolveAttempt, ...]
) -> Allocation:
    return Allocation(
        termination=Termination(reason=reason, detail=detail, attempts=attempts),
        warnings=warn_of_request(question.book, question.box, question.case.constraints),
        provenance=_provenance(question),
    )


def _provenance(question: Question, engine: str = "") -> Provenance:
    return Provenance(problem_sha256=question.sha256, server_version=SERVER_VERSION, engine=engine)

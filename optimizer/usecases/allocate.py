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
    AllocationView,
    Execution,
    Provenance,
    SolveAttempt,
    SolveParameters,
    Termination,
    TerminationReason,
)
from counterpoise.validate import request_violations
from optimizer.program import Attempt, Engine, Outcome, Prepared, run_attempt
from optimizer.reports.allocation import Certified, report_allocation
from optimizer.reports.notes import warn_of_request
from optimizer.telemetry.solve_metrics import SolveMetrics
from optimizer.telemetry.traces import span
from optimizer.usecases.clock import Clock, clock_of
from optimizer.usecases.counted import announce, counted, step_of
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from optimizer.usecases.ladder import Climb, OutOfTime
from optimizer.usecases.priorities import climb_priorities
from optimizer.usecases.question import Question
from optimizer.usecases.spans import worker_span
from optimizer.usecases.ties import cheapest
from optimizer.workers import Cancellation, WorkerPool

SERVER_VERSION = version("counterpoise-optimizer")


class Allocator:
    """Answers allocation requests with a pool of workers; `metrics` count what becomes of them."""

    def __init__(
        self, pool: WorkerPool, *, time_limit_seconds: float, metrics: SolveMetrics | None = None
    ) -> None:
        self._metrics = metrics or SolveMetrics()
        announce(self._metrics)
        self._pool = pool
        self._time_limit_seconds = time_limit_seconds

    def allocate(
        self,
        request: AllocateRequest,
        *,
        admitted: float | None = None,
        remaining_seconds: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> AllocateResponse:
        """One solve, certified or refused.

        `admitted` is when the call came in on the monotonic clock, now unless given;
        `remaining_seconds` is what the caller's deadline leaves. Raises RequestInvalid,
        DeadlinePassed, and from the workers WorkerLost and CancelledError.
        """
        return counted(
            self._metrics, lambda: self._allocate(request, admitted, remaining_seconds, cancellation)
        )

    def _allocate(
        self,
        request: AllocateRequest,
        admitted: float | None,
        remaining_seconds: float | None,
        cancellation: Cancellation | None,
    ) -> AllocateResponse:
        now = time.monotonic()
        with span("validate"):
            violations = request_violations(request)
        if violations:
            raise RequestInvalid(violations)
        parameters = request.parameters or SolveParameters()
        clock = clock_of(
            admitted=now if admitted is None else admitted,
            wanted=parameters.time_limit,
            cap_seconds=self._time_limit_seconds,
            deadline=None if remaining_seconds is None else now + remaining_seconds,
        )
        question = Question(request.problem)

        def solve(prepared: Prepared, engine: Engine) -> Outcome:
            if cancellation is not None:
                cancellation.raise_if_cancelled()
            remaining = clock.remaining_seconds()
            if remaining <= 0.0:
                raise TimeoutError
            self._metrics.stepped(step_of(engine))
            with span("solve", {"counterpoise.engine": engine.value}):
                future = self._pool.submit(
                    run_attempt,
                    Attempt(prepared.numbers, engine),
                    timeout_seconds=remaining,
                    cancellation=cancellation,
                    on_stint=worker_span(),
                )
                question.think_ahead()
                return prepared.outcome(future.result())

        gap = parameters.maximum_relative_gap or DEFAULT_RELATIVE_GAP
        started = None
        try:
            answered = climb_priorities(question, solve, gap)
            ended = cheapest(question, answered, solve, gap)
        except OutOfTime as over:
            if clock.deadline_comes_first:
                raise DeadlinePassed from over
            detail = "time ran out before anything was proven; ask for a longer time limit"
            allocation = _without_positions(question, TerminationReason.TIME_LIMIT, detail, over.attempts)
        else:
            started = ended.first_start
            allocation = _answer(question, ended, parameters.view or AllocationView.FULL)
        return AllocateResponse(
            allocation=allocation, request_id=request.request_id, execution=_execution(clock, started)
        )


def _answer(question: Question, ended: Climb, view: AllocationView) -> Allocation:
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


def _execution(clock: Clock, started: float | None) -> Execution:
    if started is None:
        return Execution()
    queue = clock.elapsed(started)
    return Execution(queue_duration=queue, solve_duration=clock.elapsed() - queue)

"""Allocate: validate, weigh evidence, climb the ladder, report."""

from __future__ import annotations

import time
from concurrent.futures import Future
from importlib.metadata import version

from counterpoise.model import (
    DEFAULT_RELATIVE_GAP,
    AllocateRequest,
    AllocateResponse,
    Allocation,
    AllocationProblem,
    AllocationView,
    Certificate,
    Execution,
    Provenance,
    SolveParameters,
    Termination,
    TerminationReason,
)
from counterpoise.validate import request_violations
from counterpoise.wire import problem_sha256
from optimizer.certificate import Case, open_case
from optimizer.measures.book import open_book
from optimizer.program import Attempt, Outcome, run_attempt
from optimizer.reports.allocation import Certified, report_allocation
from optimizer.reports.limits import LimitPrices
from optimizer.reports.notes import warn_of_request
from optimizer.usecases.clock import Clock, clock_of
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from optimizer.usecases.ladder import Climb, OutOfTime, climb
from optimizer.workers import Cancellation, WorkerPool

SERVER_VERSION = version("counterpoise-optimizer")


class Allocator:
    """Answers allocation requests with a pool of workers."""

    def __init__(self, pool: WorkerPool, *, time_limit_seconds: float) -> None:
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
        now = time.monotonic()
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
        problem = request.problem
        book = open_book(problem)
        case = open_case(book)
        identity = _Identity(problem)

        def run(attempt: Attempt) -> Outcome:
            remaining = clock.remaining_seconds()
            if remaining <= 0.0:
                raise TimeoutError
            future: Future[Outcome] = self._pool.submit(
                run_attempt,
                attempt,
                timeout_seconds=remaining,
                cancellation=cancellation,
                affinity=f"{problem.portfolio.portfolio_id}/{problem.mandate.mandate_id}",
            )
            # The hash costs about as much as a small solve: it is computed while the worker works.
            identity.settle()
            return future.result()

        gap = parameters.maximum_relative_gap or DEFAULT_RELATIVE_GAP
        try:
            ended = climb(case, gap, run)
        except OutOfTime as over:
            if clock.deadline_comes_first:
                raise DeadlinePassed from over
            allocation = _without_positions(
                case,
                identity,
                Termination(
                    reason=TerminationReason.TIME_LIMIT,
                    detail="time ran out before anything was proven; ask for a longer time limit",
                    attempts=over.attempts,
                ),
            )
            return AllocateResponse(
                allocation=allocation, request_id=request.request_id, execution=_execution(clock, None)
            )
        allocation = _answer(case, identity, ended, parameters.view or AllocationView.FULL)
        return AllocateResponse(
            allocation=allocation,
            request_id=request.request_id,
            execution=_execution(clock, ended.first_start),
        )


class _Identity:
    """The problem's hash, computed once and not before there is time for it."""

    def __init__(self, problem: AllocationProblem) -> None:
        self._problem = problem
        self._sha256 = ""

    def settle(self) -> str:
        if not self._sha256:
            self._sha256 = problem_sha256(self._problem)
        return self._sha256

    def provenance(self, engine: str = "") -> Provenance:
        return Provenance(problem_sha256=self.settle(), server_version=SERVER_VERSION, engine=engine)


def _answer(case: Case, identity: _Identity, ended: Climb, view: AllocationView) -> Allocation:
    certificate, prices = ended.judgement.certificate, ended.judgement.prices
    if not ended.certified or certificate is None:
        detail = "no engine's answer could be certified; rescale the inputs or loosen the limits"
        return _without_positions(
            case,
            identity,
            Termination(reason=TerminationReason.UNDETERMINED, detail=detail, attempts=ended.attempts),
        )
    if ended.variables is None or prices is None:
        detail = (
            "no allocation satisfies every limit; the certificate names bounds that contradict each other"
        )
        termination = Termination(reason=TerminationReason.INFEASIBLE, detail=detail, attempts=ended.attempts)
        return _without_positions(case, identity, termination, certificate, ended.engine)
    detail = "optimal within the certified gap"
    certified = Certified(
        book=case.book,
        box=case.box,
        constraints=case.constraints,
        objective=case.objective,
        variables=ended.variables,
        prices=LimitPrices(prices.by_side, prices.box_lower, prices.box_upper),
    )
    termination = Termination(reason=TerminationReason.OPTIMAL, detail=detail, attempts=ended.attempts)
    return report_allocation(certified, view, termination, certificate, identity.provenance(ended.engine))


def _without_positions(
    case: Case,
    identity: _Identity,
    termination: Termination,
    certificate: Certificate | None = None,
    engine: str = "",
) -> Allocation:
    return Allocation(
        termination=termination,
        certificate=certificate,
        warnings=warn_of_request(case.book),
        provenance=identity.provenance(engine),
    )


def _execution(clock: Clock, first_start: float | None) -> Execution:
    queue = clock.elapsed(first_start)
    return Execution(queue_duration=queue, solve_duration=clock.elapsed() - queue)

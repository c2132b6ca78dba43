"""Servicer of the calls of AllocationService that have many answers."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import TypeVar

import structlog

from counterpoise.model import SolveParameters, TerminationReason
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.envelope import request_id_of
from optimizer.answering.executors import Crew, LocalCrew, answered, chunk_size
from optimizer.answering.headers import judged_header
from optimizer.answering.items import Chunk, Item, Outcome
from optimizer.answering.streamed import BatchReader
from optimizer.answering.sweeping import plan_sweep
from optimizer.service.calls import Call, Work
from optimizer.service.sweeps import Answers, Batch, Sweep
from optimizer.service.turns import Turns
from optimizer.telemetry.solve_metrics import SolveMetrics
from optimizer.usecases.errors import DeadlinePassed
from optimizer.workers import WorkerPool

R = TypeVar("R")
_log = structlog.get_logger(__name__)


class SweepServicer:
    """Cuts calls into chunks for a crew; requests are read by the pool's workers."""

    def __init__(
        self, pool: WorkerPool, crew: Crew, *, time_limit_seconds: float, metrics: SolveMetrics | None = None
    ) -> None:
        self._pool = pool
        # A cluster has as many workers as come, and a scheduler of its own.
        turns = Turns(crew) if isinstance(crew, LocalCrew) else None
        self._crew_of: Callable[[str], Crew] = (lambda _: crew) if turns is None else turns.of
        self._time_limit_seconds = time_limit_seconds
        self._metrics = metrics or SolveMetrics()

    @property
    def service_name(self) -> str:
        """Full name of the service in the contract, whose other calls have a servicer of their own."""
        return str(allocation_service_pb2.DESCRIPTOR.services_by_name["AllocationService"].full_name)

    @property
    def methods(self) -> dict[str, Work]:
        """None: no call here has one answer."""
        return {}

    @property
    def sweeps(self) -> Mapping[str, Sweep]:
        """See `Sweeping`."""
        return {"TraceFrontier": self.trace_frontier}

    @property
    def batches(self) -> Mapping[str, Batch]:
        """See `Sweeping`."""
        return {"AllocateBatch": self.allocate_batch}

    async def trace_frontier(self, body: bytes, call: Call) -> Answers:
        """The points of a sweep, as they are ready. Raises Refused, RequestInvalid, DeadlinePassed."""
        call.read_request_id(request_id_of(body, allocation_service_pb2.TraceFrontierRequest))
        plan = await self._read(plan_sweep, body, call)
        crew = self._crew_of(call.principal.tenant)
        size, limit = chunk_size(crew, plan.point_count), self._limit_seconds(plan.parameters.time_limit)

        async def chunks() -> AsyncIterator[Chunk]:
            for start in range(0, plan.point_count, size):
                items = tuple(map(Item, range(start, min(start + size, plan.point_count))))
                yield Chunk("TraceFrontier", body, items, limit)

        completed = 0
        async with aclosing(answered(chunks(), crew, call.cancellation)) as outcomes:
            async for outcome in outcomes:
                completed += 1
                self._note(outcome, call)
                counts = allocation_service_pb2.TraceFrontierResponse(
                    completed_count=completed, total_count=plan.point_count
                )
                # Messages one after the other are their sum.
                yield outcome.body + counts.SerializeToString()

    async def allocate_batch(self, messages: AsyncIterator[bytes], call: Call) -> Answers:
        """The answers to a stream of items, as they are ready. Raises Refused and RequestInvalid."""

        def judged(body: bytes) -> Awaitable[SolveParameters]:
            return self._read(judged_header, body, call)

        crew = self._crew_of(call.principal.tenant)
        reader = BatchReader(messages, crew, self._limit_seconds, judged)
        async with aclosing(answered(reader.chunks(), crew, call.cancellation)) as outcomes:
            async for outcome in outcomes:
                self._note(outcome, call)
                yield outcome.body

    async def _read(self, read: Callable[[bytes], R], body: bytes, call: Call) -> R:
        """What a worker reads in bytes. Raises what `read` raises, and DeadlinePassed."""
        left = call.remaining_seconds()
        cap = self._time_limit_seconds
        reading = self._pool.submit(
            read,
            body,
            timeout_seconds=cap if left is None else max(min(left, cap), 0.0),
            cancellation=call.cancellation,
            affinity=hash(body),
        )
        try:
            return await asyncio.wrap_future(reading)
        except TimeoutError:
            raise DeadlinePassed from None

    def _limit_seconds(self, wanted: datetime.timedelta | None) -> float:
        cap = self._time_limit_seconds
        return cap if wanted is None else min(wanted.total_seconds(), cap)

    def _note(self, outcome: Outcome, call: Call) -> None:
        name = f"{outcome.result.lower()}_count"
        call.facts[name] = int(call.facts.get(name, 0)) + 1
        if outcome.result in _SOLVED:
            self._metrics.ended(outcome.result, outcome.seconds)
        if outcome.bug:
            _log.error("internal error", method=call.method, error_id=outcome.bug_id, exception=outcome.bug)


_SOLVED = {*(reason.name for reason in TerminationReason), "WORKER_LOST", "INTERNAL_BUG"}
"""What counts as the end of a solve; what was no valid question does not."""

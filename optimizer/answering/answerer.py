"""The server's side of a question: its clock, its worker, and what becomes of it when time runs out."""

from __future__ import annotations

import time
from typing import Final

from counterpoise import wire
from counterpoise.model import AllocateRequest, AllocateResponse, SolveAttempt
from counterpoise.v1 import allocation_service_pb2
from counterpoise.validate import request_violations
from optimizer.answering.counted import announce, counted, step_of
from optimizer.answering.envelope import Envelope, envelope_of
from optimizer.answering.methods import METHODS
from optimizer.answering.spans import worker_span
from optimizer.answering.tasks import AnswerBytes, LateQuestion, QuestionBytes, answer_bytes, late_bytes
from optimizer.telemetry import traces
from optimizer.telemetry.solve_metrics import SolveMetrics
from optimizer.usecases.clock import clock_of
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from optimizer.usecases.solving import Began, SoFar
from optimizer.workers import Cancellation, WorkerPool

LATE_SECONDS: Final = 10.0
"""What the answer that time ran out may take to be written: a worker starts, and reads what it never has."""


class Answerer:
    """Answers questions with a pool of workers; `metrics` count what becomes of them."""

    def __init__(
        self, pool: WorkerPool, *, time_limit_seconds: float, metrics: SolveMetrics | None = None
    ) -> None:
        self._metrics = metrics or SolveMetrics()
        announce(self._metrics)
        self._pool = pool
        self._time_limit_seconds = time_limit_seconds

    def answer(
        self,
        method: str,
        body: bytes,
        *,
        envelope: Envelope | None = None,
        admitted: float | None = None,
        remaining_seconds: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> AnswerBytes:
        """The response of a method to the bytes of a request.

        `envelope` is that of the bytes, where it was read already; `admitted` is when the call came in on
        the monotonic clock, now unless given; `remaining_seconds` is what the caller's deadline leaves.
        Raises Refused, RequestInvalid, DeadlinePassed, and from the workers WorkerLost and CancelledError.
        """
        now = time.monotonic()
        envelope = envelope or envelope_of(body, METHODS[method].request)
        clock = clock_of(
            admitted=now if admitted is None else admitted,
            wanted=envelope.time_limit,
            cap_seconds=self._time_limit_seconds,
            deadline=None if remaining_seconds is None else now + remaining_seconds,
        )
        question = QuestionBytes(method, body, clock, traced=traces.enabled())
        return counted(self._metrics, lambda: self._answer(question, envelope.affinity, cancellation))

    def allocate(
        self,
        request: AllocateRequest,
        *,
        remaining_seconds: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> AllocateResponse:
        """One solve, for a request from within the server. Raises as `answer`."""
        violations = request_violations(request)
        if violations:
            raise RequestInvalid(violations)
        body = wire.to_message(request, allocation_service_pb2.AllocateRequest).SerializeToString()
        found = self.answer("Allocate", body, remaining_seconds=remaining_seconds, cancellation=cancellation)
        response: AllocateResponse = wire.to_model(
            allocation_service_pb2.AllocateResponse.FromString(found.body)
        )
        return response

    def _answer(
        self, question: QuestionBytes, affinity: int | None, cancellation: Cancellation | None
    ) -> AnswerBytes:
        attempts: list[SolveAttempt] = []
        so_far: list[object] = []

        def hear(told: object) -> None:
            if isinstance(told, Began):
                self._metrics.stepped(step_of(told.engine))
            elif isinstance(told, SolveAttempt):
                attempts.append(told)
            elif isinstance(told, SoFar):
                so_far[:] = [told.response]

        try:
            answer = self._pool.submit(
                answer_bytes,
                question,
                timeout_seconds=max(question.clock.remaining_seconds(), 0.0),
                cancellation=cancellation,
                affinity=affinity,
                on_stint=worker_span(),
                on_note=hear,
            ).result()
        except TimeoutError:
            if so_far:
                return _written(question.method, so_far[-1])
            return self._late(LateQuestion(question, tuple(attempts)), affinity, cancellation)
        traces.record(answer.spans)
        return answer

    def _late(
        self, late: LateQuestion, affinity: int | None, cancellation: Cancellation | None
    ) -> AnswerBytes:
        """The answer that says that time ran out, by a worker, too: the bytes may be what took the time.

        Raises DeadlinePassed where the caller's deadline ended the work, or the bytes take too long.
        """
        clock = late.question.clock
        if clock.deadline_comes_first:
            raise DeadlinePassed
        try:
            return self._pool.submit(
                late_bytes,
                late,
                timeout_seconds=min(LATE_SECONDS, max(clock.deadline - time.monotonic(), 0.0)),
                cancellation=cancellation,
                affinity=affinity,
            ).result()
        except TimeoutError:
            raise DeadlinePassed from None


def _written(method: str, response: object) -> AnswerBytes:
    """What was proven before time ran out."""
    body = wire.to_message(response, METHODS[method].response).SerializeToString()
    return AnswerBytes(body, METHODS[method].ending(response))

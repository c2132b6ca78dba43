"""What a worker process does with a question."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise import wire
from counterpoise.model import SolveAttempt
from counterpoise.validate import request_violations
from optimizer.answering.methods import METHODS, Ending
from optimizer.answering.reading import read_question
from optimizer.telemetry.kept import Kept
from optimizer.telemetry.traces import kept, span
from optimizer.usecases.clock import Clock
from optimizer.usecases.errors import RequestInvalid


@dataclass(frozen=True)
class QuestionBytes:
    """A request of a method by the bytes of its message, and how long it may take."""

    method: str
    body: bytes
    clock: Clock
    traced: bool = False


@dataclass(frozen=True)
class AnswerBytes:
    """A response by the bytes of its message, how it ended, and what was traced of it."""

    body: bytes
    ending: Ending
    spans: tuple[Kept, ...] = ()


def answer_bytes(question: QuestionBytes) -> AnswerBytes:
    """Reads, solves, certifies, reports, writes. Raises what `Method.answer` raises, and Refused."""
    method = METHODS[question.method]
    with kept(question.traced) as spans:
        response = method.answer(read_question(question.body, method.request), question.clock)
        with span("write"):
            body = wire.to_message(response, method.response).SerializeToString()
    return AnswerBytes(body, method.ending(response), tuple(spans))


@dataclass(frozen=True)
class LateQuestion:
    """A question whose time limit passed, and what was attempted until then."""

    question: QuestionBytes
    attempts: tuple[SolveAttempt, ...]


def late_bytes(late: LateQuestion) -> AnswerBytes:
    """The answer that says that time ran out; a question that is wrong is refused all the same.

    Raises Refused and RequestInvalid.
    """
    question = late.question
    method = METHODS[question.method]
    request = read_question(question.body, method.request)
    violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    response = method.late(request, question.clock, late.attempts)
    body = wire.to_message(response, method.response).SerializeToString()
    return AnswerBytes(body, method.ending(response))

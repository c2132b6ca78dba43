"""What a worker does with a chunk: every item answered whole, refused by itself where it must be."""

from __future__ import annotations

import contextlib
import math
import threading
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from google.protobuf.message import Message

from counterpoise import wire
from counterpoise.model import (
    AllocateRequest,
    Allocation,
    AllocationProblem,
    AllocationView,
    CallRefusal,
    ErrorReason,
    SolveMode,
    SolveParameters,
)
from counterpoise.v1 import allocation_service_pb2
from counterpoise.validate import problem_violations
from optimizer.answering.batches import item_question, item_response
from optimizer.answering.items import Chunk, Item, Outcome
from optimizer.answering.sweeping import point_question, point_response
from optimizer.program import Engine
from optimizer.usecases.allocate import answer, out_of_time
from optimizer.usecases.clock import Clock, clock_of
from optimizer.usecases.errors import Refused, RequestInvalid, in_words
from optimizer.usecases.ladder import OutOfTime
from optimizer.usecases.solving import solve_within
from optimizer.workers import note, others_wait

MAXIMUM_RESPONSE_BYTES: Final = (4 << 20) - 1024
"""Of one response; what the server adds and the frame around it have the rest."""
_VIOLATIONS: Final = 100
"""As many as a refusal lists; it counts them all."""
_RECENT: Final[deque[tuple[object, object]]] = deque(maxlen=4)
"""Markets and portfolios; as many as the fast engine is compiled for."""
_one_at_a_time = threading.Lock()
"""The fast engine keeps its last answers, for one thread; workers of a cluster may have several."""


@dataclass(frozen=True)
class Kind:
    """A call of many questions: the problem of each, not validated, and its response.

    `question` raises RequestInvalid, and Refused.
    """

    question: Callable[[bytes, Item], tuple[AllocationProblem, SolveParameters]]
    response: Callable[[bytes, Item, Allocation | None, CallRefusal | None], object]
    message: type[Message]


KINDS: Final[Mapping[str, Kind]] = {
    "TraceFrontier": Kind(point_question, point_response, allocation_service_pb2.TraceFrontierResponse),
    "AllocateBatch": Kind(item_question, item_response, allocation_service_pb2.AllocateBatchResponse),
}
"""By name in the contract."""


@dataclass(frozen=True)
class ItemBegan:
    """Noted when a worker begins with an item; when it has ended its outcome is noted."""


def answer_chunk(chunk: Chunk) -> tuple[Outcome, ...]:
    """The outcomes of the first items, in order: at least one, and no further one once the turn is over.

    It is over when its time is, and when somebody waits for one answer. Raises nothing that an item brings
    about.
    """
    end, outcomes = time.monotonic() + chunk.turn_seconds, list[Outcome]()
    for item in chunk.items:
        if outcomes and (time.monotonic() >= end or others_wait()):
            break
        note(ItemBegan())
        outcomes.append(_timed(chunk, item))
        note(outcomes[-1])
    return tuple(outcomes)


def refused(chunk: Chunk, item: Item, refusal: CallRefusal) -> Outcome:
    """The outcome of an item that has no answer."""
    kind = KINDS[chunk.method]
    message = wire.to_message(kind.response(chunk.shared, item, None, refusal), kind.message)
    return Outcome(message.SerializeToString(), refusal.reason.name)


def _timed(chunk: Chunk, item: Item) -> Outcome:
    start = time.monotonic()
    return replace(_outcome(chunk, item), seconds=time.monotonic() - start)


def _outcome(chunk: Chunk, item: Item) -> Outcome:
    kind = KINDS[chunk.method]
    try:
        problem, parameters = kind.question(chunk.shared, item)
        allocation = _allocation(problem, parameters, chunk)
        response = kind.response(chunk.shared, item, allocation, None)
        body = wire.to_message(response, kind.message).SerializeToString()
    except RequestInvalid as error:
        return refused(chunk, item, _invalid(error))
    except Refused as error:
        return refused(chunk, item, CallRefusal(reason=error.reason, message=error.message))
    except Exception as error:  # noqa: BLE001 - a bug that one item meets is that item's
        number = uuid.uuid4().hex
        text = f"internal error {number}; please report it with this number"
        refusal = CallRefusal(reason=ErrorReason.INTERNAL_BUG, message=text, error_id=number)
        told = "".join(traceback.format_exception(error))
        return replace(refused(chunk, item, refusal), bug_id=number, bug=told)
    if len(body) > MAXIMUM_RESPONSE_BYTES:
        text = "the answer exceeds 4 MiB; ask for the basic view"
        return refused(chunk, item, CallRefusal(reason=ErrorReason.RESPONSE_TOO_LARGE, message=text))
    return Outcome(body, allocation.termination.reason.name)


def _allocation(problem: AllocationProblem, parameters: SolveParameters, chunk: Chunk) -> Allocation:
    violations = problem_violations(problem)
    if violations:
        raise RequestInvalid(violations)
    parameters = replace(parameters, view=parameters.view or AllocationView.BASIC)
    clock = clock_of(time.monotonic(), None, chunk.limit_seconds, None)
    if chunk.late:
        return _late(problem, clock, OutOfTime(()))
    fast = parameters.mode is SolveMode.FAST and Engine.MOREAU.is_installed and _has_come_before(problem)
    with _one_at_a_time if fast else contextlib.nullcontext():
        try:
            return answer(problem, parameters, solve_within(clock), (Engine.MOREAU,) if fast else ())
        except OutOfTime as over:
            return _late(problem, clock, over)


def _has_come_before(problem: AllocationProblem) -> bool:
    """Whether a recent problem had this market and portfolio: from then on a compiled engine pays."""
    market, portfolio = problem.market, problem.portfolio
    if any(earlier[0] is market and earlier[1] is portfolio for earlier in tuple(_RECENT)):
        return True
    _RECENT.append((market, portfolio))
    return False


def _late(problem: AllocationProblem, clock: Clock, over: OutOfTime) -> Allocation:
    clock = replace(clock, deadline=math.inf)
    return out_of_time(AllocateRequest(problem=problem), clock, over.attempts).allocation


def _invalid(error: RequestInvalid) -> CallRefusal:
    return CallRefusal(
        reason=ErrorReason.REQUEST_INVALID,
        message=in_words(error.violations),
        violations=tuple(error.violations[:_VIOLATIONS]),
        violation_count=len(error.violations),
    )

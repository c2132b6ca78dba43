"""A batch on its way to workers: its messages cut into chunks, and the question of each item."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from google.protobuf.message import Message

from counterpoise import wire
from counterpoise.model import (
    AllocateBatchResponse,
    Allocation,
    AllocationProblem,
    CallRefusal,
    SolveParameters,
    Violation,
)
from counterpoise.sections import SectionReader
from counterpoise.v1 import allocation_service_pb2, problem_pb2
from counterpoise.validate import problem_violations
from optimizer.answering.items import Item
from optimizer.answering.requests import parse
from optimizer.usecases.errors import RequestInvalid

_PARTS: Final = frozenset(problem_pb2.AllocationProblem.DESCRIPTOR.fields_by_name)
"""What a problem has, header and items have by the same names."""
_SECTIONS: Final = SectionReader(maximum_count=64, maximum_bytes=8 << 20)
"""Parts that neighbouring items share, apart from those of questions that come alone."""


def item_question(shared: bytes, item: Item) -> tuple[AllocationProblem, SolveParameters]:
    """The problem of an item, with the header's parts where it has none of its own; not validated.

    Raises RequestInvalid for what the bytes alone tell.
    """
    header, (own, found) = _header(shared), _item(item.body)
    # What neither of them has stays unset, as in a request that lacks it: validation names it.
    problem: AllocationProblem = replace(
        own,
        market=own.market or header.parts.market,
        mandate=own.mandate or header.parts.mandate,
        objective=own.objective or header.parts.objective,
        scenarios=own.scenarios or header.parts.scenarios,
        return_samples=own.return_samples or header.parts.return_samples,
    )
    found = (*found, *item.violations)
    if found:
        raise RequestInvalid((*found, *problem_violations(problem)))
    return problem, header.parameters


def item_response(
    shared: bytes, item: Item, allocation: Allocation | None, refusal: CallRefusal | None
) -> AllocateBatchResponse:
    """The item's response, which carries its id and its place."""
    del shared
    return AllocateBatchResponse(
        request_id=item.request_id, item_index=item.index, allocation=allocation, refusal=refusal
    )


@dataclass(frozen=True)
class _Header:
    """What items of a batch have in common."""

    parts: Any
    """A problem, of which any part may be unset."""
    parameters: SolveParameters


@lru_cache(maxsize=4)
def _header(body: bytes) -> _Header:
    """The same object for every chunk of a batch, so that its parts are remembered."""
    header = allocation_service_pb2.AllocateBatchRequest.FromString(body).header
    set_parameters = header.HasField("parameters")
    parameters = wire.to_model(header.parameters) if set_parameters else SolveParameters()
    return _Header(_SECTIONS.to_model(_parts_of(header)), parameters)


def _item(body: bytes) -> tuple[Any, tuple[Violation, ...]]:
    """Its own parts; portfolios and mandates that other items have, too, are the same objects."""
    parsed = parse(body, allocation_service_pb2.AllocateBatchRequest)
    if parsed.message is None:
        raise RequestInvalid(_from_item(parsed.violations))
    return _SECTIONS.to_model(_parts_of(parsed.message.item)), _from_item(parsed.violations)


def _parts_of(message: Message) -> Message:
    """Those parts of a problem that a header or an item has."""
    parts = problem_pb2.AllocationProblem()
    for field, value in message.ListFields():
        if field.name not in _PARTS:
            continue
        if field.is_repeated:
            getattr(parts, field.name).extend(value)
        else:
            getattr(parts, field.name).CopyFrom(value)
    return parts


def _from_item(violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """With paths from the problem, whose parts an item has at its top."""
    return tuple(replace(found, field=found.field.removeprefix("item.")) for found in violations)

"""A batch on its way to workers: its messages cut into chunks, and the question of each item."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from counterpoise import wire
from counterpoise.model import (
    AllocateBatchResponse,
    Allocation,
    AllocationProblem,
    BatchHeader,
    BatchItem,
    CallRefusal,
    SolveParameters,
    Violation,
)
from counterpoise.v1 import allocation_service_pb2
from counterpoise.validate import problem_violations
from optimizer.answering.items import Item
from optimizer.answering.requests import parse
from optimizer.usecases.errors import RequestInvalid


def item_question(shared: bytes, item: Item) -> tuple[AllocationProblem, SolveParameters]:
    """The problem of an item, with the header's parts where it has none of its own; not validated.

    Raises RequestInvalid for what the bytes alone tell.
    """
    header, (own, found) = _header(shared), _item(item.body)
    # What neither of them has stays unset, as in a request that lacks it: validation names it.
    market: Any = own.market or header.market
    mandate: Any = own.mandate or header.mandate
    objective: Any = own.objective or header.objective
    problem = AllocationProblem(
        market=market,
        portfolio=own.portfolio,
        mandate=mandate,
        objective=objective,
        scenarios=own.scenarios or header.scenarios,
        return_samples=own.return_samples or header.return_samples,
    )
    found = (*found, *item.violations)
    if found:
        raise RequestInvalid((*found, *problem_violations(problem)))
    return problem, header.parameters or SolveParameters()


def item_response(
    shared: bytes, item: Item, allocation: Allocation | None, refusal: CallRefusal | None
) -> AllocateBatchResponse:
    """The item's response, which carries its id."""
    del shared
    return AllocateBatchResponse(request_id=item.request_id, allocation=allocation, refusal=refusal)


@lru_cache(maxsize=4)
def _header(body: bytes) -> BatchHeader:
    """The same object for every chunk of a batch, so that its parts are remembered."""
    if not body:
        return BatchHeader()
    header: BatchHeader = wire.to_model(allocation_service_pb2.AllocateBatchRequest.FromString(body)).header
    return header


def _item(body: bytes) -> tuple[BatchItem, tuple[Violation, ...]]:
    parsed = parse(body, allocation_service_pb2.AllocateBatchRequest)
    if parsed.message is None:
        raise RequestInvalid(_from_item(parsed.violations))
    item: BatchItem = wire.to_model(parsed.message).item
    return item, _from_item(parsed.violations)


def _from_item(violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """With paths from the problem, whose parts an item has at its top."""
    return tuple(replace(found, field=found.field.removeprefix("item.")) for found in violations)

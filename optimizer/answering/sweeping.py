"""A sweep on its way to workers: what the server must know of it, and the question at each point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    CallRefusal,
    SolveParameters,
    TraceFrontierRequest,
    TraceFrontierResponse,
)
from counterpoise.v1 import allocation_service_pb2
from counterpoise.validate import request_violations
from optimizer.answering.items import Item
from optimizer.answering.reading import read_question
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.sweep import coordinates_at, point_count, problem_at


@dataclass(frozen=True)
class SweepPlan:
    """A sweep that keeps the contract."""

    point_count: int
    parameters: SolveParameters


def plan_sweep(body: bytes) -> SweepPlan:
    """Reads and validates a request. Raises Refused and RequestInvalid."""
    request = _request(body)
    violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    return SweepPlan(point_count(request.axes), request.parameters or SolveParameters())


def point_question(body: bytes, item: Item) -> tuple[AllocationProblem, SolveParameters]:
    """The problem at a point of a planned sweep, not validated."""
    request = _request(body)
    coordinates = coordinates_at(request.axes, item.index)
    return problem_at(request.problem, request.axes, coordinates), request.parameters or SolveParameters()


def point_response(
    body: bytes, item: Item, allocation: Allocation | None, refusal: CallRefusal | None
) -> TraceFrontierResponse:
    """The point's response; how many are done is the server's to add."""
    return TraceFrontierResponse(
        point_index=item.index,
        coordinates=coordinates_at(_request(body).axes, item.index),
        allocation=allocation,
        refusal=refusal,
    )


@lru_cache(maxsize=2)
def _request(body: bytes) -> TraceFrontierRequest:
    """The same object for every chunk of a sweep, so that its parts are remembered."""
    request: TraceFrontierRequest = read_question(body, allocation_service_pb2.TraceFrontierRequest)
    return request

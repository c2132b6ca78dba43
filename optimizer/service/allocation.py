"""Servicer of AllocationService."""

from __future__ import annotations

from typing import Protocol

from counterpoise import wire
from counterpoise.model import (
    AllocateRequest,
    AllocateResponse,
    ValidatePortfolioRequest,
    ValidatePortfolioResponse,
    Violation,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.service.calls import Call, Work
from optimizer.service.reading import read_request
from optimizer.service.requests import parse
from optimizer.workers import Cancellation


class ValidatePortfolio(Protocol):
    """The use case behind ValidatePortfolio."""

    def __call__(
        self, request: ValidatePortfolioRequest, found: tuple[Violation, ...] = ()
    ) -> ValidatePortfolioResponse:
        """Answer with what was `found` in the bytes and every violation of the request."""


class Allocator(Protocol):
    """The use case behind Allocate."""

    def allocate(
        self,
        request: AllocateRequest,
        *,
        admitted: float | None = None,
        remaining_seconds: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> AllocateResponse:
        """One solve."""


class AllocationServicer:
    """Converts, calls, converts; runs in threads, never on the event loop."""

    def __init__(self, allocator: Allocator, validate_portfolio: ValidatePortfolio) -> None:
        self._allocator = allocator
        self._validate_portfolio = validate_portfolio

    @property
    def service_name(self) -> str:
        """Full name of the service in the contract."""
        return str(allocation_service_pb2.DESCRIPTOR.services_by_name["AllocationService"].full_name)

    @property
    def methods(self) -> dict[str, Work]:
        """What does the work of each method, by its name in the contract."""
        return {"Allocate": self.allocate, "ValidatePortfolio": self.validate_portfolio}

    def allocate(self, body: bytes, call: Call) -> allocation_service_pb2.AllocateResponse:
        """One solve."""
        request: AllocateRequest = read_request(body, call, allocation_service_pb2.AllocateRequest)
        response = self._allocator.allocate(
            request,
            admitted=call.start,
            remaining_seconds=call.remaining_seconds(),
            cancellation=call.cancellation,
        )
        call.facts["termination"] = response.allocation.termination.reason.name
        return wire.to_message(response, allocation_service_pb2.AllocateResponse)

    def validate_portfolio(self, body: bytes, call: Call) -> allocation_service_pb2.ValidatePortfolioResponse:
        """Every violation at once, those of the bytes first."""
        parsed = parse(body, allocation_service_pb2.ValidatePortfolioRequest)
        if parsed.message is None:
            response = ValidatePortfolioResponse(
                violations=parsed.violations, violation_count=len(parsed.violations)
            )
        else:
            response = self._validate_portfolio(wire.to_model(parsed.message), parsed.violations)
        call.facts["violation_count"] = response.violation_count
        return wire.to_message(response, allocation_service_pb2.ValidatePortfolioResponse)

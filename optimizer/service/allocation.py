"""Servicer of AllocationService."""

from __future__ import annotations

from typing import Protocol

from counterpoise import wire
from counterpoise.model import ValidatePortfolioRequest, ValidatePortfolioResponse, Violation
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.envelope import Envelope, envelope_of
from optimizer.answering.methods import METHODS
from optimizer.answering.requests import parse
from optimizer.answering.tasks import AnswerBytes
from optimizer.service.calls import Call, Work
from optimizer.workers import Cancellation


class ValidatePortfolio(Protocol):
    """The use case behind ValidatePortfolio."""

    def __call__(
        self, request: ValidatePortfolioRequest, found: tuple[Violation, ...] = ()
    ) -> ValidatePortfolioResponse:
        """Answer with what was `found` in the bytes and every violation of the request."""


class Answerer(Protocol):
    """What answers the calls that solve."""

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
        """The response of a method to the bytes of a request."""


class AllocationServicer:
    """Hands questions and answers on as bytes; runs in threads, never on the event loop."""

    def __init__(self, answerer: Answerer, validate_portfolio: ValidatePortfolio) -> None:
        self._answerer = answerer
        self._validate_portfolio = validate_portfolio

    @property
    def service_name(self) -> str:
        """Full name of the service in the contract."""
        return str(allocation_service_pb2.DESCRIPTOR.services_by_name["AllocationService"].full_name)

    @property
    def methods(self) -> dict[str, Work]:
        """What does the work of each method, by its name in the contract."""
        solving = {name: self._solving(name) for name in METHODS}
        return {**solving, "ValidatePortfolio": self.validate_portfolio}

    def _solving(self, method: str) -> Work:
        request = METHODS[method].request

        def work(body: bytes, call: Call) -> bytes:
            envelope = envelope_of(body, request)
            call.read_request_id(envelope.request_id)
            answer = self._answerer.answer(
                method,
                body,
                envelope=envelope,
                admitted=call.start,
                remaining_seconds=call.remaining_seconds(),
                cancellation=call.cancellation,
            )
            call.facts["termination"] = answer.ending.result
            return answer.body

        return work

    def validate_portfolio(self, body: bytes, call: Call) -> bytes:
        """Every violation at once, those of the bytes first."""
        parsed = parse(body, allocation_service_pb2.ValidatePortfolioRequest)
        if parsed.message is None:
            response = ValidatePortfolioResponse(
                violations=parsed.violations, violation_count=len(parsed.violations)
            )
        else:
            response = self._validate_portfolio(wire.to_model(parsed.message), parsed.violations)
        call.facts["violation_count"] = response.violation_count
        message = wire.to_message(response, allocation_service_pb2.ValidatePortfolioResponse)
        return message.SerializeToString()

"""Servicer of AnalysisService."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from counterpoise import wire
from counterpoise.model import (
    MeasureLiquidityRequest,
    MeasureLiquidityResponse,
    StressPortfolioRequest,
    StressPortfolioResponse,
    VerifyAlphaRequest,
    VerifyAlphaResponse,
)
from counterpoise.v1 import analysis_service_pb2
from counterpoise.validate import request_violations
from optimizer.service.calls import Call, Work
from optimizer.service.errors import CallRefused, invalid
from optimizer.service.requests import Parsed, parse

M = TypeVar("M", bound=Message)
Q = TypeVar("Q", StressPortfolioRequest, MeasureLiquidityRequest, VerifyAlphaRequest)


class AnalysisServicer:
    """Converts, calls, converts; runs in threads, never on the event loop."""

    def __init__(
        self,
        stress_portfolio: Callable[[StressPortfolioRequest], StressPortfolioResponse],
        measure_liquidity: Callable[[MeasureLiquidityRequest], MeasureLiquidityResponse],
        verify_alpha: Callable[[VerifyAlphaRequest], VerifyAlphaResponse],
    ) -> None:
        self._stress_portfolio = stress_portfolio
        self._measure_liquidity = measure_liquidity
        self._verify_alpha = verify_alpha

    @property
    def service_name(self) -> str:
        """Full name of the service in the contract."""
        return str(analysis_service_pb2.DESCRIPTOR.services_by_name["AnalysisService"].full_name)

    @property
    def methods(self) -> dict[str, Work]:
        """What does the work of each method, by its name in the contract."""
        return {
            "StressPortfolio": self.stress_portfolio,
            "MeasureLiquidity": self.measure_liquidity,
            "VerifyAlpha": self.verify_alpha,
        }

    def stress_portfolio(self, body: bytes, call: Call) -> Message:
        """What scenarios do to a given portfolio."""
        messages = analysis_service_pb2
        response = _answer(body, call, messages.StressPortfolioRequest, self._stress_portfolio)
        return wire.to_message(response, messages.StressPortfolioResponse)

    def measure_liquidity(self, body: bytes, call: Call) -> Message:
        """Money by when of a given portfolio."""
        messages = analysis_service_pb2
        response = _answer(body, call, messages.MeasureLiquidityRequest, self._measure_liquidity)
        return wire.to_message(response, messages.MeasureLiquidityResponse)

    def verify_alpha(self, body: bytes, call: Call) -> Message:
        """What of a sleeve's history is alpha."""
        messages = analysis_service_pb2
        response = _answer(body, call, messages.VerifyAlphaRequest, self._verify_alpha)
        return wire.to_message(response, messages.VerifyAlphaResponse)


def _answer(body: bytes, call: Call, message_type: type[M], use_case: Callable[[Q], object]) -> object:
    """Parses, refuses what the bytes alone can tell, and calls the use case."""
    parsed: Parsed[M] = parse(body, message_type)
    if parsed.message is None:
        raise CallRefused(invalid(parsed.violations))
    request: Q = wire.to_model(parsed.message)
    call.request_id = request.request_id
    if parsed.violations:
        raise CallRefused(invalid((*parsed.violations, *request_violations(request))))
    return use_case(request)

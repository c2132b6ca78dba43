"""Servicer of AnalysisService."""

from __future__ import annotations

from collections.abc import Callable

from counterpoise import wire
from counterpoise.model import (
    EstimateRiskModelRequest,
    EstimateRiskModelResponse,
    MeasureAlphaCaptureRequest,
    MeasureAlphaCaptureResponse,
    MeasureLiquidityRequest,
    MeasureLiquidityResponse,
    StressPortfolioRequest,
    StressPortfolioResponse,
    VerifyAlphaRequest,
    VerifyAlphaResponse,
)
from counterpoise.v1 import analysis_service_pb2
from optimizer.service.calls import Call, Work
from optimizer.service.reading import read_request


class AnalysisServicer:
    """Converts, calls, converts; runs in threads, never on the event loop."""

    def __init__(
        self,
        stress_portfolio: Callable[[StressPortfolioRequest], StressPortfolioResponse],
        measure_liquidity: Callable[[MeasureLiquidityRequest], MeasureLiquidityResponse],
        verify_alpha: Callable[[VerifyAlphaRequest], VerifyAlphaResponse],
        measure_alpha_capture: Callable[[MeasureAlphaCaptureRequest], MeasureAlphaCaptureResponse],
        estimate_risk_model: Callable[[EstimateRiskModelRequest], EstimateRiskModelResponse],
    ) -> None:
        self._stress_portfolio = stress_portfolio
        self._measure_liquidity = measure_liquidity
        self._verify_alpha = verify_alpha
        self._measure_alpha_capture = measure_alpha_capture
        self._estimate_risk_model = estimate_risk_model

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
            "MeasureAlphaCapture": self.measure_alpha_capture,
            "EstimateRiskModel": self.estimate_risk_model,
        }

    def stress_portfolio(self, body: bytes, call: Call) -> bytes:
        """What scenarios do to a given portfolio."""
        messages = analysis_service_pb2
        response = self._stress_portfolio(read_request(body, call, messages.StressPortfolioRequest))
        return wire.to_message(response, messages.StressPortfolioResponse).SerializeToString()

    def measure_liquidity(self, body: bytes, call: Call) -> bytes:
        """Money by when of a given portfolio."""
        messages = analysis_service_pb2
        response = self._measure_liquidity(read_request(body, call, messages.MeasureLiquidityRequest))
        return wire.to_message(response, messages.MeasureLiquidityResponse).SerializeToString()

    def verify_alpha(self, body: bytes, call: Call) -> bytes:
        """What of a sleeve's history is alpha."""
        messages = analysis_service_pb2
        response = self._verify_alpha(read_request(body, call, messages.VerifyAlphaRequest))
        return wire.to_message(response, messages.VerifyAlphaResponse).SerializeToString()

    def measure_alpha_capture(self, body: bytes, call: Call) -> bytes:
        """What active returns leave."""
        messages = analysis_service_pb2
        response = self._measure_alpha_capture(read_request(body, call, messages.MeasureAlphaCaptureRequest))
        return wire.to_message(response, messages.MeasureAlphaCaptureResponse).SerializeToString()

    def estimate_risk_model(self, body: bytes, call: Call) -> bytes:
        """A market model out of histories."""
        messages = analysis_service_pb2
        response = self._estimate_risk_model(read_request(body, call, messages.EstimateRiskModelRequest))
        return wire.to_message(response, messages.EstimateRiskModelResponse).SerializeToString()

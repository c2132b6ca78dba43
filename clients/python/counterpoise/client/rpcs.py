"""The remote procedures of the contract, and which method of the clients calls each."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from counterpoise.v1 import allocation_service_pb2, analysis_service_pb2


@dataclass(frozen=True, kw_only=True)
class Rpc:
    """One remote procedure and the method of the clients that calls it."""

    client_method: str
    path: str
    request_type: type[Message]
    response_type: type[Message]


_ALLOCATION = allocation_service_pb2.DESCRIPTOR.services_by_name["AllocationService"]
_ANALYSIS = analysis_service_pb2.DESCRIPTOR.services_by_name["AnalysisService"]


def _rpc(service: ServiceDescriptor, name: str, *, client_method: str) -> Rpc:
    method = service.methods_by_name[name]
    return Rpc(
        client_method=client_method,
        path=f"/{service.full_name}/{name}",
        request_type=GetMessageClass(method.input_type),
        response_type=GetMessageClass(method.output_type),
    )


ALLOCATE = _rpc(_ALLOCATION, "Allocate", client_method="allocate")
VALIDATE_PORTFOLIO = _rpc(_ALLOCATION, "ValidatePortfolio", client_method="validate")
STRESS_PORTFOLIO = _rpc(_ANALYSIS, "StressPortfolio", client_method="stress")
MEASURE_LIQUIDITY = _rpc(_ANALYSIS, "MeasureLiquidity", client_method="measure_liquidity")
VERIFY_ALPHA = _rpc(_ANALYSIS, "VerifyAlpha", client_method="verify_alpha")
MEASURE_ALPHA_CAPTURE = _rpc(_ANALYSIS, "MeasureAlphaCapture", client_method="measure_alpha_capture")
ESTIMATE_RISK_MODEL = _rpc(_ANALYSIS, "EstimateRiskModel", client_method="estimate_risk_model")
RPCS = (
    ALLOCATE,
    VALIDATE_PORTFOLIO,
    STRESS_PORTFOLIO,
    MEASURE_LIQUIDITY,
    VERIFY_ALPHA,
    MEASURE_ALPHA_CAPTURE,
    ESTIMATE_RISK_MODEL,
)

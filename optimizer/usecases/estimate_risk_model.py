"""EstimateRiskModel: a market model and the loadings of sleeves, out of histories; nothing is optimised."""

from __future__ import annotations

from counterpoise.canonical import question_sha256
from counterpoise.model import (
    AlphaEvidence,
    EstimateRiskModelRequest,
    EstimateRiskModelResponse,
    Provenance,
    RiskModelQuestion,
)
from counterpoise.validate import request_violations
from optimizer.evidence import SeriesCollinear, Table, estimate_risk, open_table, regressions_of, weigh_sleeve
from optimizer.usecases.allocate import SERVER_VERSION
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.estimate_notes import warnings_of
from optimizer.usecases.estimate_refusals import out_of_range, unregressed
from optimizer.usecases.regressions import collinear_violations


def estimate_risk_model(request: EstimateRiskModelRequest) -> EstimateRiskModelResponse:
    """A covariance of drivers, a stressed correlation, and sleeves as lines. Raises RequestInvalid."""
    violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    question = request.question
    table = open_table(regressions_of(question))
    evidence = _weigh(question, table)
    estimate = estimate_risk(question, table, evidence)
    refused = tuple(out_of_range(question, estimate))
    if refused:
        raise RequestInvalid(refused)
    return EstimateRiskModelResponse(
        market=estimate.market,
        lines=estimate.lines,
        covariance=estimate.report,
        warnings=tuple(warnings_of(question, table, estimate, evidence)),
        provenance=Provenance(problem_sha256=question_sha256(question), server_version=SERVER_VERSION),
        request_id=request.request_id,
    )


def _weigh(question: RiskModelQuestion, table: Table) -> tuple[AlphaEvidence, ...]:
    """The regression of every sleeve: a line without one would have neither loadings nor residual risk."""
    evidence, collinear = [], []
    for sleeve_id in question.sleeve_ids:
        try:
            evidence.append(weigh_sleeve(table, sleeve_id))
        except SeriesCollinear as error:
            collinear.append(error)
    refused = (
        *collinear_violations(question.history, collinear, otherwise="ask for fewer lags"),
        *unregressed(question, evidence),
    )
    if refused:
        raise RequestInvalid(refused)
    return tuple(evidence)

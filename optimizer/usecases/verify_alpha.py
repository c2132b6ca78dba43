"""VerifyAlpha: what of the history of a sleeve is alpha. Nothing is optimised."""

from __future__ import annotations

from counterpoise.canonical import question_sha256
from counterpoise.model import AlphaEvidence, Provenance, VerifyAlphaRequest, VerifyAlphaResponse
from counterpoise.validate import request_violations
from optimizer.evidence import SeriesCollinear, Table, open_table, weigh_sleeve
from optimizer.usecases.allocate import SERVER_VERSION
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.regressions import (
    cash_warnings,
    collinear_violations,
    gap_warnings,
    untested_warnings,
)


def verify_alpha(request: VerifyAlphaRequest) -> VerifyAlphaResponse:
    """Regresses every sleeve of the question on its factors. Raises RequestInvalid."""
    violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    question = request.question
    table = open_table(question)
    evidence = _weigh(table)
    return VerifyAlphaResponse(
        evidence=evidence,
        warnings=(*gap_warnings(evidence), *untested_warnings(table), *cash_warnings(question)),
        provenance=Provenance(problem_sha256=question_sha256(question), server_version=SERVER_VERSION),
        request_id=request.request_id,
    )


def _weigh(table: Table) -> tuple[AlphaEvidence, ...]:
    evidence, collinear = [], []
    for sleeve_id in table.question.sleeve_ids:
        try:
            evidence.append(weigh_sleeve(table, sleeve_id))
        except SeriesCollinear as error:
            collinear.append(error)
    if collinear:
        history = table.question.history
        raise RequestInvalid(collinear_violations(history, collinear, otherwise="ask for fewer lags"))
    return tuple(evidence)

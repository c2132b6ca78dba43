"""VerifyAlpha: what of the history of a sleeve is alpha. Nothing is optimised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from counterpoise.canonical import question_sha256
from counterpoise.model import (
    AlphaEvidence,
    AlphaQuestion,
    ErrorReason,
    Provenance,
    VerifyAlphaRequest,
    VerifyAlphaResponse,
    Violation,
    Warning,
    WarningCode,
)
from counterpoise.validate import request_violations
from optimizer.evidence import SeriesCollinear, Table, open_table, weigh_sleeve
from optimizer.usecases.allocate import SERVER_VERSION
from optimizer.usecases.errors import RequestInvalid


def verify_alpha(request: VerifyAlphaRequest) -> VerifyAlphaResponse:
    """Regresses every sleeve of the question on its factors. Raises RequestInvalid."""
    violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    question = request.question
    evidence = _weigh(open_table(question))
    return VerifyAlphaResponse(
        evidence=evidence,
        warnings=tuple(_warn_of_gaps(evidence)),
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
        raise RequestInvalid(tuple(_told(table.question, error) for error in collinear))
    return tuple(evidence)


def _told(question: AlphaQuestion, error: SeriesCollinear) -> Violation:
    """What validation cannot see: it knows neither the periods that a sleeve has nor lagged factors."""
    lagged = f" at lag {error.lag}" if error.lag else ""
    ids = [column.column_id for column in question.history.columns]
    return Violation(
        field=f"question.history.columns[{ids.index(error.factor_id)}].returns",
        reason=ErrorReason.SERIES_COLLINEAR,
        message=(
            f"over the periods of {error.sleeve_id} the factor {error.factor_id}{lagged} stands still or is "
            "made up by the factors and lags before it; leave it out, or ask for fewer lags"
        ),
    )


def _warn_of_gaps(evidence: Iterable[AlphaEvidence]) -> Iterator[Warning]:
    for item in evidence:
        sample = item.sample
        if sample is None or not (sample.missing_period_count or sample.gap_period_count):
            continue
        yield Warning(
            code=WarningCode.HISTORY_GAPS,
            message=(
                f"{item.sleeve_id}: between {sample.first_date} and {sample.last_date} "
                f"{sample.missing_period_count} periods lack a return and {sample.gap_period_count} have no "
                f"date; the regression is over the other {sample.period_count}"
            ),
        )

"""What calls that regress histories say beside their answers, in the words of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from counterpoise.model import (
    AlphaEvidence,
    EntityRef,
    ErrorReason,
    HistoryQuestion,
    ReturnHistory,
    Violation,
    Warning,
    WarningCode,
)
from optimizer.evidence import SeriesCollinear, Table, has_neighbours

_USUAL_CASH = 0.15
"""Annual decimal. A yield of 2 % a year taken for the return of a month is 24 %."""


def collinear_violations(
    history: ReturnHistory, errors: Iterable[SeriesCollinear], *, otherwise: str
) -> tuple[Violation, ...]:
    """What validation cannot see: it knows neither the periods that a sleeve has nor lagged factors.

    `otherwise` is what to ask for where the factor is to stay.
    """
    return tuple(_collinear(history, error, otherwise) for error in errors)


def _collinear(history: ReturnHistory, error: SeriesCollinear, otherwise: str) -> Violation:
    lagged = f" at lag {error.lag}" if error.lag else ""
    ids = [column.column_id for column in history.columns]
    return Violation(
        field=f"question.history.columns[{ids.index(error.factor_id)}].returns",
        reason=ErrorReason.SERIES_COLLINEAR,
        message=(
            f"over the periods of {error.sleeve_id} the factor {error.factor_id}{lagged} stands still or is "
            f"made up by the factors and lags before it; leave it out, or {otherwise}"
        ),
    )


def gap_warnings(evidence: Iterable[AlphaEvidence]) -> Iterator[Warning]:
    """One for every regression that leaves out periods between its first and its last."""
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
            subjects=(EntityRef(column_id=item.sleeve_id),),
        )


def untested_warnings(table: Table) -> Iterator[Warning]:
    """One for every sleeve whose returns are too far apart for a test of smoothing."""
    for sleeve_id in table.question.sleeve_ids:
        if not has_neighbours(table, table.excess[sleeve_id]):
            yield Warning(
                code=WarningCode.HISTORY_GAPS,
                message=(
                    f"{sleeve_id}: fewer than half of its returns over cash have one of the period before; "
                    "it could not be tested for smoothing and is taken as it came"
                ),
                subjects=(EntityRef(column_id=sleeve_id),),
            )


def cash_warnings(question: HistoryQuestion) -> Iterator[Warning]:
    """One where cash earns or costs more a year than it does in most currencies and times."""
    if not question.cash_id:
        return
    history = question.history
    column = history.column(question.cash_id)
    annual = history.frequency.periods_per_year * float(np.mean(column.returns[column.known()]))
    if abs(annual) > _USUAL_CASH:
        yield Warning(
            code=WarningCode.INPUT_UNUSUAL,
            message=(
                f"{question.cash_id}: cash at {100 * annual:.4g} % a year, which comes off every total "
                f"return; cash returns are those of a {history.frequency.name.lower()} period, not of a year"
            ),
            subjects=(EntityRef(column_id=question.cash_id),),
        )

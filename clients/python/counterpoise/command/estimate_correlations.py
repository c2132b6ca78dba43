"""Correlations of an estimated risk model: a matrix of few names, the pairs that matter most of many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.command.evidence_tables import table
from counterpoise.command.layout import Section
from counterpoise.model import EstimateRiskModelResponse, FloatArray, MarketModel, RegimeKind
from counterpoise.wording.estimation import model_correlation, regime_of, square
from counterpoise.wording.figures import fixed
from counterpoise.wording.names import cut

_LARGEST_SQUARE = 12
"""Names of a matrix that is shown whole; of a larger one the pairs that matter most are."""
_PAIRS = 12
_LONGEST = 22
"""Letters of a name beside a matrix of twelve columns."""


def correlations(response: EstimateRiskModelResponse) -> Section | None:
    """Correlations of drivers: calm below the diagonal and stressed above it, where there are both."""
    market, report = response.market, response.covariance
    if market is None or len(market.drivers) < 2:
        return None
    ids = market.driver_ids
    by_kind = {
        kind: square(regime.correlation, ids)
        for kind in RegimeKind
        for regime in [regime_of(report, kind) if report is not None else None]
        if regime is not None
    }
    calm, stressed = by_kind.get(RegimeKind.CALM), by_kind.get(RegimeKind.STRESSED)
    if calm is None or stressed is None:
        return _one(ids, model_correlation(market))
    if len(ids) > _LARGEST_SQUARE:
        return _pairs(ids, calm, stressed)
    both = np.tril(calm, -1) + np.triu(stressed, 1)
    cells = [
        [_short(value) if row != column else "" for column, value in enumerate(values)]
        for row, values in enumerate(both)
    ]
    title = "Correlations: calm below the diagonal, stressed above"
    return _square(title, ids, cells, (_mover(ids, calm, stressed),))


def _one(ids: tuple[str, ...], matrix: FloatArray) -> Section | None:
    if len(ids) > _LARGEST_SQUARE:
        rows, columns = np.tril_indices(len(ids), -1)
        order = np.argsort(-np.abs(matrix[rows, columns]), kind="stable")[:_PAIRS]
        cells = [
            (ids[columns[place]], ids[rows[place]], fixed(matrix[rows[place], columns[place]], 2))
            for place in order
        ]
        return table(
            f"Correlations, the {len(cells)} largest of {len(rows)}",
            ("Driver", "Driver", "correlation"),
            cells,
            left=(0, 1),
            footnotes=("--json has all.",),
        )
    return _square("Correlations", ids, _below(matrix), ())


def _pairs(ids: tuple[str, ...], calm: FloatArray, stressed: FloatArray) -> Section | None:
    """The pairs whose correlation changes most."""
    rows, columns = np.tril_indices(len(ids), -1)
    change = stressed - calm
    order = np.argsort(-np.abs(change[rows, columns]), kind="stable")[:_PAIRS]
    cells = [
        (
            ids[columns[place]],
            ids[rows[place]],
            *[fixed(matrix[rows[place], columns[place]], 2) for matrix in (calm, stressed)],
            fixed(change[rows[place], columns[place]], 2, signed=True),
        )
        for place in order
    ]
    return table(
        f"Correlations that change most, {len(cells)} of {len(rows)}",
        ("Driver", "Driver", "calm", "stressed", "change"),
        cells,
        left=(0, 1),
        footnotes=("--json has all.",),
    )


def _below(matrix: FloatArray) -> list[list[str]]:
    """Cells below the diagonal."""
    return [
        [_short(value) if column < row else "" for column, value in enumerate(values)]
        for row, values in enumerate(matrix)
    ]


def _short(correlation: float) -> str:
    """Two decimals without the zero before them: -.35."""
    return fixed(correlation, 2).replace("0.", ".", 1)


def _square(
    title: str, ids: tuple[str, ...], cells: Sequence[Sequence[str]], footnotes: tuple[str, ...]
) -> Section:
    """A matrix with numbers for its columns, which are those of its rows."""
    return Section(
        title=title,
        columns=("", "", *[str(place) for place in range(1, len(ids) + 1)]),
        rows=[
            (str(place), cut(name, _LONGEST), *row)
            for place, (name, row) in enumerate(zip(ids, cells, strict=True), 1)
        ],
        left=(1,),
        footnotes=footnotes,
    )


def _mover(ids: tuple[str, ...], calm: FloatArray, stressed: FloatArray) -> str:
    """The pair that bad times bring together, or drive apart, most."""
    rows, columns = np.tril_indices(len(ids), -1)
    change = (stressed - calm)[rows, columns]
    place = int(np.argmax(np.abs(change)))
    row, column = int(rows[place]), int(columns[place])
    return (
        f"{ids[column]} and {ids[row]} change most: {fixed(calm[row, column], 2)} in calm periods, "
        f"{fixed(stressed[row, column], 2)} in stressed ones."
    )


def residual_correlations(market: MarketModel | None) -> Section | None:
    """Correlations of what drivers leave of sleeves."""
    matrix = market.risk_model.sleeve_residual_correlation if market is not None else None
    if matrix is None or not 2 <= len(matrix.axis_ids) <= _LARGEST_SQUARE:
        return None
    footnotes = ("Of what drivers leave of each sleeve: bets that managers share.",)
    return _square("Correlations of residuals", matrix.axis_ids, _below(matrix.to_square()), footnotes)

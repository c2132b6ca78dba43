"""The covariance of the lines of a risk budget, which has to have full rank for shares to be met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from counterpoise.model import AllocationProblem, ErrorReason, FloatArray, Line, RiskModel
from counterpoise.validate.names import Names
from counterpoise.validate.report import Place, Report
from counterpoise.validate.text import listed

_LEAST_EIGENVALUE: Final = 1e-6
"""Of the correlation of the lines; below it some of them hold the same risk."""
_LEAST_VOLATILITY: Final = 1e-100
"""The square of less is lost among floats."""
_NOTABLE: Final = 0.1
"""Weight over the largest in the direction without risk, from which a line is named."""


def check_rank(
    problem: AllocationProblem, lines: Sequence[Line], names: Names, place: Place, report: Report
) -> None:
    """Reports lines of a valid market that have no risk, or none that others of them do not have."""
    covariance = _covariance(problem, lines, names)
    volatility = np.sqrt(covariance.diagonal())
    still = [
        line.line_id for line, size in zip(lines, volatility, strict=True) if not size > _LEAST_VOLATILITY
    ]
    if still:
        message = (
            f"{listed(still)} cannot have a share of risk, because the variance is zero; "
            "leave it out, or write its loadings and residual volatility"
        )
        report.add(place, ErrorReason.MATRIX_NOT_PSD, message, subjects=names.lines.refs(still[:10]))
        return
    correlation = covariance / np.outer(volatility, volatility)
    try:
        # Much cheaper than eigenvalues, and enough for nearly every budget that comes.
        np.linalg.cholesky(correlation - _LEAST_EIGENVALUE * np.eye(len(lines)))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(correlation)
        if values[0] <= _LEAST_EIGENVALUE:
            weights = np.abs(vectors[:, 0])
            same = [
                line.line_id
                for line, weight in zip(lines, weights, strict=True)
                if weight > _NOTABLE * weights.max()
            ]
            message = (
                f"the covariance of these lines has no full rank, because {listed(same)} share one risk: "
                f"the smallest eigenvalue of their correlation is {values[0]:.3g}, "
                f"not above {_LEAST_EIGENVALUE:g}; leave one of them out, or write residual volatilities"
            )
            report.add(place, ErrorReason.MATRIX_NOT_PSD, message, subjects=names.lines.refs(same[:10]))


def _covariance(problem: AllocationProblem, lines: Sequence[Line], names: Names) -> FloatArray:
    """Annual covariance of one unit of each line, B S B' and residuals, shape (lines, lines)."""
    drivers = problem.market.driver_ids
    moves = _loadings(problem, lines, drivers) @ problem.market.risk_model.factor(drivers)
    return np.asarray(moves @ moves.T + _residual_covariance(problem.market.risk_model, lines, names))


def _loadings(problem: AllocationProblem, lines: Sequence[Line], drivers: Sequence[str]) -> FloatArray:
    """B, shape (lines, drivers)."""
    column = {driver_id: index for index, driver_id in enumerate(drivers)}
    row = {line.line_id: index for index, line in enumerate(lines)}
    loadings = np.zeros((len(lines), len(drivers)))
    for index, line in enumerate(lines):
        for item in line.loadings:
            loadings[index, column[item.driver_id]] = item.value
    matrix = problem.portfolio.loading_matrix
    if matrix is not None:
        dense = matrix.to_array()
        here = [index for index, line_id in enumerate(matrix.row_ids) if line_id in row]
        to = [row[matrix.row_ids[index]] for index in here]
        columns = [column[driver_id] for driver_id in matrix.column_ids]
        loadings[np.ix_(to, columns)] = dense[here]
    return loadings


def _residual_covariance(model: RiskModel, lines: Sequence[Line], names: Names) -> FloatArray:
    """Lines on one underlying share a residual; those of sleeves are correlated as the risk model says."""
    number: dict[str, int] = {}
    group = [number.setdefault(_residual_of(line), len(number)) for line in lines]
    correlation = np.eye(len(number))
    matrix = model.sleeve_residual_correlation
    if matrix is not None:
        groups = [number.get(_residual_of(names.lines.by_id[name])) for name in matrix.axis_ids]
        here = [index for index, known in enumerate(groups) if known is not None]
        to = [known for known in groups if known is not None]
        correlation[np.ix_(to, to)] = matrix.to_square()[np.ix_(here, here)]
    size = np.array([line.annual_residual_volatility for line in lines], dtype=float)
    return np.asarray(size[:, None] * correlation[np.ix_(group, group)] * size[None, :])


def _residual_of(line: Line) -> str:
    """What the residual of a line is known by; no id has a colon."""
    return line.underlying_id or f"line:{line.line_id}"

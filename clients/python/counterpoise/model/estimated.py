"""A problem with the market and the sleeves of an estimate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from counterpoise.model.calls import EstimateRiskModelResponse
from counterpoise.model.common import RectangularMatrix
from counterpoise.model.market import MarketModel
from counterpoise.model.problem import AllocationProblem


def with_estimate(problem: AllocationProblem, estimate: EstimateRiskModelResponse) -> AllocationProblem:
    """The problem with the estimated market, and with its alpha sleeves as their histories tell them.

    A sleeve that the estimate has gets loadings, residual volatility, alpha after fees, evidence and error of
    it; where too little data gave no alpha sleeve it keeps the alpha and the fees that are stated, see
    `LineEstimate.applied_to`. Other sleeves, all other lines and their terms stay. The stressed correlation
    and the driver groups of the problem stay where the estimate has none; they name drivers, which an
    estimate of other drivers may lack: `validate` tells. Raises ValueError where the estimate has no market.
    """
    if estimate.market is None:
        raise ValueError("the estimate has no market: ask for a risk model of at least one driver")
    portfolio = problem.portfolio
    sleeve_ids = {line.line_id for line in portfolio.lines if line.alpha_sleeve is not None}
    estimates = {item.line_id: item for item in estimate.lines if item.line_id in sleeve_ids}
    lines = tuple(
        estimates[line.line_id].applied_to(line) if line.line_id in estimates else line
        for line in portfolio.lines
    )
    matrix = portfolio.loading_matrix
    return replace(
        problem,
        market=_completed(estimate.market, problem.market),
        portfolio=replace(
            portfolio,
            lines=lines,
            loading_matrix=None if matrix is None else _without(matrix, estimates),
        ),
    )


def _completed(market: MarketModel, stated: MarketModel) -> MarketModel:
    """What an estimate need not have, from the market that is stated."""
    risk_model = market.risk_model
    if risk_model.stressed_correlation is None:
        stressed = stated.risk_model.stressed_correlation
        risk_model = replace(risk_model, stressed_correlation=stressed)
    groups = market.driver_groups or stated.driver_groups
    return replace(market, risk_model=risk_model, driver_groups=groups)


def _without(matrix: RectangularMatrix, line_ids: Collection[str]) -> RectangularMatrix | None:
    """The rows of other lines: a line has its loadings in one place. None where no row is left."""
    kept = [place for place, line_id in enumerate(matrix.row_ids) if line_id not in line_ids]
    if not kept:
        return None
    return RectangularMatrix(
        row_ids=tuple(matrix.row_ids[place] for place in kept),
        column_ids=matrix.column_ids,
        values=matrix.to_array()[kept].ravel(),
    )

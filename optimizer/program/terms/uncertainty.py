"""Standard errors of alpha and of premia, weighted, as terms of an objective."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from counterpoise.model import AlphaUncertainty, Line, ObjectiveTermKind, PremiumUncertainty
from optimizer.program.lines import Lines, spread_of
from optimizer.program.rows import Ball, Spread


def uncertainty(lines: Lines) -> tuple[Ball, ...]:
    """The charges that the objective asks for, where there is any error to charge."""
    objective = lines.inputs.problem.objective
    key = ("uncertainty", objective.alpha_uncertainty, objective.premium_uncertainty)

    def charged() -> tuple[Ball, ...]:
        return tuple(
            ball for ball in _charges(lines) if ball.spread.residual.any() or ball.spread.factor.any()
        )

    return lines.kept.get(key, charged)


def _charges(lines: Lines) -> Iterator[Ball]:
    objective = lines.inputs.problem.objective
    if objective.alpha_uncertainty is not None and objective.alpha_uncertainty.weight > 0.0:
        yield _whole(
            lines, ObjectiveTermKind.ALPHA_UNCERTAINTY, _of_alpha(lines, objective.alpha_uncertainty)
        )
    if objective.premium_uncertainty is not None and objective.premium_uncertainty.weight > 0.0:
        spread = _of_premia(lines, objective.premium_uncertainty)
        yield _whole(lines, ObjectiveTermKind.PREMIUM_UNCERTAINTY, spread)


def _of_alpha(lines: Lines, charge: AlphaUncertainty) -> Spread:
    def error(line: Line) -> float:
        return 0.0 if line.alpha_sleeve is None else line.alpha_sleeve.annual_alpha_error or 0.0

    return spread_of(
        "alpha error",
        loadings=lines.loadings,
        factor=np.zeros((len(lines.reference), 0)),
        residual=charge.weight * lines.each(error),
        underlying=np.arange(lines.count),
        correlation=charge.error_correlation,
        underlying_of={line_id: index for index, line_id in enumerate(lines.portfolio.line_ids)},
    )


def _of_premia(lines: Lines, charge: PremiumUncertainty) -> Spread:
    named = {item.driver_id: item.value for item in charge.annual_errors}
    errors = [named.get(driver_id, 0.0) for driver_id in lines.inputs.problem.market.driver_ids]
    return spread_of(
        "premium error",
        loadings=lines.loadings,
        factor=charge.weight * np.diag(errors),
        residual=np.zeros(lines.count),
        underlying=np.zeros(0, dtype=np.intp),
        correlation=None,
        underlying_of={},
    )


def _whole(lines: Lines, kind: ObjectiveTermKind, spread: Spread) -> Ball:
    return Ball(
        name=f"objective/{kind.name}",
        spread=spread,
        lines=np.arange(lines.count),
        drivers=np.arange(len(lines.reference)),
        reference=np.zeros(len(lines.reference)),
        with_residual=bool(spread.residual.any()),
        radius=None,
    )

"""The goal as a linear and a diagonal quadratic term."""

from __future__ import annotations

from counterpoise.model import MaximizeAlpha, MaximizeNetReturn, MaximizeUtility, MinimizeRisk
from tests.reference.conic_limits import norm_components
from tests.reference.conic_rows import Cone, Row, add
from tests.reference.conic_structure import Formulation


def add_objective(formulation: Formulation) -> None:
    """The goal of the problem, to be minimised."""
    goal = formulation.problem.objective.goal
    if isinstance(goal, MaximizeAlpha):
        for row, alpha in enumerate(formulation.numbers.alpha):
            add(formulation.rows.linear, {row: -float(alpha)})
    elif isinstance(goal, MaximizeNetReturn):
        _subtract_net_return(formulation)
    elif isinstance(goal, MaximizeUtility):
        _subtract_net_return(formulation)
        active = goal.active_risk_aversion is not None
        aversion = goal.active_risk_aversion if active else goal.total_risk_aversion
        _add_variance(formulation, aversion or 0.0, active=active)
    else:
        _add_volatility(formulation, active=not isinstance(goal, MinimizeRisk))


def _subtract_net_return(formulation: Formulation) -> None:
    rows, numbers = formulation.rows, formulation.numbers
    rows.constant -= formulation.problem.market.annual_risk_free_rate
    for row, (earned, roll) in enumerate(zip(numbers.unit_return, numbers.roll, strict=True)):
        add(rows.linear, {row: -float(earned)})
        if roll:
            add(rows.linear, formulation.absolute(row), float(roll))


def _everything(formulation: Formulation) -> tuple[tuple[int, ...], tuple[int, ...]]:
    lines, drivers = formulation.numbers.loadings.shape
    return tuple(range(lines)), tuple(range(drivers))


def _add_variance(formulation: Formulation, aversion: float, *, active: bool) -> None:
    """aversion / 2 times the squared norm; every component is one variable, so it is diagonal."""
    rows = formulation.rows
    for row, constant in norm_components(
        formulation, *_everything(formulation), active=active, residual=True
    ):
        if len(row) == 1:
            ((column, factor),) = row.items()
        else:
            (column,), factor = rows.new(1), 1.0
            rows.equal.append(("", add({column: -1.0}, row), 0.0))
        add(rows.quadratic, {column: aversion * factor**2})
        add(rows.linear, {column: aversion * factor * constant})
        rows.constant += 0.5 * aversion * constant**2


def _add_volatility(formulation: Formulation, *, active: bool) -> None:
    components = norm_components(formulation, *_everything(formulation), active=active, residual=True)
    minimize_norm(formulation, components)


def minimize_norm(formulation: Formulation, components: list[tuple[Row, float]]) -> None:
    """A bound on the norm, to be made small; scaled by the largest volatility among the drivers."""
    scale = float(formulation.numbers.covariance.diagonal().max()) ** 0.5 or 1.0
    (bound,) = formulation.rows.new(1)
    scaled = [
        ({column: value / scale for column, value in row.items()}, constant / scale)
        for row, constant in components
    ]
    formulation.rows.cones.append(Cone(name="", bound=({bound: 1.0}, 0.0), components=scaled))
    formulation.rows.linear[bound] = scale

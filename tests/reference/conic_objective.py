"""The goal, its charges, and the stages of soft limits as linear terms over cones."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    AlphaUncertainty,
    FloatArray,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MeetRiskBudget,
    MinimizeCost,
    MinimizeRisk,
    PremiumUncertainty,
)
from tests.reference.conic_measures import norm_components
from tests.reference.conic_rows import Cone, Logarithm, Power, Row, add
from tests.reference.conic_structure import Formulation, factor_of
from tests.reference.costs import margin_credit_rates, signed_cost, trading_rates
from tests.reference.risk_budget import risk_budget


def add_objective(formulation: Formulation) -> None:
    """The goal of the problem and its charges, to be minimised."""
    objective, goal = formulation.problem.objective, formulation.problem.objective.goal
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
    elif isinstance(goal, MinimizeCost):
        _add_costs(formulation)
    elif isinstance(goal, MeetRiskBudget):
        _add_distance(formulation, goal)
    else:
        _add_volatility(formulation, active=not isinstance(goal, MinimizeRisk))
    if objective.alpha_uncertainty is not None:
        _add_alpha_error(formulation, objective.alpha_uncertainty)
    if objective.premium_uncertainty is not None:
        _add_premium_error(formulation, objective.premium_uncertainty)


def add_stage(formulation: Formulation, priority: int) -> None:
    """The weighted violation of one priority, to be minimised."""
    add(formulation.rows.linear, formulation.violations[priority])


def _subtract_net_return(formulation: Formulation) -> None:
    rows, numbers = formulation.rows, formulation.numbers
    rows.constant -= formulation.problem.market.annual_risk_free_rate
    for row, earned in enumerate(numbers.unit_return):
        add(rows.linear, {row: -float(earned)})
    _add_kinked_costs(formulation)


def _add_costs(formulation: Formulation) -> None:
    """Everything that return has as a cost; fees of sleeves too."""
    for row, line in enumerate(formulation.lines):
        add(formulation.rows.linear, {row: signed_cost(line)})
    for row, sleeve in formulation.numbers.sleeves.items():
        add(formulation.rows.linear, {row: sleeve.fees})
    _add_kinked_costs(formulation)


def _add_kinked_costs(formulation: Formulation) -> None:
    """Costs on absolute positions, on trades and on postings."""
    rows, problem = formulation.rows, formulation.problem
    for row, rate in enumerate(formulation.numbers.absolute_cost):
        if rate:
            add(rows.linear, formulation.absolute(row), float(rate))
    for row, line in enumerate(formulation.lines):
        linear, impact = trading_rates(problem, line)
        if linear:
            add(rows.linear, formulation.trade(row), linear)
        if impact:
            (bound,) = rows.new(1)
            rows.powers.append(Power(bound=bound, row={row: 1.0}, constant=-(line.current_fraction or 0.0)))
            add(rows.linear, {bound: impact})
    for key, rate in margin_credit_rates(problem).items():
        if rate:
            add(rows.linear, {formulation.posting[key]: rate})


def _everything(formulation: Formulation) -> tuple[tuple[int, ...], tuple[int, ...]]:
    lines, drivers = formulation.numbers.loadings.shape
    return tuple(range(lines)), tuple(range(drivers))


def _add_variance(formulation: Formulation, aversion: float, *, active: bool) -> None:
    """Half of the squared norm of components that the root of the aversion multiplies.

    Every component is one variable, so the quadratic term is diagonal, and its numbers are of order one
    however large the aversion is.
    """
    rows, root = formulation.rows, aversion**0.5
    for row, constant in norm_components(
        formulation, *_everything(formulation), active=active, residual=True
    ):
        (column,) = rows.new(1)
        scaled = {key: root * value for key, value in row.items()}
        rows.equal.append(("", add({column: -1.0}, scaled), -root * constant))
        rows.quadratic[column] = 1.0


def _add_volatility(formulation: Formulation, *, active: bool) -> None:
    components = norm_components(formulation, *_everything(formulation), active=active, residual=True)
    minimize_norm(formulation, components)


def minimize_norm(
    formulation: Formulation, components: list[tuple[Row, float]], *, weight: float = 1.0
) -> None:
    """A bound on the norm, to be made small; scaled by the largest volatility of one unit of a line."""
    numbers = formulation.numbers
    variances = np.einsum("ij,jk,ik->i", numbers.loadings, numbers.covariance, numbers.loadings)
    variances += np.array([line.annual_residual_volatility for line in formulation.lines]) ** 2
    scale = float(variances.max()) ** 0.5 or 1.0
    (bound,) = formulation.rows.new(1)
    scaled = [
        ({column: value / scale for column, value in row.items()}, constant / scale)
        for row, constant in components
    ]
    formulation.rows.cones.append(Cone(name="", bound=({bound: 1.0}, 0.0), components=scaled))
    formulation.rows.linear[bound] = weight * scale


def _add_distance(formulation: Formulation, goal: MeetRiskBudget) -> None:
    """s(a) / s(a*) - 1 - sum b ln(a / a*), the volatility and the logarithms each behind a variable."""
    rows = formulation.rows
    budget = risk_budget(formulation.problem, formulation.numbers, goal)
    drivers = _everything(formulation)[1]
    components = norm_components(formulation, tuple(budget.rows), drivers, active=False, residual=True)
    scale = budget.volatility(budget.target)
    scaled = [({column: value / scale for column, value in row.items()}, 0.0) for row, _ in components]
    (bound,) = rows.new(1)
    rows.cones.append(Cone(name="", bound=({bound: 1.0}, 0.0), components=scaled))
    rows.linear[bound] = 1.0
    rows.constant -= 1.0
    for row, share, target in zip(budget.rows, budget.shares, budget.target, strict=True):
        (logarithm,) = rows.new(1)
        rows.logarithms.append(Logarithm(bound=logarithm, row={row: 1 / float(target)}))
        rows.linear[logarithm] = -float(share)


def _add_alpha_error(formulation: Formulation, uncertainty: AlphaUncertainty) -> None:
    """weight |R^.5 e| over all sleeves."""
    ids = [line.line_id for line in formulation.lines]
    sleeves = [row for row, line in enumerate(formulation.lines) if line.alpha_sleeve is not None]
    correlation = np.eye(len(sleeves))
    if uncertainty.error_correlation is not None:
        matrix = uncertainty.error_correlation
        places = [sleeves.index(ids.index(axis_id)) for axis_id in matrix.axis_ids]
        correlation[np.ix_(places, places)] = matrix.to_square()
    factor: FloatArray = factor_of(correlation) if sleeves else np.zeros((0, 0))
    components: list[tuple[Row, float]] = []
    for column in factor.T:
        row: Row = {}
        for sleeve, share in zip(sleeves, column, strict=True):
            terms = formulation.lines[sleeve].alpha_sleeve
            error = 0.0 if terms is None else terms.annual_alpha_error or 0.0
            add(row, {sleeve: float(share) * error})
        components.append((row, 0.0))
    minimize_norm(formulation, components, weight=uncertainty.weight)


def _add_premium_error(formulation: Formulation, uncertainty: PremiumUncertainty) -> None:
    """weight |(error_d x_d)| over the exposures of all lines."""
    rows, _ = _everything(formulation)
    x = dict(zip(formulation.problem.market.driver_ids, formulation.exposures(rows), strict=True))
    components: list[tuple[Row, float]] = [
        ({x[item.driver_id]: item.value}, 0.0) for item in uncertainty.annual_errors
    ]
    minimize_norm(formulation, components, weight=uncertainty.weight)

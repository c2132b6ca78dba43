"""Rules that nobody needs to state, and goals, as cvxpy has them."""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from counterpoise.model import (
    LeverageDefinition,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeCost,
    MinimizeRisk,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.conic_stress_margin import Unknowns, initial_margin
from tests.reference.conic_stress_measures import leverage, risk
from tests.reference.costs import margin_credit_rates, signed_cost
from tests.reference.numbers import capital_per_unit
from tests.reference.stress_structure import default_cap_applies
from tests.reference.structure import box

TOTAL = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY)
ACTIVE = RiskMeasure(statistic=RiskStatistic.ACTIVE_VOLATILITY)


def rules_of(unknowns: Unknowns) -> list[cp.Constraint]:
    """Capital, boxes, the default cap and collateral."""
    capital = np.array([capital_per_unit(line) for line in unknowns.lines])
    found = [capital @ unknowns.h == 1]
    for row, line in enumerate(unknowns.lines):
        lower, upper = box(unknowns.problem, line)
        found += [] if lower is None else [unknowns.h[row] >= lower]
        found += [] if upper is None else [unknowns.h[row] <= upper]
    if default_cap_applies(unknowns.problem):
        found.append(leverage(unknowns, LeverageDefinition.GROSS_NOTIONAL, [None]) <= 1.5)
    return found + _collateral(unknowns)


def _collateral(unknowns: Unknowns) -> list[cp.Constraint]:
    """Cover by pool, supply by tier, shares by tier and pool."""
    found: list[cp.Constraint] = []
    value: dict[str, cp.Expression] = {pool.margin_pool_id: cp.Constant(0.0) for pool in unknowns.pools}
    shares: list[tuple[cp.Expression, str, float]] = []
    for row, line in enumerate(unknowns.lines):
        if line.reserve_tier is None:
            continue
        found.append(unknowns.posted({line.line_id: 1.0}) <= unknowns.h[row])
        for terms in line.reserve_tier.collateral_terms:
            after = (1 - terms.haircut) * unknowns.y[
                unknowns.keys.index((line.line_id, terms.margin_pool_id))
            ]
            value[terms.margin_pool_id] += after
            if terms.maximum_margin_share is not None:
                shares.append((after, terms.margin_pool_id, terms.maximum_margin_share))
    found += [initial_margin(unknowns, pool, [None]) <= value[pool.margin_pool_id] for pool in unknowns.pools]
    return found + [after <= share * value[pool_id] for after, pool_id, share in shares]


def goal_of(unknowns: Unknowns) -> cp.Expression:
    """The goal; charges for what is not known exactly, trades and fees are not in these problems."""
    goal = unknowns.problem.objective.goal
    if isinstance(goal, MinimizeRisk):
        return risk(unknowns, TOTAL)
    if isinstance(goal, MinimizeCost):
        signed = np.array([signed_cost(line) for line in unknowns.lines])
        return signed @ unknowns.h + _kinks(unknowns)
    if not isinstance(goal, MaximizeNetReturn | MaximizeUtility):
        raise TypeError(f"the cvxpy form does not know {goal}")
    earned = unknowns.problem.market.annual_risk_free_rate + unknowns.book.numbers.unit_return @ unknowns.h
    net = earned - _kinks(unknowns)
    if isinstance(goal, MaximizeNetReturn):
        return net
    if goal.active_risk_aversion is not None:
        return net - 0.5 * goal.active_risk_aversion * cp.square(risk(unknowns, ACTIVE))
    return net - 0.5 * (goal.total_risk_aversion or 0.0) * cp.square(risk(unknowns, TOTAL))


def _kinks(unknowns: Unknowns) -> cp.Expression:
    """Roll and the width of spreads on absolute positions, and what posted cash earns less."""
    rates = margin_credit_rates(unknowns.problem)
    lost: cp.Expression = cp.Constant(0.0)
    if unknowns.y is not None:
        lost = np.array([rates.get(key, 0.0) for key in unknowns.keys]) @ unknowns.y
    return unknowns.book.numbers.absolute_cost @ cp.abs(unknowns.h) + lost

"""Random goals of every kind, with charges for what is not known exactly."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    AlphaUncertainty,
    DriverValue,
    FloatArray,
    Line,
    LineKind,
    LineValue,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MeetRiskBudget,
    MinimizeActiveRisk,
    MinimizeCost,
    MinimizeRisk,
    Objective,
    PremiumUncertainty,
    SymmetricMatrix,
)
from tests.problems.draw import Draw
from tests.problems.markets import random_correlation
from tests.reference.numbers import read_numbers
from tests.reference.risk import line_covariance

SMALLEST_SHARE = 0.03


def random_goal(
    draw: Draw, problem: AllocationProblem, positions: FloatArray, *, budgets: bool
) -> AllocationProblem:
    """The problem with a goal of its own; a risk budget keeps its lines from being short."""
    years = draw.one((0.5, 1.0, draw.magnitude(0.1, 10.0)))
    budget = _budget_lines(draw, problem, positions) if budgets and draw.chance(0.2) else ()
    if budget:
        problem = _never_short(problem, budget)
        goal = Objective(meet_risk_budget=_risk_budget(draw, problem, positions, budget))
        return dataclasses.replace(problem, objective=dataclasses.replace(goal, holding_period_years=years))
    goal = _plain_goal(draw, with_reference=bool(problem.mandate.reference_exposures))
    objective = dataclasses.replace(
        goal,
        holding_period_years=years,
        alpha_uncertainty=_alpha_uncertainty(draw, problem) if draw.chance(0.4) else None,
        premium_uncertainty=_premium_uncertainty(draw, problem) if draw.chance(0.3) else None,
    )
    return dataclasses.replace(problem, objective=objective)


def _plain_goal(draw: Draw, *, with_reference: bool) -> Objective:
    goals = [
        Objective(maximize_net_return=MaximizeNetReturn()),
        Objective(maximize_alpha=MaximizeAlpha()),
        Objective(maximize_utility=MaximizeUtility(total_risk_aversion=draw.magnitude(0.1, 100.0))),
        Objective(minimize_risk=MinimizeRisk()),
        Objective(minimize_cost=MinimizeCost()),
    ]
    if with_reference:
        aversion = draw.magnitude(0.1, 100.0)
        goals.append(Objective(maximize_utility=MaximizeUtility(active_risk_aversion=aversion)))
        goals.append(Objective(minimize_active_risk=MinimizeActiveRisk()))
    return draw.one(goals)


def _alpha_uncertainty(draw: Draw, problem: AllocationProblem) -> AlphaUncertainty | None:
    """Only where every sleeve has an error; correlated in half of the problems."""
    sleeves = [line for line in problem.portfolio.lines if line.kind == LineKind.ALPHA_SLEEVE]
    known = [line.alpha_sleeve is not None and line.alpha_sleeve.annual_alpha_error for line in sleeves]
    if not sleeves or not all(known):
        return None
    matrix = None
    if draw.chance(0.5):
        axis = tuple(draw.shuffled(draw.some([line.line_id for line in sleeves])))
        matrix = SymmetricMatrix.from_square(axis, random_correlation(draw, len(axis)))
    return AlphaUncertainty(weight=draw.magnitude(0.05, 3.0), error_correlation=matrix)


def _premium_uncertainty(draw: Draw, problem: AllocationProblem) -> PremiumUncertainty:
    return PremiumUncertainty(
        weight=draw.magnitude(0.05, 3.0),
        annual_errors=tuple(
            DriverValue(
                driver_id=driver.driver_id,
                value=draw.between(2.0, 40.0) if driver.in_basis_points else draw.magnitude(0.002, 0.04),
            )
            for driver in draw.some(problem.market.drivers)
        ),
    )


def _budget_lines(draw: Draw, problem: AllocationProblem, positions: FloatArray) -> tuple[Line, ...]:
    """Two to six lines that the book is long of, each with a residual of its own."""
    candidates = [
        line
        for line, position in zip(problem.portfolio.lines, positions, strict=True)
        if position > 0.01
        and line.annual_residual_volatility > 0.005
        and not line.underlying_id
        and line.kind != LineKind.CREDIT_LINE
    ]
    if len(candidates) < 2:
        return ()
    chosen = draw.some(candidates, low=2)[:6]
    rows = [problem.portfolio.lines.index(line) for line in chosen]
    covariance = line_covariance(problem, read_numbers(problem), rows)
    deviation = np.sqrt(np.diag(covariance))
    smallest = float(np.linalg.eigvalsh(covariance / np.outer(deviation, deviation)).min())
    return chosen if smallest > 1e-4 else ()


def _never_short(problem: AllocationProblem, budget: tuple[Line, ...]) -> AllocationProblem:
    ids = {line.line_id for line in budget}
    lines = tuple(
        dataclasses.replace(line, minimum_fraction=max(line.minimum_fraction or 0.0, 0.0))
        if line.line_id in ids and line.overlay is not None
        else line
        for line in problem.portfolio.lines
    )
    return dataclasses.replace(problem, portfolio=dataclasses.replace(problem.portfolio, lines=lines))


def _risk_budget(
    draw: Draw, problem: AllocationProblem, positions: FloatArray, budget: tuple[Line, ...]
) -> MeetRiskBudget:
    """Sized near the book, by positions or by volatility."""
    ids = [line.line_id for line in budget]
    rows = [problem.portfolio.line_ids.index(line_id) for line_id in ids]
    held = positions[rows]
    raw = [SMALLEST_SHARE + share for share in draw.shares(len(ids))]
    shares = tuple(
        LineValue(line_id=line_id, value=share / sum(raw)) for line_id, share in zip(ids, raw, strict=True)
    )
    scale = draw.between(0.6, 1.5)
    if draw.chance(0.5):
        return MeetRiskBudget(shares=shares, total_fraction=float(held.sum()) * scale)
    covariance = line_covariance(problem, read_numbers(problem), rows)
    volatility = float(np.sqrt(held @ covariance @ held))
    return MeetRiskBudget(shares=shares, annual_volatility=min(volatility * scale, 3.0))

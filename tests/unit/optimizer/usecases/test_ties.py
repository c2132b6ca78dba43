"""Among equal optima the one that earns most: certified by the first solve, and never at the goal's cost."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    AttemptVerdict,
    CreditLine,
    Driver,
    ExpectedReturn,
    Line,
    MaximizeAlpha,
    MinimizeRisk,
    Objective,
)
from tests.answers import assert_optimal, objective, optimality, positions
from tests.golden_problems import funded, market, pension, problem_of, tier

EQUITY = Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.04))
CREDIT = Line(
    line_id="bank",
    annual_residual_volatility=0.0,
    credit_line=CreditLine(committed_amount=0.5, annual_borrowing_spread=0.012),
)


def idle(goal):
    """Half in equity; the rest in cash, which no goal but return minds having borrowed."""
    lines = (
        funded("fund", "equity", minimum=0.5, maximum=0.5),
        funded("dear", "equity", maximum=0.0),
        tier("cash", posts=False),
        tier("notes", posts=False, annual_cash_drag=0.002),
        CREDIT,
    )
    return problem_of(
        "idle", market((EQUITY,), np.array([0.16]), np.array([[1.0]])), lines, (), objective=goal
    )


@pytest.mark.parametrize("goal", [MinimizeRisk(), MaximizeAlpha()])
def test_no_credit_is_drawn_to_hold_cash_and_the_dearer_tier_stays_empty(allocate, goal):
    field = "minimize_risk" if isinstance(goal, MinimizeRisk) else "maximize_alpha"
    allocation = allocate(idle(Objective(**{field: goal})))
    assert_optimal(allocation)
    held = positions(allocation)
    assert held["bank"] == pytest.approx(0.0, abs=1e-6)
    assert held["notes"] == pytest.approx(0.0, abs=1e-6)
    assert held["cash"] == pytest.approx(0.5, abs=1e-6)
    assert [attempt.verdict for attempt in allocation.termination.attempts] == [AttemptVerdict.CERTIFIED] * 2


def test_the_choice_stays_within_the_gap_that_was_asked(allocate):
    goal = Objective(minimize_risk=MinimizeRisk())
    problem = replace(pension(), objective=goal)
    allocation = allocate(problem)
    proof = optimality(allocation)
    assert proof.relative_gap <= 1e-5
    assert objective(allocation) - proof.objective_bound <= 1.1e-6 * proof.gap_scale

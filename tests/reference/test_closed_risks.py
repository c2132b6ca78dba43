"""Uncertainty, neutrality and risk budgets against closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    AlphaUncertainty,
    DriverScope,
    DriverValue,
    FactorNeutralityMeasure,
    Limit,
    LineValue,
    MaximizeNetReturn,
    MeetRiskBudget,
    Objective,
    PremiumUncertainty,
    SymmetricMatrix,
)
from tests.answers import (
    assert_optimal,
    limit_reports,
    objective,
    optimality,
    positions,
)
from tests.golden_problems import funded, problem_of, tier
from tests.reference.closed_problems import MARKET, SLEEVES, in_sleeves, sleeve, three_funds


@pytest.mark.parametrize("correlation", [None, 0.2, -0.25])
def test_alpha_errors_are_spread_as_least_variance_would(allocate, correlation):
    # Equal alphas: the charge alone decides, so the mix has the least standard error.
    errors, weight, total = np.array([0.01, 0.03]), 0.7, 0.6
    ids = ("a", "b")
    matrix = np.array([[1.0, correlation or 0.0], [correlation or 0.0, 1.0]])
    charge = AlphaUncertainty(
        weight=weight,
        error_correlation=None if correlation is None else SymmetricMatrix.from_square(ids, matrix),
    )
    goal = Objective(maximize_net_return=MaximizeNetReturn(), alpha_uncertainty=charge)
    lines = tuple(sleeve(name, 0.02, error=error) for name, error in zip(ids, errors, strict=True))
    problem = problem_of("errors", MARKET, (*lines, tier("cash", posts=False)), (in_sleeves(total),))
    allocation = allocate(replace(problem, objective=goal))
    assert_optimal(allocation)
    covariance = matrix * np.outer(errors, errors)
    inverse = np.linalg.solve(covariance, np.ones(2))
    best = total * inverse / inverse.sum()
    least = math.sqrt(best @ covariance @ best)
    held = positions(allocation)
    assert [held["a"], held["b"]] == pytest.approx(list(best), abs=1e-4)
    assert objective(allocation) == pytest.approx(0.04 + 0.02 * total - weight * least, abs=1e-8)
    assert sum(term.value for term in allocation.objective.terms) == pytest.approx(objective(allocation))


def test_premium_errors_count_what_sleeves_hide(allocate):
    charge = PremiumUncertainty(
        weight=0.5, annual_errors=tuple(DriverValue(driver_id=d, value=0.02) for d in ("one", "two"))
    )
    goal = Objective(maximize_net_return=MaximizeNetReturn(), premium_uncertainty=charge)
    hidden = replace(sleeve("a", 0.0, loading=1.0), minimum_fraction=0.5, maximum_fraction=0.5)
    lines = (hidden, funded("f1", "one"), funded("f2", "two"))
    allocation = allocate(replace(problem_of("errors", MARKET, lines, ()), objective=goal))
    assert_optimal(allocation)
    # Premia are equal and errors too, so exposures are: half is in the sleeve, all new money goes to two.
    assert positions(allocation)["f2"] == pytest.approx(0.5, abs=1e-4)
    assert objective(allocation) == pytest.approx(0.08 - 0.5 * 0.02 * math.sqrt(0.5), abs=1e-8)


def test_neutral_alpha_gives_up_what_its_beta_would_earn(allocate):
    lines = (
        sleeve("long", 0.03, loading=0.5),
        sleeve("short", 0.01, loading=-0.25),
        tier("cash", posts=False),
    )
    measure = FactorNeutralityMeasure(drivers=DriverScope(driver_ids=("one",)), lines=SLEEVES)
    problem = problem_of(
        "neutral", MARKET, lines, (Limit(limit_id="neutral", upper=0.05, factor_neutrality=measure),)
    )
    allocation = allocate(problem)
    assert_optimal(allocation)
    # a + b = 1 and a/2 - b/4 = 0.05 give a = 0.4: returns 0.05 a + 0.0 b.
    held = positions(allocation)
    assert held["long"] == pytest.approx(0.4, abs=1e-6)
    (report,) = limit_reports(allocation, "neutral")
    assert (report.lower, report.upper) == (-0.05, 0.05)
    assert report.value == pytest.approx(0.05, abs=1e-7)
    assert report.upper_shadow_price == pytest.approx(0.05 / 0.75, abs=1e-6)


@pytest.mark.parametrize("size", [{"total_fraction": 0.4}, {"annual_volatility": 0.03}])
def test_a_risk_budget_has_the_size_that_was_asked(allocate, size):
    shares = (LineValue(line_id="one", value=0.7), LineValue(line_id="two", value=0.3))
    goal = Objective(meet_risk_budget=MeetRiskBudget(shares=shares, **size))
    allocation = allocate(replace(three_funds(), objective=goal))
    assert_optimal(allocation)
    # Independent drivers: shares of variance are squares, so positions go with sqrt(share) / volatility.
    mix = np.sqrt([0.7, 0.3]) / [0.2, 0.1]
    scale = 0.4 / mix.sum() if "total_fraction" in size else 0.03
    held = positions(allocation)
    assert [held["one"], held["two"]] == pytest.approx(list(scale * mix), rel=1e-4)
    assert allocation.risk.budget_total_fraction == pytest.approx(scale * mix.sum(), rel=1e-4)
    assert allocation.risk.annual_budget_volatility == pytest.approx(scale, rel=1e-4)
    assert [s.share for s in allocation.risk.budget_shares] == pytest.approx([0.7, 0.3], abs=1e-4)
    assert optimality(allocation).relative_gap <= 1e-5

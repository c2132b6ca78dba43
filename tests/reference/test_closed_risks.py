"""Risk models, uncertainty, neutrality and soft limits against closed forms and equal statements."""

import math
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    Aggregation,
    AlphaBasis,
    AlphaSleeve,
    AlphaUncertainty,
    Driver,
    DriverScope,
    DriverUnit,
    DriverValue,
    ExpectedAlpha,
    ExpectedReturn,
    ExposureMeasure,
    FactorEvidence,
    FactorForm,
    FactorNeutralityMeasure,
    Limit,
    LineKind,
    LineScope,
    LineValue,
    MaximizeNetReturn,
    MaximizeUtility,
    MeetRiskBudget,
    MinimizeRisk,
    Objective,
    PositionMeasure,
    PremiumUncertainty,
    RectangularMatrix,
    RiskModel,
    RiskStatistic,
    SoftLimit,
    SymmetricMatrix,
    TerminationReason,
    Unit,
    WarningCode,
)
from tests.answers import (
    assert_optimal,
    limit_report,
    limit_reports,
    objective,
    optimality,
    positions,
    volatility,
)
from tests.golden_problems import funded, gross_limit, market, overlay, problem_of, tier
from tests.problems import SIZES, generate, random_problem

DRIVERS = (
    Driver(driver_id="one", expected_return=ExpectedReturn(annual_excess=0.04)),
    Driver(driver_id="two", expected_return=ExpectedReturn(annual_excess=0.04)),
)
MARKET = market(DRIVERS, np.array([0.2, 0.1]), np.eye(2))
SLEEVES = LineScope(kinds=(LineKind.ALPHA_SLEEVE,))


def sleeve(line_id, alpha, *, loading=0.0, residual=0.05, error=None, maximum=None):
    line = funded(line_id, "one", residual=residual, maximum=maximum)
    kind = AlphaSleeve(
        expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=alpha)),
        evidence=FactorEvidence(r_squared=0.1, observation_count=120),
        annual_alpha_error=error,
    )
    loadings = (DriverValue(driver_id="one", value=loading),) if loading else ()
    return replace(line, loadings=loadings, funded_beta=None, alpha_sleeve=kind)


def in_sleeves(total):
    measure = PositionMeasure(lines=SLEEVES, aggregation=Aggregation.SUM)
    return Limit(limit_id="sleeves", lower=total, upper=total, position=measure)


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


@pytest.mark.parametrize("correlation", [0.0, 0.6, -0.3])
def test_residuals_of_sleeves_move_together_as_they_are_said_to(allocate, correlation):
    ids = ("a", "b")
    matrix = SymmetricMatrix.from_square(ids, np.array([[1.0, correlation], [correlation, 1.0]]))
    model = replace(MARKET.risk_model, sleeve_residual_correlation=matrix)
    lines = (sleeve("a", 0.02, residual=0.04), sleeve("b", 0.02, residual=0.08), tier("cash", posts=False))
    goal = Objective(minimize_risk=MinimizeRisk())
    problem = problem_of("rho", replace(MARKET, risk_model=model), lines, (in_sleeves(0.5),), objective=goal)
    allocation = allocate(problem)
    assert_optimal(allocation)
    covariance = np.array([[0.04**2, correlation * 0.0032], [correlation * 0.0032, 0.08**2]])
    grid = np.linspace(0.0, 0.5, 200_001)
    mixes = np.stack([grid, 0.5 - grid])
    least = math.sqrt(np.einsum("ik,ij,jk->k", mixes, covariance, mixes).min())
    assert volatility(allocation, RiskStatistic.TOTAL_VOLATILITY) == pytest.approx(least, abs=1e-7)
    shares = [share.share for share in allocation.risk.shares if share.split.name == "LINE"]
    assert sum(shares) == pytest.approx(1.0, abs=1e-9)


def as_factor_form(problem):
    """The same covariance, stated through its own factor and specific volatilities of zero."""
    ids = problem.market.driver_ids
    factor = np.linalg.cholesky(problem.market.risk_model.covariance(ids) + 1e-14 * np.eye(len(ids)))
    loadings = RectangularMatrix(
        row_ids=ids, column_ids=tuple(f"factor-{k}" for k in range(len(ids))), values=factor.ravel()
    )
    none = tuple(DriverValue(driver_id=driver_id, value=0.0) for driver_id in ids)
    form = FactorForm(loadings=loadings, specific_volatilities=none)
    model = RiskModel(factor_form=form)
    return replace(problem, market=replace(problem.market, risk_model=model))


@pytest.mark.parametrize("seed", range(8))
def test_a_covariance_and_its_factor_form_have_one_answer(allocate, seed):
    problem = random_problem(seed)
    one, other = allocate(problem), allocate(as_factor_form(problem))
    assert objective(other) == pytest.approx(objective(one), abs=2e-6)


def test_specific_volatility_is_variance_of_the_driver_alone():
    ids = ("one", "two")
    loadings = RectangularMatrix(row_ids=ids, column_ids=("f",), values=np.array([0.1, -0.05]))
    specific = (DriverValue(driver_id="one", value=0.02), DriverValue(driver_id="two", value=0.0))
    model = RiskModel(factor_form=FactorForm(loadings=loadings, specific_volatilities=specific))
    wanted = np.array([[0.01 + 0.0004, -0.005], [-0.005, 0.0025]])
    np.testing.assert_allclose(model.covariance(ids), wanted, atol=1e-15)
    factor = model.factor(ids)
    np.testing.assert_allclose(factor @ factor.T, wanted, atol=1e-15)


def test_five_thousand_lines_by_fifty_factors_are_certified(allocate):
    size = replace(SIZES[503], funded=2500, overlays=500, sleeves=1997, drivers=50)
    allocation = allocate(generate(size, seed=3))
    assert_optimal(allocation)
    assert optimality(allocation).relative_gap <= 1e-5
    assert len(allocation.positions) == 5000


def rates(unit):
    """A fund and a bond future on a rate: in basis points, or in hundreds of per cent of yield."""
    scale = 1.0 if unit is DriverUnit.BASIS_POINT else 1e-4
    expected = (
        ExpectedReturn(annual_basis_points=-5.0)
        if unit is DriverUnit.BASIS_POINT
        else ExpectedReturn(annual_excess=-5e-4)
    )
    drivers = (Driver(driver_id="rate", expected_return=expected, unit=unit), DRIVERS[0])
    rate_market = market(drivers, np.array([90.0 * scale, 0.2]), np.array([[1.0, -0.2], [-0.2, 1.0]]))

    def on_rate(line, duration):
        loading = DriverValue(driver_id="rate", value=-duration * 1e-4 / scale)
        return replace(line, loadings=(loading,))

    lines = (
        on_rate(funded("notes", "rate"), 5.0),
        on_rate(
            overlay("future", "rate", margin_rate=0.02, annual_roll_cost=1e-3, minimum=-1.0, maximum=1.0), 8.0
        ),
        funded("equity", "one"),
        tier("cash", posts=True),
    )
    duration = ExposureMeasure(
        drivers=DriverScope(driver_ids=("rate",)),
        aggregation=Aggregation.EACH,
        lines=LineScope(all_lines=True),
    )
    bounds = (-2e-4 / scale, -1e-4 / scale)
    limits = (
        Limit(limit_id="duration", lower=bounds[0], upper=bounds[1], exposure=duration),
        gross_limit(1.3),
    )
    goal = Objective(maximize_utility=MaximizeUtility(total_risk_aversion=4.0))
    return problem_of("rates", rate_market, lines, limits, objective=goal)


def test_a_rate_in_basis_points_is_the_same_rate(allocate):
    in_points, in_yield = allocate(rates(DriverUnit.BASIS_POINT)), allocate(rates(DriverUnit.RETURN))
    assert objective(in_points) == pytest.approx(objective(in_yield), abs=1e-7)
    for line_id, held in positions(in_points).items():
        assert held == pytest.approx(positions(in_yield)[line_id], abs=1e-4), line_id
    point, whole = limit_report(in_points, "duration"), limit_report(in_yield, "duration")
    assert point.unit is Unit.NAV_FRACTION_PER_BASIS_POINT
    assert point.value == pytest.approx(1e-4 * whole.value, rel=1e-3)
    assert point.binding
    assert whole.binding
    assert point.upper_shadow_price == pytest.approx(1e4 * whole.upper_shadow_price, rel=1e-3)
    assert in_points.exposures[0].unit is Unit.NAV_FRACTION_PER_BASIS_POINT
    assert in_points.exposures[1].unit is Unit.NAV_FRACTION


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


def soft(limit_id, line_id, lower, priority, weight=None):
    measure = PositionMeasure(lines=LineScope(line_ids=(line_id,)), aggregation=Aggregation.EACH)
    terms = SoftLimit(priority=priority, violation_weight=weight)
    return Limit(limit_id=limit_id, lower=lower, position=measure, soft=terms)


def three_funds(*limits):
    lines = (funded("one", "one"), funded("two", "two"), tier("cash", posts=False))
    return problem_of("soft", MARKET, lines, limits)


def test_soft_limits_that_can_be_met_are_met_in_one_solve(allocate):
    allocation = allocate(three_funds(soft("a", "cash", 0.3, 1), soft("b", "one", 0.6, 2)))
    assert_optimal(allocation)
    assert len(allocation.termination.attempts) == 1
    assert [(s.priority, s.violation_bound) for s in optimality(allocation).soft_stages] == [
        (1, 0.0),
        (2, 0.0),
    ]
    # Cash earns nothing over itself, so a unit less of it is worth the premium.
    assert limit_report(allocation, "a").lower_shadow_price == pytest.approx(0.04, abs=1e-6)
    assert limit_report(allocation, "a").priority == 1


def test_a_later_priority_takes_what_is_left(allocate):
    allocation = allocate(three_funds(soft("second", "one", 0.9, 2), soft("first", "cash", 0.3, 1)))
    assert_optimal(allocation)
    held = positions(allocation)
    assert held["cash"] == pytest.approx(0.3, abs=2e-6)
    assert held["one"] == pytest.approx(0.7, abs=2e-6)
    stages = optimality(allocation).soft_stages
    assert stages[0].violation == pytest.approx(0.0, abs=1e-6)
    assert stages[1].violation_bound == pytest.approx(0.2, abs=1e-6)
    report = limit_report(allocation, "second")
    assert report.violation == pytest.approx(0.2, abs=2e-6)
    missed = [w for w in allocation.warnings if w.code is WarningCode.SOFT_LIMIT_MISSED]
    assert [w.subjects[0].limit_id for w in missed] == ["second"]


@pytest.mark.parametrize(("weight", "one"), [(3.0, 0.9), (0.3, 0.4)])
def test_weights_decide_inside_a_priority(allocate, weight, one):
    allocation = allocate(three_funds(soft("a", "one", 0.9, 1, weight), soft("b", "two", 0.6, 1)))
    assert_optimal(allocation)
    assert positions(allocation)["one"] == pytest.approx(one, abs=2e-6)


def test_hard_limits_that_contradict_are_proven_to_whatever_is_soft(allocate):
    measure = PositionMeasure(lines=LineScope(all_lines=True), aggregation=Aggregation.SUM)
    hard = Limit(limit_id="hard", lower=1.2, position=measure)
    allocation = allocate(three_funds(soft("a", "one", 2.0, 1), hard))
    assert allocation.termination.reason is TerminationReason.INFEASIBLE
    named = {weight.key.limit_id for weight in allocation.certificate.infeasibility.weights}
    assert named <= {"hard", None}


def test_a_soft_cap_on_leverage_does_not_replace_the_default_cap(allocate):
    lines = (overlay("future", "one", margin_rate=0.05), tier("cash", posts=True))
    cap = replace(gross_limit(1.2), soft=SoftLimit(priority=2))
    measure = PositionMeasure(lines=LineScope(line_ids=("future",)), aggregation=Aggregation.EACH)
    first = Limit(limit_id="first", lower=1.9, position=measure, soft=SoftLimit(priority=1))
    allocation = allocate(problem_of("open", MARKET, lines, (cap, first)))
    assert_optimal(allocation)
    assert positions(allocation)["future"] == pytest.approx(1.5, abs=1e-5)
    assert limit_report(allocation, "gross-cap").violation == pytest.approx(0.3, abs=1e-5)
    assert WarningCode.DEFAULT_LEVERAGE_CAP in {warning.code for warning in allocation.warnings}


@pytest.mark.parametrize("weight", [1.0, 0.1, 0.01])
def test_a_light_limit_is_not_missed_for_return_beside_a_heavy_one_that_must_be(allocate, weight):
    out_of_reach = soft("heavy", "one", 1.4, 1, 100.0 * weight)
    beside = soft("beside", "two", 0.2, 1, weight)
    lines = (replace(funded("one", "one"), maximum_fraction=0.5), funded("two", "two"))
    problem = problem_of("beside", MARKET, (*lines, tier("cash", posts=False)), (out_of_reach, beside))
    allocation = allocate(problem)
    assert_optimal(allocation)
    assert limit_report(allocation, "beside").violation <= 2e-6
    assert limit_report(allocation, "heavy").violation == pytest.approx(0.9, abs=2e-6)


def test_a_soft_cap_below_what_a_hard_target_needs_is_missed_not_infeasible(allocate):
    lines = (overlay("future", "one", margin_rate=0.05), tier("cash", posts=True))
    cap = replace(gross_limit(0.3), soft=SoftLimit(priority=1))
    measure = PositionMeasure(lines=LineScope(line_ids=("future",)), aggregation=Aggregation.EACH)
    target = Limit(limit_id="target", lower=0.9, upper=0.9, position=measure)
    allocation = allocate(problem_of("needs", MARKET, lines, (cap, target)))
    assert_optimal(allocation)
    assert limit_report(allocation, "gross-cap").violation == pytest.approx(0.6, abs=1e-6)


def test_what_a_proof_holds_lies_between_what_is_proven_and_what_is_allowed(allocate):
    allocation = allocate(three_funds(soft("second", "one", 0.9, 2), soft("first", "cash", 0.3, 1)))
    for stage in optimality(allocation).soft_stages:
        assert stage.violation_bound <= stage.held_at <= stage.violation_bound + 1e-6


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

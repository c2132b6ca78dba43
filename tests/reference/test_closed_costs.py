"""Costs, fees and trading limits against closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from counterpoise.model import (
    AlphaBasis,
    AlphaSleeve,
    Counterparty,
    CounterpartyExposure,
    CounterpartyMeasure,
    Driver,
    ExpectedAlpha,
    ExpectedReturn,
    FactorEvidence,
    FeeHurdle,
    FeeTerms,
    Limit,
    Line,
    LineScope,
    MarginPool,
    MinimizeCost,
    Objective,
    OutrightMargin,
    ReturnTermKind,
    StructuralRule,
    TradingCost,
    TurnoverCount,
    TurnoverMeasure,
)
from tests.answers import assert_optimal, limit_report, objective, optimality, positions
from tests.golden_problems import exposure_target, funded, gross_limit, market, overlay, problem_of, tier

GOOD, POOR = 0.05, 0.03
DRIVERS = (
    Driver(driver_id="good", expected_return=ExpectedReturn(annual_excess=GOOD)),
    Driver(driver_id="poor", expected_return=ExpectedReturn(annual_excess=POOR)),
)
MARKET = market(DRIVERS, np.array([0.15, 0.15]), np.eye(2))
YEARS = 2.0


def switch(linear, impact, limits=()):
    """All of the capital in the poor fund, and what it costs to move it to the good one."""
    cost = TradingCost(linear_rate=linear, impact_coefficient=impact)
    lines = (
        replace(funded("good-fund", "good"), current_fraction=0.0, trading_cost=cost),
        replace(funded("poor-fund", "poor"), current_fraction=1.0, trading_cost=cost),
    )
    goal = replace(problem_of("switch", MARKET, lines, limits).objective, holding_period_years=YEARS)
    return replace(problem_of("switch", MARKET, lines, limits), objective=goal)


@pytest.mark.parametrize(("linear", "moved"), [(0.0199, 1.0), (0.0201, 0.0)])
def test_a_linear_cost_is_paid_only_where_the_holding_period_earns_it_back(allocate, linear, moved):
    # Selling and buying cost 2 * linear once, and (GOOD - POOR) a year for two years is 0.04.
    allocation = allocate(switch(linear, None))
    assert_optimal(allocation)
    assert positions(allocation)["good-fund"] == pytest.approx(moved, abs=1e-7)
    assert allocation.trading.one_way_turnover_fraction == pytest.approx(moved, abs=1e-7)
    assert allocation.trading.cost_fraction == pytest.approx(2 * linear * moved, abs=1e-7)


@pytest.mark.parametrize("impact", [0.03, 0.05, 0.3, 3.0])
def test_impact_stops_a_trade_where_its_slope_meets_the_gain(allocate, impact):
    # The gain 0.02 t less 2 impact t^1.5 / 2 years is largest at t = (0.02 * 2 / (3 impact))^2.
    allocation = allocate(switch(0.0, impact))
    assert_optimal(allocation)
    moved = min(((GOOD - POOR) * YEARS / (3.0 * impact)) ** 2, 1.0)
    assert positions(allocation)["good-fund"] == pytest.approx(moved, rel=1e-3, abs=1e-6)
    gain = (GOOD - POOR) * moved - 2.0 * impact * moved**1.5 / YEARS
    assert objective(allocation) == pytest.approx(0.04 + POOR + gain, abs=1e-8)
    assert optimality(allocation).relative_gap <= 1e-5
    terms = [t for t in allocation.expected_return.terms if t.kind is ReturnTermKind.TRADING_COST]
    paid = sum(term.annual_return for term in terms)
    assert paid * YEARS == pytest.approx(-allocation.trading.cost_fraction, abs=1e-12)


@pytest.mark.parametrize(("count", "moved"), [(TurnoverCount.ONE_WAY, 0.3), (TurnoverCount.TWO_WAY, 0.15)])
def test_turnover_is_worth_what_the_next_trade_earns(allocate, count, moved):
    measure = TurnoverMeasure(lines=LineScope(all_lines=True), count=count)
    allocation = allocate(switch(0.0, None, (Limit(limit_id="turnover", upper=0.3, turnover=measure),)))
    assert_optimal(allocation)
    assert positions(allocation)["good-fund"] == pytest.approx(moved, abs=1e-7)
    report = limit_report(allocation, "turnover")
    assert report.value == pytest.approx(0.3, abs=1e-7)
    assert report.upper_shadow_price == pytest.approx((GOOD - POOR) * moved / 0.3, abs=1e-7)


def sleeve(alpha, *, fees=None, loading=0.0, residual=0.05, r_squared=0.1, **others):
    basis = AlphaBasis(annual_over_beta=alpha)
    declared = ExpectedAlpha(gross_of_fees=basis) if fees else ExpectedAlpha(net_of_fees=basis)
    line = replace(funded("sleeve", "good", residual=residual), funded_beta=None)
    loadings = (replace(line.loadings[0], value=loading),) if loading else ()
    evidence = FactorEvidence(r_squared=r_squared, observation_count=120)
    kind = AlphaSleeve(expected_alpha=declared, evidence=evidence, fees=fees, **others)
    return replace(line, loadings=loadings, alpha_sleeve=kind)


def test_a_gated_sleeve_stays_and_its_price_is_what_it_loses(allocate):
    locked = replace(sleeve(-0.01, redeemable_fraction=0.05), current_fraction=0.20)
    allocation = allocate(problem_of("gate", MARKET, (locked, tier("cash", posts=False)), ()))
    assert_optimal(allocation)
    assert positions(allocation)["sleeve"] == pytest.approx(0.15, abs=1e-9)
    (rule,) = [r for r in allocation.limits if r.key.structural_rule is StructuralRule.SLEEVE_REDEMPTION]
    assert rule.lower == pytest.approx(0.15)
    assert rule.lower_shadow_price == pytest.approx(0.01, abs=1e-7)


@pytest.mark.parametrize("hurdle", FeeHurdle)
@pytest.mark.parametrize("loading", [0.0, 0.4])
def test_an_expected_performance_fee_is_the_integral_over_outcomes(allocate, hurdle, loading):
    fees = FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.2, hurdle=hurdle)
    lines = (sleeve(0.05, fees=fees, loading=loading), tier("cash", posts=False))
    allocation = allocate(problem_of("fees", MARKET, lines, ()))
    assert_optimal(allocation)
    mean = 0.04 + GOOD * loading + 0.05 - 0.015 - (0.04 if hurdle is FeeHurdle.CASH else 0.0)
    deviation = math.hypot(0.15 * loading, 0.05)
    gain, _ = quad(lambda x: x * norm.pdf(x, mean, deviation), 0.0, mean + 12 * deviation)
    (verdict,) = allocation.sleeve_verdicts
    assert verdict.annual_performance_fee == pytest.approx(0.2 * gain, abs=1e-9)
    assert verdict.annual_alpha == pytest.approx(0.05 - 0.015 - 0.2 * gain, abs=1e-9)
    by_kind = {term.kind: term.annual_return for term in allocation.expected_return.terms if term.line_id}
    held = positions(allocation)["sleeve"]
    assert by_kind[ReturnTermKind.ALPHA] == pytest.approx(0.05 * held)
    assert by_kind[ReturnTermKind.FEE] == pytest.approx(-(0.015 + 0.2 * gain) * held, abs=1e-9)


def test_without_alpha_the_fees_that_are_charged_anyway_stay(allocate):
    fees = FeeTerms(annual_management_fee=0.01, performance_fee_rate=0.2, hurdle=FeeHurdle.CASH)
    line = replace(sleeve(0.05, fees=fees), minimum_fraction=0.5, maximum_fraction=0.5)
    allocation = allocate(problem_of("zero", MARKET, (line, tier("cash", posts=False)), ()))
    gain, _ = quad(lambda x: x * norm.pdf(x, -0.01, 0.05), 0.0, 1.0)
    without = 0.04 - 0.5 * (0.01 + 0.2 * gain)
    assert allocation.expected_return.annual_net_return_without_alpha == pytest.approx(without, abs=1e-9)


@pytest.mark.parametrize(("short_spread", "received"), [(None, 0.006), (0.002, 0.002), (-0.003, -0.003)])
def test_a_short_receives_its_own_spread(allocate, short_spread, received):
    future = overlay("future", "good", margin_rate=0.1, minimum=-0.2, maximum=-0.2)
    terms = replace(future.overlay, annual_financing_spread=0.006, annual_short_financing_spread=short_spread)
    lines = (replace(future, overlay=terms), tier("cash", posts=True))
    allocation = allocate(problem_of("short", MARKET, lines, ()))
    by_kind = {term.kind: term.annual_return for term in allocation.expected_return.terms if term.line_id}
    assert by_kind[ReturnTermKind.FINANCING] == pytest.approx(0.2 * received, abs=1e-12)
    (cost,) = allocation.expected_return.synthetic_costs
    assert cost.annual_synthetic_cost == pytest.approx(-received, abs=1e-9)


def test_posted_cash_loses_the_margin_credit_spread_and_notes_do_not(allocate):
    future = overlay("future", "good", margin_rate=0.1, minimum=0.5, maximum=0.5)
    notes = replace(
        tier("notes", posts=True, annual_cash_drag=0.001),
        reserve_tier=replace(
            tier("notes", posts=True, annual_cash_drag=0.001).reserve_tier, variation_margin_eligible=False
        ),
    )
    for spread, posted in ((0.0005, "cash"), (0.002, "notes")):
        problem = problem_of("credit", MARKET, (future, tier("cash", posts=True), notes), ())
        pool = MarginPool(
            margin_pool_id="broker", outright=OutrightMargin(), annual_margin_credit_spread=spread
        )
        problem = replace(problem, portfolio=replace(problem.portfolio, margin_pools=(pool,)))
        allocation = allocate(problem)
        assert_optimal(allocation)
        (margin,) = allocation.pool_margins
        (item,) = [item for item in margin.posted_fractions if item.value > 1e-6]
        assert (item.line_id, item.value) == (posted, pytest.approx(0.05, abs=1e-7))
        lost = [t for t in allocation.expected_return.terms if t.kind is ReturnTermKind.MARGIN_CREDIT]
        assert sum(t.annual_return for t in lost) == pytest.approx(
            -0.05 * spread if posted == "cash" else 0.0, abs=1e-10
        )


@pytest.mark.parametrize(("roll", "cheapest"), [(0.001, "future"), (0.004, "fund")])
def test_the_cheapest_way_to_an_exposure_ignores_what_the_exposure_earns(allocate, roll, cheapest):
    lines = (
        funded("fund", "good", annual_fee=0.003),
        overlay("future", "good", margin_rate=0.1, annual_roll_cost=roll),
        tier("cash", posts=True),
    )
    limits = (exposure_target("good", 0.4), gross_limit(1.4))
    goal = Objective(minimize_cost=MinimizeCost())
    allocation = allocate(problem_of("cheap", MARKET, lines, limits, objective=goal))
    assert_optimal(allocation)
    assert positions(allocation)[cheapest] == pytest.approx(0.4, abs=1e-6)
    assert objective(allocation) == pytest.approx(0.4 * min(roll, 0.003), abs=1e-8)


def test_margin_goes_elsewhere_where_a_counterparty_is_full(allocate):
    def future(name, pool):
        line = overlay(name, "good", margin_rate=0.1)
        return replace(line, overlay=replace(line.overlay, margin_pool_id=pool))

    def cash(*pools):
        line = tier("cash", posts=True)
        (terms,) = line.reserve_tier.collateral_terms
        taken = tuple(replace(terms, margin_pool_id=pool) for pool in pools)
        return replace(line, reserve_tier=replace(line.reserve_tier, collateral_terms=taken))

    limit = Limit(
        limit_id="posted",
        upper=0.02,
        counterparty=CounterpartyMeasure(
            counterparty_ids=("bank",), exposure=CounterpartyExposure.POSTED_MARGIN
        ),
    )
    lines: tuple[Line, ...] = (future("near", "bank-pool"), future("far", "other-pool"))
    costly = replace(lines[1], overlay=replace(lines[1].overlay, annual_roll_cost=0.001))
    problem = problem_of(
        "two",
        MARKET,
        (lines[0], costly, cash("bank-pool", "other-pool")),
        (limit, exposure_target("good", 0.5)),
    )
    pools = tuple(
        MarginPool(margin_pool_id=name, counterparty_id=who, outright=OutrightMargin())
        for name, who in (("bank-pool", "bank"), ("other-pool", "dealer"))
    )

    parties = tuple(Counterparty(counterparty_id=name) for name in ("bank", "dealer"))
    problem = replace(
        problem, portfolio=replace(problem.portfolio, margin_pools=pools, counterparties=parties)
    )
    allocation = allocate(problem)
    assert_optimal(allocation)
    held = positions(allocation)
    assert (held["near"], held["far"]) == (pytest.approx(0.2, abs=1e-6), pytest.approx(0.3, abs=1e-6))
    # One more unit posted carries ten of notional that saves the roll cost.
    (report,) = [r for r in allocation.limits if r.key.counterparty_id == "bank"]
    assert report.upper_shadow_price == pytest.approx(0.01, abs=1e-6)
    bank, dealer = allocation.counterparties
    assert (bank.posted_margin_fraction, bank.gross_position_fraction) == pytest.approx((0.02, 0.2), abs=1e-6)
    assert (dealer.posted_margin_fraction, dealer.gross_position_fraction) == pytest.approx(
        (0.03, 0.3), abs=1e-6
    )

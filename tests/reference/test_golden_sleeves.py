"""Fees and evidence of single sleeves, against tables and closed forms."""

import math

import pytest
from scipy import integrate

from counterpoise.model import (
    AlphaBasis,
    FeeHurdle,
    RiskStatistic,
    SleeveClass,
    WarningCode,
)
from tests.answers import assert_optimal, positions, volatility
from tests.golden_problems import CASH
from tests.problems.worked_sleeves import (
    EQUITY_PREMIUM,
    EQUITY_VOLATILITY,
    fees_of,
    sleeve_problem,
    with_room,
)
from tests.reference.sleeves import expected_gain

POSITION = 0.5


def verdict_of(allocation):
    assert_optimal(allocation)
    (verdict,) = allocation.sleeve_verdicts
    return verdict


def returns_of(allocation):
    return {
        term.kind.name: term.annual_return
        for term in allocation.expected_return.terms
        if term.line_id == "sleeve"
    }


def expected_fee(*, rate, mean, deviation):
    """rate times the mean of what is above zero, by numerical integration of the outcome."""

    def density(outcome):
        return math.exp(-0.5 * ((outcome - mean) / deviation) ** 2) / (deviation * math.sqrt(2 * math.pi))

    above, _ = integrate.quad(
        lambda x: x * density(x), 0.0, mean + 12 * deviation, points=[max(mean, 0.0)], epsabs=1e-14
    )
    return rate * above


@pytest.mark.parametrize(
    ("mean", "deviation", "fee"),
    [
        (0.035, 0.05, 0.008428793768106102),
        (0.035, 0.08, 0.010484396356360972),
        (0.055, 0.06, 0.012168802876126978),
        (0.0, 0.06, 0.0047873073648171927),
    ],
)
def test_the_performance_fee_is_the_expected_one(allocate, mean, deviation, fee):
    assert 0.2 * expected_gain(mean, deviation) == pytest.approx(fee, abs=1e-12)
    assert expected_fee(rate=0.2, mean=mean, deviation=deviation) == pytest.approx(fee, abs=1e-10)
    problem = sleeve_problem(
        basis=AlphaBasis(annual_over_cash=mean + 0.015),
        fees=fees_of(management=0.015, performance=0.2),
        residual_volatility=deviation,
    )
    allocation = allocate(problem)
    verdict = verdict_of(allocation)
    assert verdict.annual_management_fee == pytest.approx(0.015, abs=1e-15)
    assert verdict.annual_performance_fee == pytest.approx(fee, abs=1e-12)
    assert verdict.annual_alpha == pytest.approx(mean - fee, abs=1e-12)
    assert verdict.annual_declared_alpha == pytest.approx(mean - fee, abs=1e-12)
    terms = returns_of(allocation)
    assert terms["ALPHA"] == pytest.approx(POSITION * (mean + 0.015), abs=1e-12)
    assert terms["FEE"] == pytest.approx(-POSITION * (0.015 + fee), abs=1e-12)


@pytest.mark.parametrize(
    ("gross_pct", "no_hurdle_pct", "cash_hurdle_pct"),
    [(1.5, -0.8, 0.0), (3, 0.4, 1.2), (5, 2.0, 2.8), (7, 3.6, 4.4), (10, 6.0, 6.8)],
)
def test_one_and_a_half_and_twenty(allocate, gross_pct, no_hurdle_pct, cash_hurdle_pct):
    for hurdle, net_pct in ((FeeHurdle.ZERO, no_hurdle_pct), (FeeHurdle.CASH, cash_hurdle_pct)):
        problem = sleeve_problem(
            basis=AlphaBasis(annual_over_cash=gross_pct / 100),
            fees=fees_of(management=0.015, performance=0.2, hurdle=hurdle),
        )
        verdict = verdict_of(allocate(problem))
        assert 100 * verdict.annual_alpha == pytest.approx(net_pct, abs=1e-10)


def test_the_whole_outcome_is_what_the_fee_is_a_share_of(allocate):
    problem = sleeve_problem(
        basis=AlphaBasis(annual_over_beta=0.02),
        fees=fees_of(management=0.01, performance=0.2, hurdle=FeeHurdle.ZERO),
        beta=0.5,
        residual_volatility=0.06,
    )
    mean = CASH + 0.5 * EQUITY_PREMIUM + 0.02 - 0.01
    deviation = math.hypot(0.5 * EQUITY_VOLATILITY, 0.06)
    verdict = verdict_of(allocate(problem))
    assert verdict.annual_performance_fee == pytest.approx(
        expected_fee(rate=0.2, mean=mean, deviation=deviation), abs=1e-10
    )


def test_an_account_holds_no_cash_to_charge_for(allocate):
    problem = sleeve_problem(
        basis=AlphaBasis(annual_over_cash=0.03),
        fees=fees_of(management=0.01, performance=0.2, hurdle=FeeHurdle.ZERO),
        residual_volatility=0.05,
        unfunded=True,
    )
    verdict = verdict_of(allocate(problem))
    assert verdict.annual_performance_fee == pytest.approx(
        expected_fee(rate=0.2, mean=0.02, deviation=0.05), abs=1e-10
    )


def test_without_alpha_the_fees_are_those_of_a_manager_who_has_none(allocate):
    problem = sleeve_problem(
        basis=AlphaBasis(annual_over_cash=0.05),
        fees=fees_of(management=0.015, performance=0.2),
        residual_volatility=0.06,
    )
    allocation = allocate(problem)
    charged = 0.015 + expected_fee(rate=0.2, mean=-0.015, deviation=0.06)
    assert allocation.expected_return.annual_net_return_without_alpha == pytest.approx(
        CASH - POSITION * charged, abs=1e-10
    )


@pytest.mark.parametrize("gross", [False, True])
def test_factors_that_explain_most_of_it_leave_no_alpha(allocate, gross):
    fees = fees_of(management=0.01, performance=0.2) if gross else None
    problem = sleeve_problem(
        basis=AlphaBasis(annual_over_beta=0.03),
        fees=fees,
        beta=0.7,
        residual_volatility=0.04,
        r_squared=0.85,
    )
    allocation = allocate(problem)
    verdict = verdict_of(allocation)
    assert verdict.sleeve_class == SleeveClass.BETA
    beta_return, deviation = 0.7 * EQUITY_PREMIUM, math.hypot(0.7 * EQUITY_VOLATILITY, 0.04)

    def charged(alpha):
        mean = beta_return + alpha - 0.01
        return 0.01 + expected_fee(rate=0.2, mean=mean, deviation=deviation) if gross else 0.0

    assert verdict.annual_declared_alpha == pytest.approx(0.03 - charged(0.03), abs=1e-10)
    assert verdict.annual_alpha == pytest.approx(-charged(0.0), abs=1e-10)
    assert returns_of(allocation).get("ALPHA", 0.0) == pytest.approx(0.0, abs=1e-15)
    (exposure,) = allocation.exposures
    assert exposure.alpha_look_through == pytest.approx(0.7 * POSITION, abs=1e-12)
    sigma = volatility(allocation, RiskStatistic.TOTAL_VOLATILITY)
    assert sigma == pytest.approx(POSITION * deviation, abs=1e-10)
    assert WarningCode.SLEEVE_RECLASSIFIED in {warning.code for warning in allocation.warnings}


@pytest.mark.parametrize("gross", [False, True])
def test_a_negative_alpha_stays_whatever_explains_it(allocate, gross):
    fees = fees_of(management=0.01, performance=0.0) if gross else None
    problem = sleeve_problem(basis=AlphaBasis(annual_over_beta=-0.02), fees=fees, beta=0.7, r_squared=0.85)
    verdict = verdict_of(allocate(problem))
    assert verdict.annual_alpha == pytest.approx(-0.03 if gross else -0.02, abs=1e-12)


@pytest.mark.parametrize("gross", [False, True])
@pytest.mark.parametrize("declared_over", ["cash", "total"])
def test_factors_that_explain_half_of_it_leave_the_intercept(allocate, gross, declared_over):
    beta_return = 0.5 * EQUITY_PREMIUM
    over_cash = 0.02 + beta_return
    basis = (
        AlphaBasis(annual_over_cash=over_cash)
        if declared_over == "cash"
        else AlphaBasis(annual_total=over_cash + CASH)
    )
    fees = fees_of(management=0.01, performance=0.2) if gross else None
    problem = sleeve_problem(basis=basis, fees=fees, beta=0.5, residual_volatility=0.05, r_squared=0.5)
    allocation = allocate(problem)
    verdict = verdict_of(allocation)
    assert verdict.sleeve_class == SleeveClass.ALPHA_AND_BETA
    deviation = math.hypot(0.5 * EQUITY_VOLATILITY, 0.05)
    charged = (
        0.01 + expected_fee(rate=0.2, mean=beta_return + 0.02 - 0.01, deviation=deviation) if gross else 0.0
    )
    assert verdict.annual_alpha == pytest.approx(0.02 - charged, abs=1e-10)
    terms = returns_of(allocation)
    assert terms["ALPHA"] == pytest.approx(POSITION * 0.02, abs=1e-12)
    assert terms["PREMIUM"] == pytest.approx(POSITION * beta_return, abs=1e-12)


def test_a_sleeve_that_does_not_pay_its_fees_is_not_bought(allocate):
    problem = sleeve_problem(
        basis=AlphaBasis(annual_over_cash=0.012), fees=fees_of(management=0.015, performance=0.2)
    )
    assert WarningCode.ALPHA_BELOW_FEES in {warning.code for warning in allocate(problem).warnings}
    allocation = allocate(with_room(problem))
    assert_optimal(allocation)
    assert positions(allocation)["sleeve"] == pytest.approx(0.0, abs=1e-5)

"""Worked examples with their right answers: every optimum here is unique."""

import numpy as np
import pytest

from counterpoise.model import LeverageDefinition, RiskSplit, RiskStatistic
from tests.answers import assert_optimal, leverage, limit_report, objective, positions, volatility
from tests.golden_problems import (
    euler_book,
    pension,
    retail,
    sixty_forty_with_overlay,
    treasury_futures,
    unlevered_seventy_thirty,
)

GROSS = LeverageDefinition.GROSS_NOTIONAL
ROLL = 0.006
TEN_YEAR_EQUIVALENTS = {"ZT": 23.125, "ZF": 52.5, "ZN": 73.75, "TN": 97.5, "ZB": 143.75, "UB": 200.0}


def alpha_less_roll(allocation):
    terms = allocation.expected_return.terms
    return sum(term.annual_return for term in terms if term.kind.name in ("ALPHA", "ROLL"))


@pytest.mark.parametrize(
    ("reserve_rate", "margin_rate", "alpha", "net_pct_on_beta_and_uplift_bps"),
    [
        (0.1, 0.0666667, 0.27, (5.25, 22.5)),
        (0.15, 0.0666667, 0.255, (5.175, 20.25)),
        (0.0, 0.0466667, 0.286, (5.33, 24.9)),
        (0.0, 0.0666667, 0.28, (5.3, 24.0)),
    ],
)
def test_pension_table(allocate, reserve_rate, margin_rate, alpha, net_pct_on_beta_and_uplift_bps):
    net_pct_on_beta, uplift_bps = net_pct_on_beta_and_uplift_bps
    allocation = allocate(pension(reserve_rate=reserve_rate, margin_rate=margin_rate))
    assert_optimal(allocation)
    found = positions(allocation)
    assert found["alpha"] == pytest.approx(alpha, abs=1e-5)
    assert found["bond_future"] == pytest.approx(0.3, abs=1e-5)
    assert leverage(allocation, GROSS) == pytest.approx(1 + alpha, abs=1e-5)
    uplift = alpha_less_roll(allocation)
    assert uplift == pytest.approx(0.015 * found["alpha"] - ROLL * found["bond_future"], abs=1e-12)
    assert 4.5 + 100 * uplift / 0.3 == pytest.approx(net_pct_on_beta, abs=1e-4)
    assert 1e4 * uplift == pytest.approx(uplift_bps, abs=1e-3)


@pytest.mark.parametrize(("margin_rate", "alpha"), [(0.0466667, 0.256), (0.0666667, 0.25)])
def test_posted_margin_that_does_not_count_costs_reserve(allocate, margin_rate, alpha):
    allocation = allocate(pension(margin_rate=margin_rate, posted_counts=False))
    assert_optimal(allocation)
    assert positions(allocation)["alpha"] == pytest.approx(alpha, abs=1e-5)
    reserve = allocation.reserve
    assert reserve.encumbered_fraction == pytest.approx(0.3 * margin_rate, abs=1e-5)
    assert reserve.free_fraction == pytest.approx(0.03, abs=1e-5)


def test_a_tighter_gross_cap_has_its_price(allocate):
    allocation = allocate(pension(gross_cap=1.25))
    assert_optimal(allocation)
    found = positions(allocation)
    assert found["alpha"] == pytest.approx(0.25, abs=1e-5)
    assert found["bond_future"] == pytest.approx(0.27778, abs=1e-5)
    assert found["cash"] == pytest.approx(0.02778, abs=1e-5)
    cap = limit_report(allocation, "gross-cap")
    assert cap.binding
    assert cap.upper_shadow_price == pytest.approx(0.00833, abs=5e-6)


@pytest.mark.parametrize(("margin_rate", "alpha"), [(0.02 / 0.3, 0.28), (0.014 / 0.3, 0.286)])
def test_pinned_books_under_every_definition_of_leverage(allocate, margin_rate, alpha):
    allocation = allocate(pension(reserve_rate=0.0, margin_rate=margin_rate, alpha_pinned=alpha))
    assert_optimal(allocation)
    assert leverage(allocation, GROSS) == pytest.approx(1 + alpha, abs=1e-7)
    assert leverage(allocation, LeverageDefinition.COMMITMENT) == pytest.approx(1 + alpha, abs=1e-7)
    assert leverage(allocation, LeverageDefinition.OVERLAY) == pytest.approx(0.3, abs=1e-7)
    assert leverage(allocation, LeverageDefinition.NET) == pytest.approx(1 + alpha, abs=1e-7)
    with_margin_cash = leverage(allocation, GROSS) + allocation.reserve.reserve_fraction
    assert with_margin_cash == pytest.approx(1.3, abs=1e-7)


def test_alpha_declared_as_total_return_destroys_the_uplift(allocate):
    allocation = allocate(
        pension(reserve_rate=0.0, margin_rate=0.05, alpha_pinned=0.283, alpha_basis="annual_total")
    )
    assert_optimal(allocation)
    assert 4.5 + 100 * alpha_less_roll(allocation) / 0.3 == pytest.approx(1.5416667, abs=1e-6)


def test_alpha_on_all_capital_without_margin_or_reserve(allocate):
    allocation = allocate(pension(reserve_rate=0.0, margin_rate=1e-9))
    assert_optimal(allocation)
    assert 4.5 + 100 * alpha_less_roll(allocation) / 0.3 == pytest.approx(5.4, abs=1e-4)
    assert 1e4 * alpha_less_roll(allocation) == pytest.approx(27.0, abs=1e-3)


def test_undeclared_alpha_is_refused():
    (violation,) = pension(alpha_basis="undeclared").validate()
    assert violation.field.startswith("portfolio.lines[3].alpha_sleeve.expected_alpha")
    assert violation.reason.name == "CHOICE_MISSING"


@pytest.mark.parametrize(
    ("posted_in_treasuries", "annual_return", "gross"), [(True, 0.058, 1.3), (False, 0.0568, 1.27)]
)
def test_retail(allocate, posted_in_treasuries, annual_return, gross):
    allocation = allocate(retail(posted_in_treasuries=posted_in_treasuries))
    assert_optimal(allocation)
    assert objective(allocation) == pytest.approx(annual_return, abs=1e-7)
    assert abs(objective(allocation) - 0.0688) > 0.01
    assert leverage(allocation, GROSS) == pytest.approx(gross, abs=1e-6)


def test_retail_with_margin_in_treasuries_earns_what_an_unlevered_seventy_thirty_earns(allocate):
    levered = allocate(retail(posted_in_treasuries=True))
    unlevered = allocate(unlevered_seventy_thirty())
    assert_optimal(levered)
    assert_optimal(unlevered)
    assert objective(unlevered) == pytest.approx(0.058, abs=1e-7)
    assert objective(levered) == pytest.approx(objective(unlevered), abs=2e-7)


def test_sixty_forty_with_an_overlay_is_levered_thirty_percent(allocate):
    allocation = allocate(sixty_forty_with_overlay())
    assert_optimal(allocation)
    assert leverage(allocation, GROSS) == pytest.approx(1.3, abs=1e-7)
    (exposure,) = allocation.exposures
    assert (exposure.funded, exposure.overlay) == pytest.approx((0.6, 0.3), abs=1e-7)


def test_euler_shares(allocate):
    allocation = allocate(euler_book())
    assert_optimal(allocation)
    sigma = volatility(allocation, RiskStatistic.TOTAL_VOLATILITY)
    assert sigma == pytest.approx(0.11819983079514115, abs=1e-9)
    shares = {
        share.subject.line_id: share.share
        for share in allocation.risk.shares
        if share.split == RiskSplit.LINE and share.subject is not None
    }
    found = np.array([shares["line-1"], shares["line-2"], shares["line-3"]])
    assert found == pytest.approx([0.8882272102611084, 0.03504351809436556, 0.07672927164452589], abs=1e-7)
    assert found * sigma == pytest.approx(
        [0.10498830596050328, 0.004142137909220476, 0.009069386925417382], abs=1e-8
    )


def test_ten_year_equivalents_count_in_gross_leverage(allocate):
    weights = {name: per_hundred / 100 for name, per_hundred in TEN_YEAR_EQUIVALENTS.items()}
    allocation = allocate(treasury_futures(weights))
    assert_optimal(allocation)
    assert leverage(allocation, GROSS) == pytest.approx(0.1 * sum(weights.values()), abs=1e-9)
    assert leverage(allocation, LeverageDefinition.OVERLAY) == pytest.approx(0.6, abs=1e-9)

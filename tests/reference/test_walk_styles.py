"""Hedge-fund styles over equity and Treasury futures, through 2008 and 2020: who runs out of reserve."""

import csv
import datetime
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from counterpoise import Client
from counterpoise.backtest import (
    Gate,
    MarginPeriod,
    RedemptionTerms,
    compare,
    walk_forward,
    without_limits,
)
from tests import walks
from tests.serving import serving

pytestmark = [pytest.mark.shared_data, pytest.mark.xdist_group("walks")]

TREND = "cta_global"
STYLES = (
    TREND,
    "global_macro",
    "equity_market_neutral",
    "merger_arbitrage",
    "convertible_arbitrage",
    "long_short_equity",
)
DRIVERS = {"equity": "eq_us_xs", "bonds": "ust_10y_xs"}
CRISES = {
    "2008": (datetime.date(2008, 9, 1), datetime.date(2009, 3, 31)),
    "2020": (datetime.date(2020, 2, 1), datetime.date(2020, 4, 30)),
}
ACCOUNTS = [name for name in STYLES if name != TREND]
"""Sleeves that are funds: quarterly, after two months' notice, and gated through the worst of 2008."""


def read(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["date"]: row for row in csv.DictReader(lines)}


@pytest.fixture(scope="module")
def history(shared_data):
    """Monthly returns over bills, 1997 to 2021."""
    styles = read(shared_data / "hedge_fund_styles_monthly.csv")
    factors = read(shared_data / "beta_factors_monthly.csv")
    dates = sorted(styles.keys() & factors.keys())
    bills = np.array([float(factors[date]["rf"]) for date in dates])
    excess = {
        name: np.array([float(factors[date][told]) for date in dates]) for name, told in DRIVERS.items()
    }
    for name in STYLES:
        excess[name] = np.array([float(styles[date][name]) for date in dates]) - bills
    return walks.histories(excess, bills, tuple(datetime.date.fromisoformat(date) for date in dates))


def planned(history, every):
    """Margins rise by what clearing houses asked for in the crises: ten-year notes 1.67 and 1.74 times."""
    (fall, thaw), (spread, summer) = CRISES["2008"], CRISES["2020"]
    gates = tuple(
        Gate(line_id=name, first_date=fall, last_date=datetime.date(2009, 6, 30)) for name in ACCOUNTS
    )
    margins = (
        MarginPeriod(margin_pool_id="clearing", first_date=fall, last_date=thaw, multiplier=1.67),
        MarginPeriod(margin_pool_id="clearing", first_date=spread, last_date=summer, multiplier=1.82),
    )
    redemptions = tuple(
        RedemptionTerms(line_id=name, every_period_count=3, notice_period_count=2) for name in ACCOUNTS
    )
    plan = walks.plan(
        history,
        STYLES,
        rebalance_period_count=every,
        gates=gates,
        margin_periods=margins,
        redemptions=redemptions,
    )
    return replace(plan, first_date=datetime.date(2006, 12, 31))


@pytest.fixture(scope="module", params=[1, 3], ids=["monthly", "quarterly"])
def pair(request, history, tmp_path_factory):
    """One plan with coverage limits and without them."""
    plan = planned(history, request.param)
    with serving(tmp_path_factory.mktemp("walks") / "log") as running, Client(running.address) as client:
        return (
            walk_forward(plan, client, progress=False),
            walk_forward(without_limits(plan), client, progress=False),
        )


def test_with_coverage_limits_no_crisis_exhausts_the_reserve(pair):
    covered, _ = pair
    path = covered.path_frame().iloc[1:]
    assert not path["exhausted"].any()
    for first, last in CRISES.values():
        assert path.loc[str(first) : str(last), "call_fraction"].max() > 0.004  # it was called upon
    assert path["free_fraction"].min() > 0.0


def test_without_them_a_rule_of_thumb_is_gone_in_both_crises_and_seldom_else(pair):
    """8 % of overlay notional, which is less than practice has, pays every call of calm years but a few."""
    _, free = pair
    path = free.path_frame().iloc[1:]
    crises = [path.loc[str(first) : str(last)] for first, last in CRISES.values()]
    assert all(crisis["exhausted"].any() for crisis in crises)
    assert path["free_fraction"].idxmin() in crises[0].index  # and 2008 was the worst
    calm = path.drop(index=[day for crisis in crises for day in crisis.index])
    assert calm["exhausted"].mean() < 0.03
    assert crises[0]["exhausted"].mean() > 0.4
    assert all(period.forced_sales for period in free.periods if period.reserve.exhausted)


def test_the_price_of_the_limits_is_small_beside_what_the_program_earns(pair):
    covered, free = pair
    table = compare({"covered": covered, "free": free})
    price = table.loc["free", "annual_return"] - table.loc["covered", "annual_return"]
    assert abs(price) < 0.002
    assert table.loc["covered", "return_over_reference"] > 0.003
    assert table.loc["covered", "held_count"] == 0
    assert table.loc["covered", "largest_forced_sale_fraction"] == 0


def test_gated_funds_are_not_redeemed_while_they_are_shut(pair):
    covered, _ = pair
    plan = covered.plan
    for before, after in pairwise(covered.periods):
        if not datetime.date(2008, 10, 1) <= after.date <= datetime.date(2009, 6, 30):
            continue
        index = plan.history.dates.index(after.date)
        cash = float(plan.history.column("cash").returns[index])
        assert not after.redeemed
        for name in ACCOUNTS:
            growth = 1.0 + cash + float(plan.history.column(name).returns[index])
            assert after.holdings[name] >= before.holdings[name] * growth * (1.0 - 1e-9)


def test_long_short_equity_is_never_taken_for_alpha(pair):
    covered, _ = pair
    estimates = covered.estimates_frame().xs("long_short_equity", level="line_id")
    assert (estimates["r_squared"] > 0.3).all()
    assert not (estimates["sleeve_class"] == "alpha").any()

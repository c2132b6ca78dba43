"""Orders of execution of which there is only one that keeps every limit."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import StepPurpose
from optimizer.rebalance.trading.order_cash import Cash
from tests.golden_problems import exposure_target, funded, gross_limit, overlay, tier
from tests.unit.optimizer.rebalance.hand_made import overlay_cap, redeemed, reserve_rule, steps, told

FUND, OTHER = funded("fund", "equity"), funded("other", "bonds")
FUTURE, SECOND = (overlay(name, "equity", margin_rate=0.05) for name in ("future", "second"))
CASH = tier("cash", posts=True)
KEPT_CASH = replace(CASH, minimum_fraction=0.05)

RAISE, REDUCE = StepPurpose.RAISE_RESERVE, StepPurpose.REDUCE_NOTIONAL
ADD, INVEST, PACKAGE = StepPurpose.ADD_NOTIONAL, StepPurpose.INVEST, StepPurpose.PACKAGE


def test_the_reserve_is_raised_before_notional_is_added():
    found = steps(
        {FUTURE: (0.3, 0.9), CASH: (0.05, 0.15), FUND: (0.95, 0.85)}, (gross_limit(2.0), reserve_rule(0.15))
    )
    assert told(found) == [(0, RAISE, {"fund": -0.1}), (0, ADD, {"future": 0.6})]
    assert [step.cash_fraction for step in found] == pytest.approx([0.15, 0.15])
    assert found[0].trades[0].amount == pytest.approx(-1e7)


def test_money_is_spent_only_when_notional_no_longer_needs_it():
    found = steps(
        {FUND: (0.85, 0.95), CASH: (0.15, 0.05), FUTURE: (0.9, 0.3)}, (gross_limit(2.0), reserve_rule(0.15))
    )
    assert told(found) == [(0, REDUCE, {"future": -0.6}), (0, INVEST, {"fund": 0.1})]


def test_a_swap_at_a_tight_cap_reduces_first():
    found = steps(
        {SECOND: (0.0, 0.5), FUTURE: (0.5, 0.0), FUND: (0.9, 0.9), CASH: (0.1, 0.1)}, (gross_limit(1.4),)
    )
    assert told(found) == [(0, REDUCE, {"future": -0.5}), (0, ADD, {"second": 0.5})]


def test_a_position_that_changes_sides_is_closed_before_the_other_side_is_opened():
    found = steps({FUTURE: (0.3, -0.2), FUND: (0.9, 0.9), CASH: (0.1, 0.1)}, (gross_limit(2.0),))
    assert told(found) == [(0, REDUCE, {"future": -0.3}), (0, ADD, {"future": -0.2})]


def test_an_exposure_that_is_fixed_on_both_sides_takes_a_package():
    found = steps(
        {FUND: (0.8, 0.6), FUTURE: (0.0, 0.2), CASH: (0.2, 0.4)},
        (gross_limit(2.0), exposure_target("equity", 0.8)),
    )
    assert told(found) == [(0, PACKAGE, {"fund": -0.2, "future": 0.2})]


def test_packages_are_pairs_where_pairs_are_enough():
    found = steps(
        {FUND: (0.8, 0.6), FUTURE: (0.0, 0.15), SECOND: (0.0, 0.05), CASH: (0.2, 0.4)},
        (gross_limit(2.0), exposure_target("equity", 0.8)),
    )
    assert told(found) == [
        (0, PACKAGE, {"fund": -0.15, "future": 0.15}),
        (0, PACKAGE, {"fund": -0.05, "second": 0.05}),
    ]


def test_a_portfolio_without_a_reserve_trades_lines_against_each_other():
    found = steps({FUND: (0.7, 0.4), OTHER: (0.3, 0.6)})
    assert told(found) == [(0, PACKAGE, {"fund": -0.3, "other": 0.3})]


def test_the_money_of_a_gated_fund_comes_on_its_day_and_the_purchase_waits():
    gated = redeemed(FUND, (20, 0.1), (63, 1.0))
    found = steps({OTHER: (0.3, 0.5), gated: (0.65, 0.45), KEPT_CASH: (0.05, 0.05)})
    assert told(found) == [(63, RAISE, {"fund": -0.2}), (63, INVEST, {"other": 0.2})]


def test_what_needs_no_money_does_not_wait():
    gated = redeemed(FUND, (20, 1.0))
    found = steps(
        {OTHER: (0.3, 0.5), gated: (0.65, 0.45), FUTURE: (0.2, 0.1), KEPT_CASH: (0.05, 0.05)},
        (gross_limit(2.0),),
    )
    assert told(found)[0] == (0, REDUCE, {"future": -0.1})
    assert [step.trading_day for step in found] == [0, 20, 20]


def test_a_purchase_is_cut_to_the_money_that_is_there():
    gated = redeemed(FUND, (20, 1.0))
    found = steps({OTHER: (0.55, 0.75), gated: (0.3, 0.2), KEPT_CASH: (0.15, 0.05)})
    assert told(found) == [
        (0, INVEST, {"other": 0.1}),
        (20, RAISE, {"fund": -0.1}),
        (20, INVEST, {"other": 0.1}),
    ]


def test_contracts_are_cut_in_whole_ones():
    gated = redeemed(FUND, (20, 1.0))
    found = steps(
        {FUTURE: (0.0, 0.88), gated: (0.95, 0.9), CASH: (0.05, 0.1)},
        (gross_limit(2.0), reserve_rule(0.1)),
        {0: 8e6},
    )
    assert told(found) == [
        (0, ADD, {"future": 0.48}),
        (20, RAISE, {"fund": -0.05}),
        (20, ADD, {"future": 0.4}),
    ]
    assert [step.trades[0].contract_count for step in found] == [6, None, 5]


def test_no_part_of_a_trade_is_a_sliver():
    # Money for 99 % of the purchase is there: a twentieth of it is left for later.
    gated = redeemed(FUND, (20, 1.0))
    found = steps({OTHER: (0.55, 0.65), gated: (0.3, 0.299), KEPT_CASH: (0.149, 0.05)})
    assert told(found)[0] == (0, INVEST, {"other": 0.095})


def test_what_drift_has_broken_is_mended_first_and_never_made_worse():
    found = steps(
        {FUND: (0.9, 0.7), FUTURE: (0.5, 0.3), CASH: (0.1, 0.3)}, (gross_limit(2.0), overlay_cap(0.4))
    )
    assert told(found) == [(0, REDUCE, {"future": -0.2}), (0, RAISE, {"fund": -0.2})]
    assert found[0].worst_hard_violation < 1e-12


def test_a_breach_that_takes_money_to_mend_waits_without_growing():
    # The reserve is short for the notional: the second future may not grow before the fund has paid.
    gated = redeemed(FUND, (5, 1.0))
    found = steps(
        {FUTURE: (0.6, 0.6), SECOND: (0.0, 0.2), gated: (0.95, 0.9), CASH: (0.05, 0.1)},
        (gross_limit(2.0), reserve_rule(0.1)),
    )
    assert told(found) == [(5, RAISE, {"fund": -0.05}), (5, ADD, {"second": 0.2})]


def test_nothing_to_trade_is_no_step():
    assert steps({FUND: (0.9, 0.9), CASH: (0.1, 0.1)}) == ()
    assert steps({FUND: (0.9, 0.9 + 1e-10), CASH: (0.1, 0.1 - 1e-10)}) == ()


def test_a_line_whose_contracts_stay_is_no_trade():
    # 10.3 contracts by weight are ten that are held, and ten are wanted.
    found = steps({FUTURE: (0.103, 0.1), FUND: (0.8, 0.7), CASH: (0.2, 0.3)}, (gross_limit(2.0),), {0: 1e6})
    assert told(found) == [(0, RAISE, {"fund": -0.1})]


def test_cash_goes_with_the_trades_and_what_is_over_lands_in_the_first_tier():
    cash = Cash(
        np.array([0, 1]),
        start=np.array([0.10, 0.05]),
        end=np.array([0.02, 0.20]),
        lower=np.zeros(2),
        upper=np.array([0.3, 0.3]),
    )
    assert cash.split(0.0, 0.0) == pytest.approx([0.10, 0.05])
    assert cash.split(0.07, 1.0) == pytest.approx([0.02, 0.20])
    # Halfway the tiers are to hold 0.06 and 0.125, which is 0.035 more than there is.
    assert cash.split(0.0, 0.5) == pytest.approx([0.025, 0.125])
    # Where the first has paid all that it holds, the second pays.
    assert cash.split(-0.05, 0.5) == pytest.approx([0.0, 0.10])
    # What the first has no room for lands in the second.
    assert cash.split(0.3, 0.5) == pytest.approx([0.3, 0.15])

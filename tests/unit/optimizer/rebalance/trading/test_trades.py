"""Plans of trades: numbers of every trade, steps, rolls and rounding."""

import datetime
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    ContractTerms,
    LineKind,
    RollAnchor,
    RollTerms,
    RoundingMethod,
    StepPurpose,
    TradePlan,
    TradePolicy,
    TradingCost,
    Unit,
)
from optimizer.measures.book import open_book
from optimizer.rebalance.trading.rounding import Rounded
from optimizer.rebalance.trading.trades import plan_trades, within_tolerance
from optimizer.usecases.posted import with_postings
from tests.golden_problems import funded, gross_limit, overlay, tier
from tests.unit.optimizer.rebalance.hand_made import problem, redeemed

NAV = 1e8
NOTE = ContractTerms(point_value_amount=1000.0, price=112.0, dv01_amount=65.0, symbol="ZN")
COST = TradingCost(linear_rate=0.0005)


def ten_year_note(contract=NOTE):
    line = overlay("note", "bonds", margin_rate=0.02)
    return replace(
        line, overlay=replace(line.overlay, contract=contract, duration_years=6.1), trading_cost=COST
    )


def plan(before_and_after, counts=None, target=None, as_of=None):
    made = problem({line: before for line, (before, _) in before_and_after.items()}, (gross_limit(5.0),))
    if as_of is not None:
        made = replace(made, portfolio=replace(made.portfolio, as_of_date=as_of))
    book = open_book(made)
    end = np.array([after for _, after in before_and_after.values()])
    rounded = Rounded(
        with_postings(book, end),
        counts or {},
        RoundingMethod.INTEGER_PROGRAM,
        objective_loss=0.0001,
        worst_hard_violation=0.0,
    )
    return plan_trades(book, end if target is None else np.array(target), rounded)


FUND = replace(funded("fund", "equity"), trading_cost=COST)
CASH = tier("cash", posts=True)
LOT = 65.0 * 10_000 / 6.1


def test_150_million_at_6_1_years_are_1408_contracts_of_65_dollars_a_basis_point():
    held = 1408 * LOT / NAV
    found = plan({ten_year_note(): (0.0, held), CASH: (1.0, 1.0)}, {0: 1408}, [1.5, 1.0])
    (trade,) = found.trades
    assert (trade.contract_count, trade.symbol, trade.kind) == (1408, "ZN", LineKind.OVERLAY)
    assert trade.amount == pytest.approx(150e6, abs=LOT / 2)
    assert trade.fraction == pytest.approx(held)
    assert trade.rounding_fraction == pytest.approx(1.5 - held)
    assert (trade.current_fraction, trade.target_fraction) == (0.0, 1.5)
    (step,) = found.steps
    assert step.purpose is StepPurpose.ADD_NOTIONAL
    assert step.trades[0].contract_count == 1408


def test_a_count_that_drift_has_left_uneven_is_taken_to_the_nearest_whole_one():
    found = plan({ten_year_note(): (10.4 * LOT / NAV, 12 * LOT / NAV), CASH: (1.0, 1.0)}, {0: 12})
    (trade,) = found.trades
    assert trade.contract_count == 2
    assert found.steps[0].trades[0].contract_count == 2


def test_contracts_that_stay_are_no_trade():
    found = plan({ten_year_note(): (10.4 * LOT / NAV, 10 * LOT / NAV), CASH: (1.0, 1.0)}, {0: 10})
    assert found.trades == found.steps == ()


def test_costs_turnover_and_rounding_are_stated():
    found = plan({FUND: (0.9, 0.7), ten_year_note(): (0.0, 100 * LOT / NAV), CASH: (0.1, 0.3)}, {1: 100})
    assert [trade.line_id for trade in found.trades] == ["fund", "note", "cash"]
    assert [trade.cost_amount for trade in found.trades] == pytest.approx(
        [0.0005 * 0.2 * NAV, 0.0005 * 100 * LOT, 0.0]
    )
    assert found.cost_amount == pytest.approx(sum(trade.cost_amount for trade in found.trades))
    assert found.one_way_turnover_fraction == pytest.approx((0.2 + 0.2 + 100 * LOT / NAV) / 2)
    assert found.rounding_method is RoundingMethod.INTEGER_PROGRAM
    assert (found.rounding_objective_loss, found.objective_unit) == (0.0001, Unit.ANNUAL_RATE)
    assert found.trades[0].contract_count is None
    # Equity earns 5 % over cash, bonds 2 %.
    gains = [trade.objective_gain for trade in found.trades]
    assert gains[:2] == pytest.approx([-0.2 * 0.05, 100 * LOT / NAV * 0.02])
    assert gains[2] is None


def test_steps_and_trades_agree():
    found = plan({FUND: (0.9, 0.7), ten_year_note(): (0.0, 100 * LOT / NAV), CASH: (0.1, 0.3)}, {1: 100})
    for trade in found.trades[:2]:
        parts = [part for step in found.steps for part in step.trades if part.line_id == trade.line_id]
        assert sum(part.fraction for part in parts) == pytest.approx(trade.fraction)
        assert sum(part.contract_count or 0 for part in parts) == (trade.contract_count or 0)


def test_a_redemption_carries_its_notice_and_a_roll_comes_with_the_plan():
    roll = RollTerms(
        contract_year=2025, contract_month=12, anchor=RollAnchor.FIRST_OF_MONTH, weekdays_before=2
    )
    held = 100 * LOT / NAV
    found = plan(
        {
            redeemed(FUND, (63, 1.0)): (0.5, 0.4),
            ten_year_note(replace(NOTE, roll=roll)): (held, held),
            CASH: (0.5, 0.6),
        },
        {1: 100},
        as_of=datetime.date(2025, 12, 1),
    )
    assert found.trades[0].notice.trading_days == 63
    assert [step.trading_day for step in found.steps] == [63]
    assert [(item.line_id, item.to_contract_count) for item in found.rolls] == [("note", 100)]


def test_a_plan_is_within_tolerance_while_every_change_is_below_it():
    found = plan({FUND: (0.5, 0.51), CASH: (0.5, 0.49)})
    assert within_tolerance(found, TradePolicy(tolerance_fraction=0.0101))
    assert not within_tolerance(found, TradePolicy(tolerance_fraction=0.0099))
    assert not within_tolerance(found, TradePolicy())
    assert within_tolerance(TradePlan(), TradePolicy())


def test_a_roll_that_is_due_is_never_within_tolerance():
    roll = RollTerms(contract_year=2025, contract_month=3, anchor=RollAnchor.THIRD_FRIDAY, weekdays_before=5)
    held = 100 * LOT / NAV
    found = plan({ten_year_note(replace(NOTE, roll=roll)): (held, held), CASH: (1.0, 1.0)}, {0: 100})
    assert found.trades == ()
    assert not within_tolerance(found, TradePolicy(tolerance_fraction=1.0))


def test_a_line_that_the_rounding_does_not_name_holds_the_nearest_count():
    found = plan({ten_year_note(): (0.0, 7.2 * LOT / NAV), CASH: (1.0, 1.0)})
    assert found.trades[0].contract_count == 7

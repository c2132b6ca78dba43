"""Frames of a proposal: the numbers of its plan, and both sides of every measure."""

import dataclasses
import math

import pandas as pd
import pytest

from counterpoise import LineKind
from counterpoise.model import LeverageFigure, RebalanceProposal
from tests import sample_proposals as sample
from tests.sample_total_problem import NAV

PROPOSAL = sample.proposal()
EMPTY = RebalanceProposal()
FRAMES = ("trades_frame", "steps_frame", "rolls_frame", "before_after_frame")


def test_trades_have_their_numbers_and_what_is_held_after_them():
    frame = PROPOSAL.trades_frame()
    assert list(frame.index) == [trade.line_id for trade in PROPOSAL.plan.trades]
    assert frame["amount"].to_list() == pytest.approx((frame["change"] * NAV).to_list())
    after = {item.line_id: item.fraction for item in PROPOSAL.after.positions}
    assert frame["fraction"].to_dict() == pytest.approx(after)
    wanted = frame["target"] - frame["current"]
    assert (wanted - frame["change"] - frame["rounding"]).abs().max() < 1e-15
    assert frame.loc["equity-futures", ["kind", "symbol", "contract_count"]].to_list() == [
        "overlay",
        "ES",
        175,
    ]
    assert pd.isna(frame.loc["cash", "contract_count"])
    assert math.isnan(frame.loc["cash", "objective_gain"])


def test_turnover_and_cost_are_sums_of_the_frame():
    frame = PROPOSAL.trades_frame()
    assert frame["change"].abs().sum() / 2 == pytest.approx(PROPOSAL.plan.one_way_turnover_fraction)
    assert frame["cost_amount"].sum() == pytest.approx(PROPOSAL.plan.cost_amount)


def test_limits_kept_and_dates_of_notices_are_columns():
    frame = PROPOSAL.trades_frame()
    assert frame.loc["bond-fund", "kept_limits"] == "reserve; line_box[cash]"
    assert frame.loc["multi-strategy", "payment_date"] == pd.Timestamp("2026-02-25")
    assert pd.isna(frame.loc["macro", "notice_date"])


def test_steps_sum_to_the_trades_and_cash_follows_from_them():
    frame = PROPOSAL.steps_frame()
    trades = PROPOSAL.trades_frame().drop("cash")
    together = frame.groupby(level="line_id")
    assert together["change"].sum().to_dict() == pytest.approx(trades["change"].to_dict())
    assert together["contract_count"].sum()["bond-futures"] == 3446
    assert frame.index.get_level_values("step").is_monotonic_increasing
    assert frame["trading_day"].is_monotonic_increasing
    funded = frame[[line_id not in {"equity-futures", "bond-futures"} for _, line_id in frame.index]]
    assert frame["cash"].iloc[-1] == pytest.approx(0.05 - funded["change"].sum())


def test_rolls_have_dates_that_can_be_sorted_and_whole_contracts():
    frame = PROPOSAL.rolls_frame()
    assert frame["roll_date"].sort_values().index[0] == "bond-futures"
    assert frame.loc["equity-futures", "to_contract_count"] == 463
    assert frame["from_contract_count"].dtype == int


def test_both_sides_stand_beside_each_other_in_their_units():
    frame = PROPOSAL.before_after_frame()
    assert frame.loc[("return", "net"), "change"] == pytest.approx(0.0047)
    assert frame.loc[("leverage", "gross_notional"), "unit"] == "ratio"
    # Every use of capital but the reserve, and the overlays.
    positions = frame.loc["position"]
    gross = positions.drop("cash")[["before", "after"]].sum()
    assert frame.loc[("leverage", "gross_notional"), ["before", "after"]].to_list() == pytest.approx(
        gross.to_list()
    )
    reserve = frame.loc["reserve"]
    assert reserve.loc["reserve", "after"] == pytest.approx(
        reserve.loc[["encumbered", "free"], "after"].sum()
    )
    assert set(frame.loc["loss"].index) == set(frame.loc["cash_call"].index) == {"rates-up", "crash", "rally"}
    assert frame.loc[("exposure", "rate_10y"), "unit"] == "nav_fraction_per_basis_point"


def test_the_least_coverage_of_a_scenario_counts_cash_of_the_same_day():
    figures = [item for item in PROPOSAL.after.reserve.coverage_figures if item.scenario_id == "rates-up"]
    first = next(item for item in figures if item.horizon_trading_days == 1)
    ratios = [item.source_fraction / item.need_fraction for item in figures]
    ratios.append(first.same_day_cash_fraction / first.variation_margin_fraction)
    frame = PROPOSAL.before_after_frame()
    assert frame.loc[("coverage", "rates-up"), "after"] == pytest.approx(min(ratios))


def test_what_one_side_lacks_is_nan_and_has_no_change():
    ruined = tuple(item for item in PROPOSAL.after.leverage_figures if item.scenario_id)
    after = dataclasses.replace(PROPOSAL.after, leverage_figures=ruined)
    frame = dataclasses.replace(PROPOSAL, after=after).before_after_frame()
    row = frame.loc[("leverage", "overlay")]
    assert row["before"] == pytest.approx(0.05)
    assert math.isnan(row["after"])
    assert math.isnan(row["change"])


def test_values_newer_than_this_client_keep_their_numbers():
    newer = LeverageFigure(definition=9, value=1.5)
    after = dataclasses.replace(PROPOSAL.after, leverage_figures=(newer,))
    trades = tuple(dataclasses.replace(item, kind=7) for item in PROPOSAL.plan.trades)
    plan = dataclasses.replace(PROPOSAL.plan, trades=trades)
    proposal = dataclasses.replace(PROPOSAL, after=after, plan=plan)
    assert proposal.before_after_frame().loc[("leverage", "9"), "after"] == 1.5
    assert set(proposal.trades_frame()["kind"]) == {"7"}


@pytest.mark.parametrize("name", FRAMES)
def test_a_proposal_without_content_has_the_same_columns_and_types(name):
    full, empty = getattr(PROPOSAL, name)(), getattr(EMPTY, name)()
    assert len(empty) == 0
    assert list(empty.columns) == list(full.columns)
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert empty.index.names == full.index.names


def test_trades_of_an_allocation_stay_what_was_certified():
    assert "target" not in sample.run().allocation.trades_frame()
    assert LineKind.OVERLAY in {trade.kind for trade in PROPOSAL.plan.trades}

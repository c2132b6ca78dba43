"""Frames about scenarios: the numbers of the answer, the same from every call that measures them."""

import dataclasses
import math

import pandas as pd
import pytest

from counterpoise import MeasureLiquidityResponse, StressPortfolioResponse
from counterpoise.model import Provenance, StressReport, TerminationReason
from tests import sample_answers, sample_stress, sample_total

ALLOCATION = sample_stress.answer()
STRESS, LIQUIDITY = sample_stress.stress_response(), sample_stress.liquidity_response()
NOTHING = sample_answers.ended(TerminationReason.UNDETERMINED)
OF_SCENARIOS = ("stresses", "payments", "notices", "pool_margins")
FRAMES = {
    StressPortfolioResponse: (*OF_SCENARIOS, "leverage", "risk", "volatilities", "limits"),
    MeasureLiquidityResponse: (*OF_SCENARIOS, "reserve", "coverage"),
}


def test_what_a_scenario_loses_is_the_sum_of_its_parts():
    frame = ALLOCATION.stresses_frame()
    parts = ["funded_loss", "overlay_loss", "sleeve_loss", "reserve_loss"]
    assert (frame[parts].sum(axis=1) - frame["loss"]).abs().max() < 1e-15
    assert list(frame.index) == ["rates-up", "crash", "rally"]
    assert frame.loc["crash", "loss"] == pytest.approx(0.194325)
    assert frame["horizon_trading_days"].to_dict() == {"rates-up": 63, "crash": 1, "rally": 20}
    assert frame.loc["crash", "first_shortfall_trading_days"] == 1
    assert math.isnan(frame.loc["rally", "reserve_gone_multiple"])
    assert not frame["ruin"].any()


def test_payments_leave_what_nothing_pays():
    frame = ALLOCATION.payments_frame()
    calls = ALLOCATION.stresses_frame()
    for scenario_id, paid in frame["fraction"].groupby(level="scenario_id").sum().items():
        called = calls.loc[scenario_id, "variation_margin"] + calls.loc[scenario_id, "margin_increase"]
        assert paid + calls.loc[scenario_id, "unpaid"] == pytest.approx(called)
    assert frame.loc[("crash", "cash"), "left"] == pytest.approx(calls.loc["crash", "unpaid"])
    assert list(frame.loc["rates-up"].index) == ["cash", "equity-fund"]  # in the order of payment


def test_notices_are_dates_that_can_be_sorted():
    frame = ALLOCATION.notices_frame()
    assert frame.loc[("rates-up", "macro"), "latest_date"] == pd.Timestamp("2026-01-28")
    assert frame.loc[("rates-up", "macro"), ["needed_trading_days", "notice_trading_days"]].tolist() == [
        63,
        20,
    ]
    assert frame.sort_values("latest_date").index[0] == ("crash", "multi-strategy")


def test_coverage_has_sources_needs_and_their_ratio_by_scenario_and_horizon():
    frame = ALLOCATION.coverage_frame()
    kinds = ["reserve", "funded", "sleeves", "credit"]
    needs = ["initial_margin", "variation_margin", "outflow"]
    assert frame.index.names == ["scenario_id", "horizon_trading_days"]
    assert frame.index.get_level_values(0).unique().tolist() == ["(base)", "rates-up", "crash", "rally"]
    assert (frame[kinds].sum(axis=1) - frame["sources"]).abs().max() < 1e-15
    assert (frame[needs].sum(axis=1) - frame["need"]).abs().max() < 1e-15
    assert (frame["sources"] - frame["need"] - frame["margin"]).abs().max() < 1e-15
    assert frame.loc[("crash", 1), "ratio"] == pytest.approx(0.04 / 0.04104)
    assert frame.xs(1, level="horizon_trading_days")["ratio"].idxmin() == "crash"


def test_coverage_of_nothing_that_is_asked_for_is_infinite():
    figures = tuple(
        dataclasses.replace(
            item, initial_margin_fraction=0.0, variation_margin_fraction=0.0, outflow_fraction=-0.01
        )
        for item in ALLOCATION.reserve.coverage_figures
    )
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=figures)
    frame = dataclasses.replace(ALLOCATION, reserve=reserve).coverage_frame()
    assert (frame["ratio"] == math.inf).all()


def test_leverage_after_scenarios_stands_beside_that_of_today():
    frame = ALLOCATION.leverage_frame()
    assert list(frame.columns) == ["value", "after_rates-up", "after_crash", "after_rally"]
    assert frame.loc["gross_notional", "value"] == pytest.approx(1.18)
    assert frame.loc["gross_notional", "after_crash"] == pytest.approx(0.985675 / 0.805675)
    assert list(sample_total.answer().leverage_frame().columns) == ["value"]


def test_a_scenario_that_ruins_has_a_column_without_numbers():
    ruined = dataclasses.replace(
        ALLOCATION, stresses=(*ALLOCATION.stresses, StressReport(scenario_id="value"))
    )
    frame = ruined.leverage_frame()
    assert frame["after_value"].isna().all()
    assert frame["value"].notna().all()


def test_margins_of_pools_are_those_of_today_and_of_scenarios():
    frame = ALLOCATION.pool_margins_frame()
    assert frame.loc[("(base)", "clearing-a")].tolist() == pytest.approx([0.0048, 0.005, 0.0])
    assert frame.loc[("crash", "clearing-a"), "initial_margin"] == pytest.approx(1.8 * 0.0048)
    assert math.isnan(frame.loc[("crash", "clearing-a"), "posted"])
    assert frame.loc[("crash", "clearing-a"), "variation_margin"] == pytest.approx(0.3 * 0.08)


def test_volatilities_stand_beside_those_of_bad_times():
    frame = ALLOCATION.volatilities_frame()
    assert frame.loc["total_volatility"].to_dict() == {"normal": 0.101, "stressed": 0.123}
    assert sample_total.answer().volatilities_frame()["stressed"].isna().all()


def test_limits_under_stress_are_indexed_by_scenario_and_horizon():
    frame = ALLOCATION.limits_frame()
    assert frame.index.is_unique
    assert frame.loc["coverage[crash, 1d]", "violation"] == pytest.approx(1.2 * 0.04104 - 0.04)
    assert frame.loc["coverage[crash, same day]", "value"] == pytest.approx(0.0025)
    assert STRESS.limits_frame()["lower_shadow_price"].isna().all()


@pytest.mark.parametrize("answer", [STRESS, LIQUIDITY], ids=lambda answer: type(answer).__name__)
def test_a_measurement_has_the_frames_of_what_it_measures(answer):
    for name in FRAMES[type(answer)]:
        measured, allocated = (getattr(item, f"{name}_frame")() for item in (answer, ALLOCATION))
        if name == "limits":  # a measurement has no prices, and no rules that nobody states
            measured, allocated = (
                measured[["value", "violation"]],
                allocated.loc[measured.index, ["value", "violation"]],
            )
        pd.testing.assert_frame_equal(measured, allocated)


@pytest.mark.parametrize("name", [*OF_SCENARIOS, "coverage", "volatilities"])
def test_an_answer_without_scenarios_has_frames_without_rows(name):
    frame, full = (getattr(item, f"{name}_frame")() for item in (NOTHING, ALLOCATION))
    assert frame.empty
    assert list(frame.columns) == list(full.columns)
    assert frame.dtypes.tolist() == full.dtypes.tolist()
    assert frame.index.names == full.index.names


@pytest.mark.parametrize("kind", FRAMES)
def test_an_empty_measurement_has_frames_without_rows(kind):
    empty = kind(provenance=Provenance())
    for name in FRAMES[kind]:
        assert getattr(empty, f"{name}_frame")().empty

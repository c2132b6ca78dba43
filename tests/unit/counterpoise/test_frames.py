import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from counterpoise import frames
from counterpoise.model import DriverValue, LineValue, RiskShare, RiskSplit, RiskStatistic, TerminationReason
from tests import sample_answers, sample_total

ALLOCATION = sample_answers.optimal()
TOTAL = sample_total.answer()
NOTHING = sample_answers.ended(TerminationReason.UNDETERMINED)
TEN_YEAR_EQUIVALENTS = {"ZT": 23.125, "ZF": 52.5, "ZN": 73.75, "TN": 97.5, "ZB": 143.75, "UB": 200.0}
DURATIONS = {"ZT": 1.85, "ZF": 4.2, "ZN": 5.9, "TN": 7.8, "ZB": 11.5, "UB": 16.0}


def test_positions_are_indexed_by_line():
    frame = ALLOCATION.positions_frame()
    assert list(frame.columns) == ["kind", "fraction", "amount", "capital", "change", "margin"]
    assert frame.index.name == "line_id"
    assert frame.loc["bond_future", "kind"] == "overlay"
    assert frame.loc["bond_future", "margin"] == 0.02
    assert frame["capital"].sum() == pytest.approx(1.0)
    assert math.isnan(frame.loc["cash", "change"])


def test_limits_are_indexed_by_key_and_can_be_queried():
    frame = ALLOCATION.limits_frame()
    assert list(frame.columns) == [
        "value",
        "unit",
        "lower",
        "upper",
        "lower_slack",
        "upper_slack",
        "lower_shadow_price",
        "upper_shadow_price",
        "violation",
        "priority",
        "binding",
    ]
    assert list(frame.query("binding").index) == ["keep-bonds[bonds]", "reserve-rule"]
    assert frame.loc["gross-cap", "unit"] == "ratio"
    assert math.isnan(frame.loc["gross-cap", "lower"])


def test_exposures_sum_to_their_total():
    frame = ALLOCATION.exposures_frame()
    assert list(frame.columns) == ["unit", "funded", "overlay", "alpha", "total", "reference"]
    assert frame.loc["bonds", "total"] == pytest.approx(0.31)


def test_the_totals_of_the_return_sum_to_the_net_return():
    frame = ALLOCATION.return_frame()
    assert ALLOCATION.expected_return is not None
    assert frame["total"].sum() == pytest.approx(ALLOCATION.expected_return.annual_net_return)
    assert frame.loc["(cash)", "cash"] == 0.04
    assert frame.loc["bond_future", ["premium", "roll", "total"]].tolist() == pytest.approx(
        [0.0015, -0.0018, -0.0003]
    )


def test_risk_shares_have_a_row_for_what_belongs_to_no_line_and_no_driver():
    frame = ALLOCATION.risk_frame()
    assert frame.index.names == ["split", "id"]
    assert frame.loc[("line", "(reference)"), "share_of_active_volatility"] == -0.1
    assert frame.loc[("driver", "(residual)"), "share_of_total_volatility"] == 0.04
    assert frame.xs("line")["share_of_active_volatility"].sum() == pytest.approx(1.0)


def test_the_reference_follows_the_lines_whatever_the_order_of_the_answer():
    shares = ALLOCATION.risk.shares
    frame = sample_answers.with_shares(*reversed(shares)).risk_frame()
    assert [split for split, _ in frame.index] == ["line"] * 3 + ["driver"] * 2
    assert [name for _, name in frame.index][2] == "(reference)"
    assert [name for _, name in frame.index][4] == "(residual)"


def test_residual_shares_of_lines_are_rows_of_their_own_and_sum_to_the_residual():
    frame = TOTAL.risk_frame()
    assert frame.index.is_unique
    assert frame.loc[("line", "macro"), "share_of_total_volatility"] == 0.03
    assert frame.loc[("residual", "macro"), "share_of_total_volatility"] == 0.01
    residual = frame.loc[("driver", "(residual)")]
    assert frame.xs("residual").sum().to_dict() == pytest.approx(residual.to_dict())


def test_a_split_newer_than_the_client_has_no_rows():
    known = RiskShare(statistic=RiskStatistic.TOTAL_VOLATILITY, split=RiskSplit.DRIVER, share=1.0)
    newer = dataclasses.replace(known, split=9)
    assert list(sample_answers.with_shares(newer, known).risk_frame().index) == [("driver", "(residual)")]


def test_exposures_say_their_unit():
    frame = TOTAL.exposures_frame()
    assert frame.loc["equity", "unit"] == "nav_fraction"
    assert frame.loc["rate_10y", "unit"] == "nav_fraction_per_basis_point"


def test_trades_go_from_what_is_held_to_the_answer():
    frame = TOTAL.trades_frame()
    assert list(frame.columns) == ["kind", "current", "change", "fraction", "cost", "cost_rate"]
    assert (frame["current"] + frame["change"] - frame["fraction"]).abs().max() < 1e-15
    assert frame.loc["bond-fund", ["current", "change"]].tolist() == pytest.approx([0.30, -0.15])
    assert frame["cost_rate"].tolist() == pytest.approx([0.0005] * len(frame))
    assert TOTAL.trading is not None
    assert frame["change"].abs().sum() == pytest.approx(TOTAL.trading.two_way_turnover_fraction)
    assert frame["cost"].sum() == pytest.approx(TOTAL.trading.cost_fraction)


def test_lines_without_a_current_position_do_not_trade():
    frame = ALLOCATION.trades_frame()
    assert list(frame.index) == ["other_assets", "bond_fund", "bond_future"]
    assert frame["cost"].isna().all()  # no line of it has a trading cost
    assert math.isnan(frame.loc["other_assets", "cost_rate"])


def test_gross_alpha_less_fees_is_what_counts():
    frame = TOTAL.sleeves_frame()
    left = frame["gross_alpha"] - frame["management_fee"] - frame["performance_fee"]
    assert left.tolist() == pytest.approx(frame["alpha"].tolist())
    assert frame.loc["multi-strategy", "gross_alpha"] == pytest.approx(0.045)
    assert frame.loc["multi-strategy", "sleeve_class"] == "alpha_and_beta"
    assert frame.loc["neutral", ["fraction", "management_fee"]].tolist() == [0.12, 0.0]


def test_leverage_reserve_and_counterparties_are_frames():
    assert TOTAL.leverage_frame()["value"].to_dict() == {"gross_notional": 1.18, "overlay": 0.22}
    reserve = TOTAL.reserve_frame()["fraction"]
    assert reserve["encumbered"] + reserve["free"] == pytest.approx(reserve["reserve"])
    assert reserve["variation_margin_eligible"] == 0.0265
    counterparties = TOTAL.counterparties_frame()
    assert counterparties.loc["bank-b"].to_dict() == {"posted_margin": 0.0085, "gross_position": 0.14}


def test_soft_limits_are_proven_by_priority():
    frame = TOTAL.soft_stages_frame()
    assert frame.index.tolist() == [1, 2]
    assert frame.loc[1].tolist() == [0.006, 0.0059999]
    limits = TOTAL.limits_frame().query("priority > 0")
    assert limits["violation"].to_dict() == {"neutral-to-equity[equity]": 0.006, "active-risk": 0.0}


def test_shares_of_a_risk_budget_are_wanted_and_come_out():
    frame = TOTAL.risk_budget_frame()
    assert frame.loc["macro"].to_dict() == {"wanted_share": 0.5, "share": 0.58}


FRAMES = [
    "positions",
    "trades",
    "exposures",
    "return",
    "sleeves",
    "leverage",
    "reserve",
    "counterparties",
    "risk",
    "risk_budget",
    "limits",
    "soft_stages",
]


@pytest.mark.parametrize("name", FRAMES)
def test_an_answer_without_positions_has_frames_without_rows(name):
    frame = getattr(NOTHING, f"{name}_frame")()
    full = getattr(TOTAL, f"{name}_frame")()
    assert not full.empty
    assert frame.empty
    assert list(frame.columns) == list(full.columns)
    assert frame.dtypes.tolist() == full.dtypes.tolist()


def test_a_statistic_newer_than_the_client_is_a_column_of_its_own():
    share = RiskShare(statistic=9, split=RiskSplit.LINE, share=1.0)
    allocation = sample_answers.with_shares(share)
    assert allocation.risk_frame().loc[("line", "(reference)"), "share_of_9"] == 1.0


def test_a_covariance_frame_becomes_a_matrix():
    frame = pd.DataFrame([[0.04, 0.01], [0.01, 0.09]], index=["a", "b"], columns=["a", "b"])
    matrix = frames.symmetric_matrix(frame)
    assert matrix.axis_ids == ("a", "b")
    np.testing.assert_array_equal(matrix.to_square(), frame.to_numpy())


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame([[1.0, 0.5], [0.4, 1.0]], index=["a", "b"], columns=["a", "b"]), r"\[a, b\] is 0.5"),
        (pd.DataFrame([[1.0, 0.5], [0.5, 1.0]], index=["a", "b"], columns=["b", "a"]), "same labels"),
        (pd.DataFrame([[1.0, 0.5], [0.5, 1.0]], index=["a", "a"], columns=["a", "a"]), "labels repeat: a"),
        (pd.DataFrame([[1.0, 0.5], [0.5, 1.0]]), "is text"),
    ],
)
def test_a_matrix_that_is_not_symmetric_or_not_labelled_is_refused(frame, words):
    with pytest.raises(ValueError, match=words):
        frames.symmetric_matrix(frame)


def test_rounding_is_not_asymmetry():
    rng = np.random.default_rng(1)
    returns = pd.DataFrame(rng.normal(size=(60, 5)), columns=list("abcde"))
    square = returns.cov()
    square.iloc[0, 1] *= 1 + 1e-15
    assert frames.symmetric_matrix(square).axis_ids == tuple("abcde")


def test_what_is_not_a_number_is_left_for_validation_to_name():
    frame = pd.DataFrame([[1.0, math.nan], [math.nan, 1.0]], index=["a", "b"], columns=["a", "b"])
    assert math.isnan(frames.symmetric_matrix(frame).lower_triangle[1])


def test_loadings_are_lines_by_drivers():
    frame = pd.DataFrame([[1.0, 0.2, 0.0], [0.0, 0.3, 1.0]], index=["x", "y"], columns=["a", "b", "c"])
    matrix = frames.loading_matrix(frame)
    assert (matrix.row_ids, matrix.column_ids) == (("x", "y"), ("a", "b", "c"))
    np.testing.assert_array_equal(matrix.to_array(), frame.to_numpy())


def test_series_become_values():
    series = pd.Series([0.16, 0.06], index=["a", "b"])
    assert frames.driver_values(series) == (
        DriverValue(driver_id="a", value=0.16),
        DriverValue(driver_id="b", value=0.06),
    )
    assert frames.line_values(series)[1] == LineValue(line_id="b", value=0.06)


def test_money_and_contracts_become_fractions():
    notional = frames.notional_amount(contracts=600, point_value_amount=50.0, price=5_000.0)
    assert notional == 150e6
    assert frames.fraction_of_nav(notional, 500e6) == 0.3
    assert frames.contract_count(-notional, 50.0, 5_000.0) == -600
    with pytest.raises(ValueError, match="above 0"):
        frames.fraction_of_nav(1.0, 0.0)
    with pytest.raises(ValueError, match="above 0"):
        frames.contract_count(1.0, 0.0, 1.0)


@pytest.mark.parametrize("contract", TEN_YEAR_EQUIVALENTS)
def test_ten_year_equivalents_of_treasury_futures(contract):
    weight = frames.ten_year_equivalent_weight(DURATIONS[contract], 8.0)
    assert 100 * weight == pytest.approx(TEN_YEAR_EQUIVALENTS[contract], abs=1e-9)


def test_durations_are_above_zero():
    with pytest.raises(ValueError, match="above 0"):
        frames.ten_year_equivalent_weight(0.0, 8.0)

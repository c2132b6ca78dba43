"""What is left of active funds as frames."""

import dataclasses
import math

import pytest

from tests.unit.counterpoise import history_answers

RESPONSE = history_answers.capture_response()
NOTHING = dataclasses.replace(RESPONSE, captures=())


def test_a_row_has_what_a_fund_leaves():
    frame = RESPONSE.captures_frame()
    assert list(frame.index) == ["picker", "closet", "young"]
    picker, closet = frame.loc["picker"], frame.loc["closet"]
    assert (picker.verdict, closet.verdict) == ("adds_value", "amplifies_no_skill")
    # The interval of what fees leave is 1.6 % to 8 %, and -4.65 % to 0.15 %.
    assert (picker.sign_of_net_alpha, closet.sign_of_net_alpha) == ("above_zero", "not_proven")
    assert closet.reasons == "factors_explain_most, alpha_not_significant"
    assert (picker.treatment, closet.treatment) == ("none", "getmansky_lo_makarov")
    assert (picker.annual_active_return, picker.annual_alpha, picker.alpha_t) == (0.0417, 0.048, 3.0)
    assert picker.annual_net_alpha == pytest.approx(0.0864 - 0.015 - 0.0234)
    assert (picker.annual_benefit, picker.period_count) == (0.0395, 60)


def test_a_fund_without_a_verdict_has_no_fees_and_no_benefit():
    young = RESPONSE.captures_frame().loc["young"]
    assert young.sign_of_net_alpha == ""
    assert (young.verdict, young.reasons) == ("", "too_little_data, history_short")
    assert young.period_count == 14
    for name in ("annual_active_return", "annual_alpha", "annual_net_alpha", "annual_benefit"):
        assert math.isnan(young[name])


def test_parts_sum_to_the_active_return():
    frame = RESPONSE.active_return_frame()
    assert list(frame.index) == ["picker", "closet"]
    assert list(frame.columns) == [
        "annual_benchmark_part",
        "annual_part_duration",
        "annual_part_credit",
        "annual_alpha",
        "annual_active_return",
        "annual_tracking_error",
        "benchmark_beta",
    ]
    parts = frame.loc[:, :"annual_alpha"].sum(axis=1)
    assert parts.to_list() == pytest.approx(frame["annual_active_return"].to_list())
    assert frame.loc["picker", "annual_part_credit"] == 0.002


def test_fees_are_by_fund_and_have_the_names_of_the_contract():
    frame = RESPONSE.fees_frame()
    assert list(frame.index) == ["picker", "closet"]
    fees = RESPONSE.captures[0].fees
    assert frame.loc["picker"].to_dict() == dataclasses.asdict(fees)


def test_where_nothing_is_active_the_fee_of_it_is_unknown():
    first = RESPONSE.captures[0]
    passive = dataclasses.replace(first, fees=dataclasses.replace(first.fees, annual_active_fee=None))
    frame = dataclasses.replace(RESPONSE, captures=(passive,)).fees_frame()
    assert math.isnan(frame.loc["picker", "annual_active_fee"])


def test_a_structure_has_its_costs_and_the_alpha_that_pays_them():
    value = RESPONSE.structure_frame()["value"]
    assert value.to_dict() == dataclasses.asdict(RESPONSE.structure)
    # Cost over the physical way, per unit of capital that earns alpha.
    excess = value["annual_synthetic_cost"] - value["annual_physical_cost"]
    assert value["annual_break_even_alpha"] == pytest.approx(excess / value["alpha_share"])
    assert dataclasses.replace(RESPONSE, structure=None).structure_frame().empty


@pytest.mark.parametrize("name", ["captures_frame", "fees_frame"])
def test_without_funds_frames_have_no_rows_and_the_same_columns(name):
    frame, full = getattr(NOTHING, name)(), getattr(RESPONSE, name)()
    assert frame.empty
    assert list(frame.columns) == list(full.columns)
    assert frame.dtypes.tolist() == full.dtypes.tolist()


def test_without_regressions_there_are_no_parts():
    assert NOTHING.active_return_frame().empty
    bare = dataclasses.replace(RESPONSE, captures=(dataclasses.replace(RESPONSE.captures[2], evidence=None),))
    assert bare.active_return_frame().empty
    assert math.isnan(bare.captures_frame().loc["young", "period_count"])

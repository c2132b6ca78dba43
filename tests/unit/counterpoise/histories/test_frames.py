"""Frames to histories: dates, declared columns, and nothing repaired on the way."""

import dataclasses
import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from counterpoise import validate
from counterpoise.histories import UnreadableHistory, from_frame
from counterpoise.model import Frequency, ReturnBasis, VerifyAlphaRequest
from tests import sample_evidence

TOTAL, EXCESS = ReturnBasis.TOTAL, ReturnBasis.EXCESS
QUESTION = sample_evidence.question()
BASES = {column.column_id: column.basis for column in QUESTION.history.columns}


def sample_frame():
    columns = {column.column_id: column.returns for column in QUESTION.history.columns}
    return pd.DataFrame(columns, index=pd.DatetimeIndex(QUESTION.history.dates))


def small(index, frequency=Frequency.MONTHLY, values=None):
    frame = pd.DataFrame({"a": values or [0.01] * len(index)}, index=index)
    return from_frame(frame, frequency=frequency, bases={"a": TOTAL})


def found(frame, frequency=Frequency.MONTHLY, bases=None):
    history = from_frame(frame, frequency=frequency, bases=bases or BASES)
    asked = VerifyAlphaRequest(question=dataclasses.replace(QUESTION, history=history))
    return [
        (item.field.removeprefix("question.history."), item.reason.name)
        for item in validate.request_violations(asked)
    ]


def test_a_frame_is_the_history_that_it_shows():
    assert from_frame(sample_frame(), frequency=Frequency.MONTHLY, bases=BASES) == QUESTION.history


def test_only_declared_columns_are_taken_in_the_order_of_their_declaration():
    history = from_frame(sample_frame(), frequency=Frequency.MONTHLY, bases={"cash": TOTAL, "equity": EXCESS})
    assert [(column.column_id, column.basis) for column in history.columns] == [
        ("cash", TOTAL),
        ("equity", EXCESS),
    ]


def test_a_column_that_is_not_there_is_told():
    with pytest.raises(
        UnreadableHistory, match="no column 'gold'; there are skill, clone, equity, bonds, cash"
    ):
        from_frame(sample_frame(), frequency=Frequency.MONTHLY, bases={"gold": TOTAL})


def test_a_column_that_comes_twice_is_told():
    frame = sample_frame().rename(columns={"clone": "skill"})
    with pytest.raises(UnreadableHistory, match="column 'skill' comes 2 times"):
        from_frame(frame, frequency=Frequency.MONTHLY, bases={"skill": TOTAL})


# Numbers


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", object])
def test_what_is_missing_is_named_and_written_zero(dtype):
    frame = sample_frame()[["skill"]].astype(dtype)
    frame.iloc[[3, 4, 59], 0] = None
    (column,) = from_frame(frame, frequency=Frequency.MONTHLY, bases={"skill": TOTAL}).columns
    assert column.missing_periods == (3, 4, 59)
    assert column.returns[3] == 0.0
    assert column.returns[5] == pytest.approx(QUESTION.history.columns[0].returns[5])
    assert not column.returns.flags.writeable


def test_the_frame_stays_as_it_was():
    frame = sample_frame()
    frame.iloc[3, 0] = np.nan
    from_frame(frame, frequency=Frequency.MONTHLY, bases=BASES)
    assert np.isnan(frame.iloc[3, 0])


def test_numbers_of_other_kinds_are_numbers():
    returns = pd.Series([Fraction(1, 100), Decimal("0.02"), 0], dtype=object).tolist()
    index = pd.period_range("2020-01", periods=3, freq="M")
    (column,) = small(index, values=returns).columns
    assert column.returns == pytest.approx([0.01, 0.02, 0.0])


@pytest.mark.parametrize("value", ["1.2%", "0,012", "n.m.", True, np.True_])
def test_what_is_no_number_is_told_with_its_row(value):
    index = pd.period_range("2020-01", periods=2, freq="M")
    with pytest.raises(
        UnreadableHistory, match=r"row 2 \(2020-02\), column 'a': .* is no number; write a dec"
    ):
        small(index, values=[0.01, value])


# Dates


@pytest.mark.parametrize(
    ("index", "frequency", "last"),
    [
        (pd.period_range("2020-01", periods=2, freq="M"), Frequency.MONTHLY, (2020, 2, 29)),
        (pd.period_range("2020Q1", periods=2, freq="Q"), Frequency.QUARTERLY, (2020, 6, 30)),
        (pd.to_datetime(["2020-01-31", "2020-02-28"]), Frequency.MONTHLY, (2020, 2, 28)),
        (
            pd.to_datetime(["2020-01-31", "2020-02-28"]).tz_localize("Asia/Tokyo"),
            Frequency.MONTHLY,
            (2020, 2, 28),
        ),
        ([datetime.date(2020, 1, 31), datetime.date(2020, 2, 28)], Frequency.MONTHLY, (2020, 2, 28)),
        (["2020-01-31", "2020-02-28"], Frequency.MONTHLY, (2020, 2, 28)),
        (["2020-01-31 00:00:00", "2020-02-28T00:00"], Frequency.MONTHLY, (2020, 2, 28)),
        (["2020-01", "2020-02"], Frequency.MONTHLY, (2020, 2, 29)),
        ([202001, 202002], Frequency.MONTHLY, (2020, 2, 29)),
        ([20200131, 20200228], Frequency.MONTHLY, (2020, 2, 28)),
        (["2020Q1", "2020-q2"], Frequency.QUARTERLY, (2020, 6, 30)),
        (["2020-01-03", "2020-01-10"], Frequency.WEEKLY, (2020, 1, 10)),
    ],
    ids=str,
)
def test_labels_become_last_days_of_periods(index, frequency, last):
    assert small(index, frequency).dates[1] == datetime.date(*last)


@pytest.mark.parametrize(
    "label", ["31/01/2020", "2020-13", "2020-02-30", "January", 7, None, "2020Q1", pd.NaT, "2020-01-31 14:00"]
)
def test_what_is_no_date_is_told_with_its_row(label):
    index = pd.Index(["2020-01-31", label], dtype=object)
    with pytest.raises(
        UnreadableHistory, match=r"row 2: .* is no date; write a day such as 2025-11-28 or 2025-11"
    ):
        small(index)


def test_months_are_no_dates_of_days():
    with pytest.raises(UnreadableHistory, match=r"is no date; write a day such as 2025-11-28$"):
        small(["2020-01", "2020-02"], Frequency.DAILY)


def test_first_days_could_be_of_either_month_and_are_told():
    with pytest.raises(UnreadableHistory, match=r"first days, as 2020-01-01, .* such as 2020-01, or set"):
        small(pd.to_datetime(["2020-01-01", "2020-02-01"]))
    with pytest.raises(UnreadableHistory, match="such as 2020Q1"):
        small(pd.to_datetime(["2020-01-01", "2020-04-01"]), Frequency.QUARTERLY)
    assert small(pd.to_datetime(["2020-01-01", "2020-01-02"]), Frequency.DAILY).dates[0].day == 1


# Nothing is repaired: validation refuses it


def test_dates_that_come_twice_or_out_of_order_are_kept_for_validation():
    twice = pd.concat([sample_frame().iloc[:30], sample_frame().iloc[29:]])
    assert found(twice) == [("dates[30]", "DATES_UNORDERED")]
    assert found(sample_frame().iloc[::-1]) == [("dates[1]", "DATES_UNORDERED")]


def test_a_mixed_frequency_is_kept_for_validation():
    frame = sample_frame()
    mixed = [*frame.index[:50], *(frame.index[49] + pd.Timedelta(days=index) for index in range(1, 11))]
    assert found(frame.set_axis(mixed)) == [("dates[51]", "DATES_UNORDERED")]


def test_percent_is_kept_for_validation():
    assert found(100 * sample_frame()) == [
        (f"columns[{index}].returns", "NUMBER_OUT_OF_RANGE") for index in range(5)
    ]


def test_prices_are_kept_for_validation():
    frame = sample_frame()
    frame["skill"] = 50 * (1 + frame["skill"]).cumprod()
    assert found(frame) == [("columns[0].returns", "NUMBER_OUT_OF_RANGE")]


def test_blocks_of_nothing_are_missing_periods():
    frame = sample_frame()
    frame.iloc[10:30, 1] = np.nan
    assert found(frame) == []
    frame["clone"] = np.nan
    assert found(frame) == [("columns[1].returns", "HISTORY_TOO_SHORT")]


def test_infinity_is_kept_for_validation():
    frame = sample_frame()
    frame.iloc[7, 0] = np.inf
    assert found(frame) == [("columns[0].returns[7]", "NUMBER_NOT_FINITE")]

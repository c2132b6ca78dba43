"""Which periods count, and what is missing between them."""

import datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoise.model import (
    EntityRef,
    EvidenceReason,
    Frequency,
    SmoothingTreatment,
    WarningCode,
)
from counterpoise.validate.periods import follows
from tests.unit.optimizer.evidence.questions import answer, ask, evidence, period_ends

PLAIN = {"smoothing": SmoothingTreatment.NONE, "factor_lag_count": 0}


def series(count, *, seed=0):
    rng = np.random.default_rng(seed)
    market = rng.normal(0.004, 0.04, count)
    return 0.3 * market + rng.normal(0.002, 0.02, count), market


def without(values, *periods):
    values = values.copy()
    values[list(periods)] = np.nan
    return values


def test_periods_without_a_return_are_counted_and_left_out():
    fund, market = series(60)
    found = evidence({"fund": without(fund, 0, 1, 20, 59)}, {"market": without(market, 20, 30)}, **PLAIN)
    dates = period_ends(60)
    assert found.sample.period_count == 60 - 5
    assert (found.sample.first_date, found.sample.last_date) == (dates[2], dates[58])
    assert found.sample.missing_period_count == 2
    assert found.sample.gap_period_count == 0


def test_cash_that_is_not_known_takes_the_period_away():
    fund, market = series(60)
    cash = without(np.linspace(0.001, 0.002, 60), 7)
    found = evidence({"fund": fund}, {"market": market}, cash=cash, **PLAIN)
    assert (found.sample.period_count, found.sample.missing_period_count) == (59, 1)


def test_periods_without_a_date_are_gaps_and_lags_do_not_cross_them():
    fund, market = series(60)
    dates = tuple(date for index, date in enumerate(period_ends(62)) if index not in (10, 11))
    question = ask(
        {"fund": fund}, {"market": market}, dates=dates, smoothing=SmoothingTreatment.NONE, factor_lag_count=1
    )
    response = answer(question)
    sample = response.evidence[0].sample
    assert sample.gap_period_count == 2
    assert sample.missing_period_count == 0
    assert sample.period_count == 60 - 2  # the first has no period before it, nor has the one after the gap
    (warning,) = response.warnings
    assert warning.code is WarningCode.HISTORY_GAPS
    assert "fund" in warning.message
    assert "2 have no date" in warning.message
    assert warning.subjects == (EntityRef(column_id="fund"),)


@pytest.mark.parametrize(("annual", "warned"), [(0.14, False), (0.24, True), (-0.16, True)])
def test_cash_that_earns_what_a_yield_for_a_month_would_is_warned_of(annual, warned):
    fund, market = series(60)
    cash = np.full(60, annual / 12)
    cash[7] = np.nan
    warnings = answer(ask({"fund": fund + 0.02}, {"market": market}, cash=cash)).warnings
    unusual = [warning for warning in warnings if warning.code is WarningCode.INPUT_UNUSUAL]
    assert len(unusual) == warned
    for warning in unusual:
        assert f"cash at {100 * annual:g} % a year" in warning.message
        assert warning.subjects == (EntityRef(column_id="cash"),)


@pytest.mark.parametrize("asked", SmoothingTreatment)
def test_smoothing_of_every_other_month_cannot_be_tested_and_is_said_so(asked):
    true, market = series(200)
    smoothed = np.concatenate([true[:1], 0.5 * true[1:] + 0.5 * true[:-1]])
    holed = without(smoothed, *range(1, 200, 2))
    response = answer(ask({"fund": holed, "whole": smoothed}, {"market": market}, smoothing=asked))
    found, whole = response.evidence
    assert (found.smoothing.p_value, found.smoothing.autocorrelation) == (1.0, 0.0)
    assert found.smoothing.treatment is SmoothingTreatment.NONE
    assert EvidenceReason.SMOOTHED in whole.reasons
    untested = [item for item in response.warnings if "could not be tested for smoothing" in item.message]
    assert [(item.code, item.subjects) for item in untested] == [
        (WarningCode.HISTORY_GAPS, (EntityRef(column_id="fund"),))
    ]


def test_autocorrelation_is_as_strong_where_a_quarter_of_the_months_is_missing():
    rng = np.random.default_rng(2)
    true = rng.normal(0.0, 0.02, 4_001)
    smoothed = 0.6 * true[1:] + 0.4 * true[:-1]
    holed = without(smoothed, *rng.choice(4_000, 1_000, replace=False))
    market = rng.normal(0.0, 0.04, 4_000)
    both = answer(ask({"holed": holed, "whole": smoothed}, {"market": market}, frequency=Frequency.DAILY))
    first, second = (item.smoothing.autocorrelation for item in both.evidence)
    assert first == pytest.approx(0.24 / 0.52, abs=0.05)
    assert second == pytest.approx(0.24 / 0.52, abs=0.05)


def test_noise_with_missing_months_is_smoothed_as_often_as_the_level_says():
    # Of 500 sleeves 1 % are 5, give or take 2.2, half of them with an autocorrelation above zero.
    rng = np.random.default_rng(3)
    market = rng.normal(0.0, 0.04, 120)
    sleeves = {
        f"fund_{index}": without(rng.normal(0.0, 0.02, 120), *rng.choice(120, 25, replace=False))
        for index in range(500)
    }
    p_values = [item.smoothing.p_value for item in answer(ask(sleeves, {"market": market})).evidence]
    assert np.mean(np.array(p_values) < 0.10) == pytest.approx(0.10, abs=0.04)
    assert np.mean(np.array(p_values) < 0.01) <= 0.025


def test_a_filter_does_not_cross_a_gap():
    true, market = series(60)
    smoothed = np.concatenate([true[:1], 0.6 * true[1:] + 0.4 * true[:-1]])
    holed = without(smoothed, 30)
    found = evidence({"fund": holed}, {"market": market}, smoothing=SmoothingTreatment.GELTNER)
    assert found.sample.period_count == 60 - 3
    two_lags = evidence(
        {"fund": holed}, {"market": market}, smoothing=SmoothingTreatment.GETMANSKY_LO_MAKAROV
    )
    assert two_lags.sample.period_count == 60 - 5
    assert two_lags.sample.missing_period_count == 1


def test_a_history_without_holes_has_no_warning():
    fund, market = series(60)
    assert answer(ask({"fund": fund}, {"market": market})).warnings == ()


@pytest.mark.parametrize(
    ("frequency", "dates", "steps"),
    [
        (Frequency.MONTHLY, ["2020-11-30", "2020-12-31", "2021-01-29", "2021-04-30"], [1, 1, 3]),
        (Frequency.QUARTERLY, ["2020-09-30", "2020-12-31", "2021-09-30"], [1, 3]),
        # 2020 has 53 ISO weeks.
        (Frequency.WEEKLY, ["2020-12-25", "2021-01-01", "2021-01-08", "2021-01-22"], [1, 1, 2]),
        (Frequency.DAILY, ["2021-03-31", "2021-04-06", "2021-04-07"], [1, 1]),  # Easter
        (Frequency.DAILY, ["2001-09-10", "2001-09-17"], [1]),
        (Frequency.DAILY, ["2001-09-10", "2001-09-24", "2001-09-25"], [1, 1]),
        (Frequency.DAILY, ["2001-09-10", "2001-09-25"], [11]),
    ],
)
def test_neighbours_are_those_of_the_calendar(frequency, dates, steps):
    days = [datetime.date.fromisoformat(date) for date in dates]
    assert np.diff(frequency.places(days)).tolist() == steps
    assert follows(days, frequency).tolist() == [False, *(step == 1 for step in steps)]


CALENDAR = {Frequency.WEEKLY: "W-SUN", Frequency.MONTHLY: "M", Frequency.QUARTERLY: "Q"}


@settings(max_examples=200, deadline=None)
@given(
    frequency=st.sampled_from(Frequency),
    first=st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)),
    steps=st.lists(st.integers(1, 400), max_size=40),
)
def test_neighbours_are_those_that_pandas_knows(frequency, first, steps):
    dates = [first + datetime.timedelta(days=sum(steps[:index])) for index in range(len(steps) + 1)]
    places = frequency.places(dates)
    assert follows(dates, frequency).tolist() == [False, *(np.diff(places) == 1).tolist()]
    if frequency is Frequency.DAILY:
        between = [len(pd.bdate_range(*pair, inclusive="neither")) for pair in pairwise(dates)]
        expected = [1 if weekdays < 10 else weekdays + 1 for weekdays in between]
    else:
        expected = np.diff(pd.PeriodIndex(dates, freq=CALENDAR[frequency]).astype("int64")).tolist()
    assert np.diff(places).tolist() == expected


@pytest.mark.parametrize("frequency", Frequency)
def test_no_dates_have_no_places(frequency):
    assert frequency.places(()).tolist() == []
    assert follows((), frequency).tolist() == []

"""Which periods count, and what is missing between them."""

import datetime

import numpy as np
import pytest

from counterpoise.model import (
    Frequency,
    SmoothingTreatment,
    WarningCode,
)
from optimizer.evidence.periods import number_periods
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
    places = number_periods(tuple(datetime.date.fromisoformat(date) for date in dates), frequency)
    assert np.diff(places).tolist() == steps

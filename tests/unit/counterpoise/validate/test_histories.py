"""Bad histories: each fault is named where it is, with what to write instead."""

import dataclasses
import datetime

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import Frequency, ReturnBasis, VerifyAlphaRequest
from tests import sample_evidence

QUESTION = dataclasses.replace(sample_evidence.question(), rolling_period_count=None, stress_windows=())
"""Without windows, which a history of other dates need not hold."""
HISTORY = "question.history"
SKILL, CLONE, EQUITY, BONDS, CASH = range(5)


def violations(question):
    return validate.request_violations(VerifyAlphaRequest(question=question))


def found(question):
    return [(violation.field, violation.reason.name) for violation in violations(question)]


def message(question):
    (violation,) = violations(question)
    return violation.message


def dated(dates, **changes):
    history = dataclasses.replace(QUESTION.history, dates=tuple(dates), **changes)
    return dataclasses.replace(QUESTION, history=history)


def changed(index, **changes):
    return sample_evidence.with_column(QUESTION, index, **changes)


def returns_of(index):
    return QUESTION.history.columns[index].returns.copy()


def test_a_sound_question_has_no_violation():
    assert found(QUESTION) == []
    assert validate.question_violations(QUESTION) == ()


def test_paths_start_at_what_was_given():
    bad = changed(CLONE, returns=np.zeros(60))
    assert [item.field for item in validate.question_violations(bad)] == ["history.columns[1].returns"]
    assert [item.field for item in violations(bad)] == [f"{HISTORY}.columns[1].returns"]


# Dates


def test_two_months_are_too_short():
    short = dataclasses.replace(QUESTION, history=sample_evidence.history(2))
    assert found(short) == [(f"{HISTORY}.dates", "HISTORY_TOO_SHORT")]
    assert "2 periods; write at least 12" in message(short)


def test_a_date_that_comes_twice_is_refused():
    dates = list(QUESTION.history.dates)
    dates[7] = dates[6]
    assert found(dated(dates)) == [(f"{HISTORY}.dates[7]", "DATES_UNORDERED")]
    assert "2019-07-31 comes twice; sort the periods, and keep each once" in message(dated(dates))


def test_dates_out_of_order_are_refused_once():
    newest_first = dated(reversed(QUESTION.history.dates))
    assert found(newest_first) == [(f"{HISTORY}.dates[1]", "DATES_UNORDERED")]
    assert "is not after 2023-12-31, the date before it (and 58 more do so)" in message(newest_first)


@pytest.mark.parametrize(("year", "index"), [(2201, 59), (9999, 59), (1799, 0), (1, 0)])
def test_years_without_histories_are_refused(year, index):
    dates = list(QUESTION.history.dates)
    dates[index] = dates[index].replace(year=year)
    assert found(dated(dates)) == [(f"{HISTORY}.dates[{index}]", "NUMBER_OUT_OF_RANGE")]
    assert "is outside 1800 to 2199; write the last day of the period" in message(dated(dates))


def test_two_centuries_of_quarters_are_a_history():
    old = [date.replace(year=date.year - 219) for date in SPACED[Frequency.QUARTERLY]]
    assert found(dated(old, frequency=Frequency.QUARTERLY)) == []


def test_two_dates_of_one_period_are_refused():
    dates = list(QUESTION.history.dates)
    dates[7] = datetime.date(2019, 7, 31)
    dates[6] = datetime.date(2019, 7, 15)
    assert found(dated(dates)) == [(f"{HISTORY}.dates[7]", "DATES_UNORDERED")]
    assert "2019-07-31 is in the same month as 2019-07-15" in message(dated(dates))


SPACED = {
    Frequency.DAILY: [datetime.date(2001, 1, 31) + datetime.timedelta(days=index) for index in range(60)],
    Frequency.WEEKLY: [datetime.date(2001, 1, 5) + datetime.timedelta(weeks=index) for index in range(60)],
    Frequency.MONTHLY: sample_evidence.month_ends(60),
    Frequency.QUARTERLY: sample_evidence.month_ends(180)[2::3],
}


@pytest.mark.parametrize("declared", Frequency)
@pytest.mark.parametrize("meant", Frequency)
def test_dates_of_another_frequency_are_refused(declared, meant):
    asked = dated(SPACED[meant], frequency=declared)
    if declared is meant:
        assert found(asked) == []
    else:
        assert found(asked) == [(f"{HISTORY}.dates", "DATES_UNORDERED")]
        assert f"write frequency {meant.name}" in message(asked)


def test_years_are_of_no_frequency():
    yearly = dated(datetime.date(1960 + index, 12, 31) for index in range(60))
    assert "write returns of one frequency, one of DAILY, WEEKLY, MONTHLY, QUARTERLY" in message(yearly)


def test_days_among_months_are_refused():
    months = QUESTION.history.dates[:50]
    days = [months[-1] + datetime.timedelta(days=index) for index in range(1, 11)]
    assert found(dated([*months, *days])) == [(f"{HISTORY}.dates[51]", "DATES_UNORDERED")]


def test_months_that_are_left_out_are_no_violation():
    dates = [date for date in sample_evidence.month_ends(70) if not 2020 < date.year < 2022][:58]
    left = [dataclasses.replace(column, returns=column.returns[:58]) for column in QUESTION.history.columns]
    assert found(dated(dates, columns=tuple(left))) == []


# Columns


def test_ids_are_distinct():
    assert (f"{HISTORY}.columns[1].column_id", "ID_DUPLICATE") in found(changed(CLONE, column_id="skill"))


@pytest.mark.parametrize("count", [59, 61, 1])
def test_a_column_is_as_long_as_the_dates(count):
    asked = changed(SKILL, returns=np.resize(returns_of(SKILL), count))
    assert found(asked) == [(f"{HISTORY}.columns[0].returns", "MATRIX_SHAPE")]
    assert f"{count} returns for 60 dates" in message(asked)


@pytest.mark.parametrize(
    ("missing", "index", "said"),
    [
        ((60,), 0, "no index of the 60 periods; write one in [0, 59]"),
        ((3, 3), 1, "3 is not after 3"),
        ((7, 5), 1, "5 is not after 7"),
    ],
)
def test_missing_periods_are_indexes_in_order(missing, index, said):
    asked = changed(SKILL, missing_periods=missing)
    assert found(asked) == [(f"{HISTORY}.columns[0].missing_periods[{index}]", "NUMBER_OUT_OF_RANGE")]
    assert said in message(asked)


def test_a_missing_period_before_the_first_is_refused():
    asked = changed(SKILL, missing_periods=(-1,))
    assert found(asked) == [(f"{HISTORY}.columns[0].missing_periods[0]", "NUMBER_OUT_OF_RANGE")]


def test_a_column_without_any_return_is_refused():
    asked = changed(CLONE, missing_periods=tuple(range(60)))
    assert found(asked) == [(f"{HISTORY}.columns[1].returns", "HISTORY_TOO_SHORT")]
    assert "no return of 'clone' is known" in message(asked)


def test_blocks_of_missing_returns_are_no_violation_while_enough_are_left():
    assert found(changed(CLONE, missing_periods=tuple(range(10, 30)))) == []
    asked = changed(CLONE, missing_periods=tuple(range(11, 60)))
    assert found(asked) == [(f"{HISTORY}.columns[1].returns", "HISTORY_TOO_SHORT")]
    assert "'clone' has 11 periods with all that its regression needs" in message(asked)
    assert "fewest returns has clone, 11" in message(asked)


def test_what_is_missing_is_not_read():
    returns = returns_of(SKILL)
    returns[[4, 5]] = 700.0, -3.0
    assert found(changed(SKILL, returns=returns, missing_periods=(4, 5))) == []


def test_a_lag_needs_the_period_before():
    every_other = tuple(range(0, 60, 2))
    asked = sample_evidence.with_column(
        dataclasses.replace(QUESTION, factor_lag_count=1), BONDS, missing_periods=every_other
    )
    assert [reason for _, reason in found(asked)] == ["HISTORY_TOO_SHORT", "HISTORY_TOO_SHORT"]
    assert found(dataclasses.replace(asked, factor_lag_count=0)) == []


def test_not_a_number_is_refused():
    returns = returns_of(SKILL)
    returns[3] = np.nan
    assert found(changed(SKILL, returns=returns)) == [
        (f"{HISTORY}.columns[0].returns[3]", "NUMBER_NOT_FINITE")
    ]


# Units


@pytest.mark.parametrize("index", [SKILL, CLONE, EQUITY])
def test_returns_in_percent_are_refused(index):
    asked = changed(index, returns=100 * returns_of(index))
    assert found(asked) == [(f"{HISTORY}.columns[{index}].returns", "NUMBER_OUT_OF_RANGE")]
    assert "as if in percent; returns are decimals, of which 0.01 is 1 %" in message(asked)


def daily(returns):
    """The question with days, and these returns of the first fund."""
    asked = dated(SPACED[Frequency.DAILY], frequency=Frequency.DAILY)
    return sample_evidence.with_column(asked, SKILL, returns=returns)


@pytest.mark.parametrize("jump", [-0.6, -0.95, 2.0, 9.0])
def test_a_single_jump_of_a_day_is_a_return(jump):
    returns = np.random.default_rng(4).normal(0.0, 0.01, 60)
    returns[30] = jump
    assert found(daily(returns)) == []


@pytest.mark.parametrize("every", [1, 3])
def test_days_in_percent_are_refused_whether_or_not_all_of_them_move(every):
    returns = np.zeros(60)
    returns[::every] = np.random.default_rng(4).normal(0.0, 0.45, 60 // every)
    assert found(daily(np.maximum(returns, -0.99))) == [
        (f"{HISTORY}.columns[0].returns", "NUMBER_OUT_OF_RANGE")
    ]
    assert found(daily(returns / 100)) == []


def test_cash_in_percent_is_refused():
    asked = changed(CASH, returns=100 * returns_of(CASH))
    assert found(asked) == [(f"{HISTORY}.columns[4].returns", "NUMBER_OUT_OF_RANGE")]
    assert "cash that earns 2" in message(asked)


def test_prices_are_refused():
    asked = changed(SKILL, returns=100 * np.cumprod(1 + returns_of(SKILL)))
    assert found(asked) == [(f"{HISTORY}.columns[0].returns", "NUMBER_OUT_OF_RANGE")]
    assert "which are prices, not returns; write price over the price before, less 1" in message(asked)
    index = changed(SKILL, returns=np.cumprod(1 + returns_of(SKILL)))
    assert "prices, not returns" in message(index)


@pytest.mark.parametrize(
    ("number", "said"), [(25.0, "25 % is written 0.25"), (-1.0, "-1 % is written -0.01")]
)
def test_a_single_return_outside_the_range_is_named(number, said):
    returns = returns_of(SKILL)
    returns[3] = number
    asked = changed(SKILL, returns=returns)
    assert found(asked) == [(f"{HISTORY}.columns[0].returns[3]", "NUMBER_OUT_OF_RANGE")]
    assert said in message(asked)


def test_numbers_near_the_largest_are_refused_quietly():
    assert found(changed(SKILL, returns=np.full(60, 1e308))) == [
        (f"{HISTORY}.columns[0].returns", "NUMBER_OUT_OF_RANGE")
    ]


# Series


@pytest.mark.parametrize("index", [SKILL, CLONE, EQUITY])
@pytest.mark.parametrize("level", [0.0, 0.004])
def test_a_constant_series_is_refused(index, level):
    asked = changed(index, returns=np.full(60, level))
    assert found(asked) == [(f"{HISTORY}.columns[{index}].returns", "SERIES_CONSTANT")]


def test_constant_cash_is_no_violation():
    assert found(changed(CASH, returns=np.full(60, 0.002))) == []


def test_a_fund_that_is_cash_never_moves_over_cash():
    asked = changed(SKILL, returns=returns_of(CASH) + 0.001)
    assert found(asked) == [(f"{HISTORY}.columns[0].returns", "SERIES_CONSTANT")]
    assert "'skill' is 0.001 over cash in 60 common periods in every period" in message(asked)


def test_a_factor_that_the_others_make_up_is_named():
    asked = changed(BONDS, returns=2 * returns_of(EQUITY) + 0.001)
    assert found(asked) == [(f"{HISTORY}.columns[3].returns", "SERIES_COLLINEAR")]
    assert "'bonds' is made up of equity in 60 common periods" in message(asked)


def test_of_three_factors_the_last_that_is_made_up_is_named():
    both = sample_evidence.column("both", returns_of(EQUITY) - 0.5 * returns_of(BONDS), ReturnBasis.EXCESS)
    history = dataclasses.replace(QUESTION.history, columns=(*QUESTION.history.columns, both))
    asked = dataclasses.replace(
        QUESTION, history=history, factor_ids=("both", "equity", "bonds"), market_id="both"
    )
    assert found(asked) == [(f"{HISTORY}.columns[3].returns", "SERIES_COLLINEAR")]
    assert "'bonds' is made up of both, equity" in message(asked)


def test_nearly_collinear_factors_are_told_apart():
    noise = np.random.default_rng(1).normal(0, 1e-5, 60)
    assert found(changed(BONDS, returns=returns_of(EQUITY) + noise)) == []


def test_more_coefficients_want_more_periods():
    draw = np.random.default_rng(3)
    names = tuple(f"f{index}" for index in range(20))
    more = [sample_evidence.column(name, draw.normal(0, 0.02, 60), ReturnBasis.EXCESS) for name in names]
    history = dataclasses.replace(QUESTION.history, columns=(*QUESTION.history.columns, *more))
    asked = dataclasses.replace(
        QUESTION,
        history=history,
        factor_ids=names,
        market_id="",
        factor_lag_count=2,
    )
    assert [reason for _, reason in found(asked)] == ["HISTORY_TOO_SHORT"] * 2
    assert found(dataclasses.replace(asked, factor_lag_count=1)) == []

"""Alpha sleeves: fees, what stays invested, and the days of evidence and marks."""

import datetime

import pytest

from counterpoise.model import AlphaBasis, ExpectedAlpha, FeeHurdle, FeeTerms

GROSS, NET = "portfolio.lines[3].alpha_sleeve", "portfolio.lines[4].alpha_sleeve"
FEES = FeeTerms(annual_management_fee=0.01, performance_fee_rate=0.0)


def test_gross_alpha_has_fees_and_net_alpha_has_none(broken_costed):
    assert broken_costed(f"{GROSS}.fees", None) == [(f"{GROSS}.fees", "FIELD_MISSING")]
    assert broken_costed(f"{NET}.fees", FEES) == [(f"{NET}.fees", "FIELDS_EXCLUSIVE")]
    gross = ExpectedAlpha(gross_of_fees=AlphaBasis(annual_over_beta=0.02))
    assert broken_costed(f"{NET}.fees", FEES, f"{NET}.expected_alpha", gross) == []


def test_alpha_of_both_kinds_is_one_violation(broken_costed):
    path = f"{GROSS}.expected_alpha.net_of_fees"
    basis = AlphaBasis(annual_over_beta=0.02)
    both = [(f"{GROSS}.expected_alpha.gross_of_fees", "FIELDS_EXCLUSIVE")]
    assert broken_costed(path, basis) == both
    assert broken_costed(path, basis, f"{GROSS}.fees", None) == both


def test_refused_fees_are_not_missing(broken_costed):
    assert broken_costed(f"{GROSS}.fees", 0.02) == [(f"{GROSS}.fees", "VALUE_MALFORMED")]
    assert broken_costed(f"{GROSS}.fees.performance_fee_rate", "x", f"{GROSS}.fees.hurdle", None) == [
        (f"{GROSS}.fees.performance_fee_rate", "VALUE_MALFORMED")
    ]


def test_performance_fee_says_what_gains_are_counted_over(broken_costed, costed, message_of):
    hurdle = f"{GROSS}.fees.hurdle"
    assert broken_costed(hurdle, None) == [(hurdle, "ENUM_VALUE_INVALID")]
    assert "ZERO" in message_of(costed, hurdle, None)
    assert "CASH" in message_of(costed, hurdle, None)
    assert broken_costed(hurdle, None, f"{GROSS}.fees.performance_fee_rate", 0.0) == []
    assert broken_costed(hurdle, FeeHurdle.ZERO, f"{GROSS}.fees.performance_fee_rate", 0.0) == []


@pytest.mark.parametrize(
    ("current", "redeemable", "maximum", "crossed"),
    [
        (0.3, 0.1, 0.2, False),
        (0.9, 0.7, 0.2, False),  # 0.9 - 0.7 is above 0.2 by rounding
        (0.3, 0.1, 0.19, True),
        (0.3, 0.4, 0.0, False),
        (0.3, 0.0, None, False),
    ],
)
def test_what_stays_invested_fits_below_the_maximum(broken_costed, current, redeemable, maximum, crossed):
    line, path = "portfolio.lines[3].{}", f"{GROSS}.redeemable_fraction"
    found = broken_costed(
        line.format("current_fraction"), current, path, redeemable, line.format("maximum_fraction"), maximum
    )
    assert found == ([(path, "BOUNDS_CROSSED")] if crossed else [])


@pytest.mark.parametrize(("capacity", "crossed"), [(10e6, False), (9.9e6, True), (0.0, True)])
def test_what_stays_invested_fits_the_capacity(broken_costed, capacity, crossed):
    # 0.1 of 200 million less 0.05.
    path = f"{GROSS}.redeemable_fraction"
    found = broken_costed(f"{GROSS}.capacity_amount", capacity)
    assert found == ([(path, "BOUNDS_CROSSED")] if crossed else [])


def test_what_stays_invested_is_named(costed, message_of):
    message = message_of(costed, "portfolio.lines[3].maximum_fraction", 0.04)
    assert "current_fraction 0.1 less 0.05 stays invested, above maximum_fraction 0.04" in message
    assert "above capacity_amount 1000" in message_of(costed, f"{GROSS}.capacity_amount", 1_000)


@pytest.mark.parametrize(
    "path",
    ["portfolio.lines[0].valuation_date", f"{GROSS}.evidence.last_observation_date"],
    ids=["mark", "evidence"],
)
def test_nothing_was_known_after_the_day_of_the_marks(broken_costed, costed, message_of, path):
    today = costed.portfolio.as_of_date
    assert broken_costed(path, today) == []
    assert broken_costed(path, None) == []
    assert broken_costed(path, datetime.date(1990, 1, 31)) == []
    tomorrow = today + datetime.timedelta(days=1)
    assert broken_costed(path, tomorrow) == [(path, "NUMBER_OUT_OF_RANGE")]
    assert "2025-11-29 is after as_of_date 2025-11-28" in message_of(costed, path, tomorrow)
    assert broken_costed(path, "2025-11-29") == [(path, "VALUE_MALFORMED")]


def test_days_are_not_compared_with_one_that_was_refused(broken_costed):
    assert broken_costed("portfolio.as_of_date", None) == [("portfolio.as_of_date", "FIELD_MISSING")]

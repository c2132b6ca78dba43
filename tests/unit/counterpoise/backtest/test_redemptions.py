"""Redemption dates, notice that binds, and gates."""

import datetime

import pytest

from counterpoise.backtest import Gate, RedemptionTerms
from counterpoise.backtest.redemptions import due, give_notice, pays, redeemable, still_open
from tests import walks

QUARTERLY = RedemptionTerms(line_id="skill", every_period_count=3)
NOTICED = RedemptionTerms(line_id="skill", every_period_count=3, notice_period_count=2)
HELD = {"skill": 50.0, "clone": 20.0}
JUNE = datetime.date(2005, 6, 1), datetime.date(2005, 6, 30)


def at(month, terms=(QUARTERLY,), **rules):
    """A plan, and the index of the end of a month of its sixth year."""
    plan = walks.plan(redemptions=terms, **rules)
    dates = [(date.year, date.month) for date in plan.history.dates]
    return plan, dates.index((2005, month))


@pytest.mark.parametrize("month", range(1, 13))
def test_quarterly_funds_pay_at_the_ends_of_calendar_quarters(month):
    plan, period = at(month)
    assert pays(plan, QUARTERLY, period) == (month in {3, 6, 9, 12})
    assert redeemable(plan, period, HELD) == {"skill": 50.0 if month in {3, 6, 9, 12} else 0.0}


def test_gated_funds_pay_nothing_with_or_without_terms():
    gate = Gate(line_id="skill", first_date=JUNE[0], last_date=JUNE[1])
    for terms in ((QUARTERLY,), ()):
        plan, june = at(6, terms, gates=(gate,))
        assert redeemable(plan, june, HELD) == {"skill": 0.0}
        assert redeemable(plan, june + 3, HELD) == {"skill": 50.0}


def test_notice_binds_and_pays_on_the_first_date_after_it():
    plan, june = at(6, (NOTICED,))
    assert redeemable(plan, june, HELD) == {"skill": 0.0}
    assert due(plan, june, HELD, (("skill", june, 30.0), ("skill", june + 1, 9.0))) == {"skill": 30.0}
    assert due(plan, june, HELD, (("skill", june - 1, 80.0),)) == {"skill": 50.0}
    assert due(plan, june - 1, HELD, (("skill", june - 1, 30.0),)) == {}


def test_notice_is_given_for_what_is_not_under_way_and_is_over_once_paid():
    plan, june = at(6, (NOTICED,))
    first = give_notice(plan, june - 2, {"skill": 30.0}, ())
    assert first == (("skill", june, 30.0),)
    assert give_notice(plan, june - 1, {"skill": 35.0}, first) == (("skill", june + 1, 5.0),)
    assert give_notice(plan, june - 1, {"skill": 20.0}, first) == ()
    assert still_open(plan, june - 1, first) == first
    assert still_open(plan, june, first) == ()


def test_without_notice_what_misses_a_date_leaves_on_the_next():
    plan, june = at(6, (QUARTERLY,))
    (notice,) = give_notice(plan, june + 1, {"skill": 30.0}, ())
    assert notice == ("skill", june + 2, 30.0)
    assert due(plan, june + 2, HELD, (notice,)) == {}
    assert due(plan, june + 3, HELD, (notice,)) == {"skill": 30.0}


def test_a_notice_that_falls_into_a_gate_waits_for_the_next_date():
    gate = Gate(line_id="skill", first_date=JUNE[0], last_date=JUNE[1])
    plan, june = at(6, (NOTICED,), gates=(gate,))
    notice = (("skill", june, 30.0),)
    assert still_open(plan, june, notice) == notice
    assert due(plan, june, HELD, notice) == {}
    assert due(plan, june + 3, HELD, notice) == {"skill": 30.0}

"""Redemption dates, notice, and gates."""

import datetime

import pytest

from counterpoise.backtest import Gate, RedemptionTerms
from counterpoise.backtest.redemptions import give_notice, open_notices, pays, redeemable
from tests import walks

QUARTERLY = RedemptionTerms(line_id="skill", every_period_count=3)
NOTICED = RedemptionTerms(line_id="skill", every_period_count=3, notice_period_count=2)
HELD = {"skill": 50.0, "clone": 20.0}


def at(month, terms=(QUARTERLY,), **rules):
    """A plan, and the index of the end of a month of its sixth year."""
    plan = walks.plan(redemptions=terms, **rules)
    return plan, next(
        index for index, date in enumerate(plan.history.dates) if (date.year, date.month) == (2005, month)
    )


@pytest.mark.parametrize("month", range(1, 13))
def test_quarterly_funds_pay_at_the_ends_of_calendar_quarters(month):
    plan, period = at(month)
    assert pays(plan, QUARTERLY, period) == (month in {3, 6, 9, 12})
    assert redeemable(plan, period, HELD, ()) == {"skill": 50.0 if month in {3, 6, 9, 12} else 0.0}


def test_gated_funds_pay_nothing():
    gate = Gate(line_id="skill", first_date=datetime.date(2005, 6, 1), last_date=datetime.date(2005, 6, 30))
    plan, june = at(6, gates=(gate,))
    assert redeemable(plan, june, HELD, ()) == {"skill": 0.0}
    assert redeemable(plan, june + 3, HELD, ()) == {"skill": 50.0}


def test_with_notice_only_what_was_given_notice_of_and_is_due_is_paid():
    plan, june = at(6, (NOTICED,))
    assert redeemable(plan, june, HELD, ()) == {"skill": 0.0}
    assert redeemable(plan, june, HELD, (("skill", june, 30.0), ("skill", june + 1, 9.0))) == {"skill": 30.0}
    assert redeemable(plan, june, HELD, (("skill", june - 1, 80.0),)) == {"skill": 50.0}
    assert redeemable(plan, june - 1, HELD, (("skill", june - 1, 30.0),)) == {"skill": 0.0}


def test_notice_is_given_for_what_is_not_under_way_and_is_over_once_paid():
    plan, june = at(6, (NOTICED,))
    first = give_notice(plan, june - 2, {"skill": 30.0}, ())
    assert first == (("skill", june, 30.0),)
    assert give_notice(plan, june - 1, {"skill": 35.0}, first) == (("skill", june + 1, 5.0),)
    assert give_notice(plan, june - 1, {"skill": 20.0}, first) == ()
    assert open_notices(plan, june - 1, first) == first
    assert open_notices(plan, june, first) == ()


def test_a_notice_that_falls_into_a_gate_waits_for_the_next_date():
    gate = Gate(line_id="skill", first_date=datetime.date(2005, 6, 1), last_date=datetime.date(2005, 6, 30))
    plan, june = at(6, (NOTICED,), gates=(gate,))
    notice = (("skill", june, 30.0),)
    assert open_notices(plan, june, notice) == notice
    assert redeemable(plan, june + 3, HELD, notice) == {"skill": 30.0}

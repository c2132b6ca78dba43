"""From notice to money."""

import datetime

import pytest

from optimizer.rebalance.trading.notices import notice_for, settlement_of
from optimizer.reports.weekdays import weekday_after
from tests.golden_problems import funded, overlay, tier
from tests.unit.optimizer.rebalance.hand_made import redeemed

MONDAY = datetime.date(2025, 6, 30)
FUND = redeemed(funded("fund", "equity"), (5, 0.25), (63, 0.5), (95, 1.0))


@pytest.mark.parametrize(("sold", "days"), [(0.05, 5), (0.0501, 63), (0.1, 63), (0.15, 95), (0.2, 95)])
def test_the_money_comes_when_liquidity_covers_the_amount(sold, days):
    notice = notice_for(FUND, 0.2, -sold, MONDAY)
    assert notice.trading_days == days
    assert notice.covered
    assert notice.notice_date == MONDAY


def test_what_liquidity_never_covers_is_said_to_be_uncovered():
    notice = notice_for(redeemed(FUND, (20, 0.3), (63, 0.5)), 0.2, -0.15, MONDAY)
    assert (notice.trading_days, notice.covered) == (63, False)


@pytest.mark.parametrize(
    ("notice_date", "expected"),
    [("2025-06-30", "2025-07-07"), ("2025-07-04", "2025-07-11"), ("2025-07-05", "2025-07-11")],
)
def test_payment_counts_mondays_to_fridays(notice_date, expected):
    notice = notice_for(FUND, 0.2, -0.01, datetime.date.fromisoformat(notice_date))
    assert notice.payment_date == datetime.date.fromisoformat(expected)


def test_purchases_and_sales_that_pay_the_next_day_need_no_notice():
    assert notice_for(FUND, 0.2, 0.1, MONDAY) is None
    assert notice_for(redeemed(FUND, (1, 1.0)), 0.2, -0.1, MONDAY) is None
    assert notice_for(funded("fund", "equity"), 0.2, -0.1, MONDAY) is None


def test_a_sale_beyond_what_the_next_day_pays_needs_notice():
    notice = notice_for(redeemed(FUND, (1, 0.25), (20, 1.0)), 0.2, -0.1, MONDAY)
    assert notice.trading_days == 20


@pytest.mark.parametrize(
    ("line", "available", "change", "days"),
    [
        (funded("fund", "equity"), 0.2, -0.2, 0),
        (FUND, 0.2, 0.2, 0),
        (overlay("future", "equity", margin_rate=0.1), 0.2, -0.2, 0),
        (tier("cash", posts=True), 0.2, -0.2, 0),
        (redeemed(tier("cash", posts=True), (5, 1.0)), 0.2, -0.2, 0),
    ],
)
def test_what_does_not_wait(line, available, change, days):
    assert settlement_of(line, available, change).trading_days == days


def test_weekdays_beyond_the_calendar_are_none():
    assert weekday_after(datetime.date(9999, 12, 30), 20) is None
    assert weekday_after(datetime.date(1, 1, 3), -20) is None
    assert weekday_after(datetime.date(2025, 7, 6), 0) == datetime.date(2025, 7, 4)

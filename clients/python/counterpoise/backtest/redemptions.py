"""When sleeves pay out: redemption dates, notice, gates."""

from __future__ import annotations

from counterpoise.backtest.plan import RedemptionTerms, WalkForwardPlan
from counterpoise.model import Frequency

Notice = tuple[str, int, float]
"""Line, index of the period that pays, money."""


def pays(plan: WalkForwardPlan, terms: RedemptionTerms, period: int) -> bool:
    """Whether the end of a period is a redemption date of a sleeve that is not gated then."""
    date, every = plan.history.dates[period], terms.every_period_count
    if any(
        gate.line_id == terms.line_id and gate.first_date <= date <= gate.last_date for gate in plan.gates
    ):
        return False
    if plan.history.frequency is Frequency.MONTHLY:
        return (12 * date.year + date.month) % every == 0
    if plan.history.frequency is Frequency.QUARTERLY:
        return (4 * date.year + (date.month + 2) // 3) % every == 0
    return period % every == 0


def redeemable(
    plan: WalkForwardPlan, period: int, holdings: dict[str, float], notices: tuple[Notice, ...]
) -> dict[str, float]:
    """Money that sleeves with terms pay out at the end of a period, by line; others pay out everything.

    Without notice all of a holding on a redemption date; with notice what was given notice of and is due. A
    notice that falls into a gate waits for the first redemption date after it.
    """
    paid = {}
    for terms in plan.redemptions:
        held = holdings[terms.line_id]
        if not pays(plan, terms, period):
            paid[terms.line_id] = 0.0
        elif terms.notice_period_count == 0:
            paid[terms.line_id] = held
        else:
            due = sum(money for line_id, at, money in notices if line_id == terms.line_id and at <= period)
            paid[terms.line_id] = min(due, held)
    return paid


def give_notice(
    plan: WalkForwardPlan, period: int, wished: dict[str, float], notices: tuple[Notice, ...]
) -> tuple[Notice, ...]:
    """Notices for what is wished to be redeemed beyond those that are under way."""
    given = []
    for terms in plan.redemptions:
        under_way = sum(money for line_id, _, money in notices if line_id == terms.line_id)
        more = wished.get(terms.line_id, 0.0) - under_way
        if more > 0.0 and terms.notice_period_count > 0:
            given.append((terms.line_id, period + terms.notice_period_count, more))
    return tuple(given)


def open_notices(plan: WalkForwardPlan, period: int, notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """Notices that are still under way after the end of a period: those that a date has paid are gone."""
    paying = {terms.line_id for terms in plan.redemptions if pays(plan, terms, period)}
    return tuple(notice for notice in notices if not (notice[0] in paying and notice[1] <= period))

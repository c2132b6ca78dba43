"""When sleeves pay out: redemption dates, notice, gates.

A sleeve without notice pays at a decision on one of its dates whatever the decision redeems. All else goes by
notice: what a decision would redeem if it could is given notice of, and leaves on the first date after that.
"""

from __future__ import annotations

from counterpoise.backtest.plan import RedemptionTerms, WalkForwardPlan
from counterpoise.model import Frequency

Notice = tuple[str, int, float]
"""Line, index of the period from which it is due, money."""


def terms_of(plan: WalkForwardPlan) -> dict[str, RedemptionTerms]:
    """Terms by line; gated lines without any pay at every period outside of their gates."""
    gated = {gate.line_id: RedemptionTerms(line_id=gate.line_id) for gate in plan.gates}
    return gated | {terms.line_id: terms for terms in plan.redemptions}


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
    return (period - plan.periods[0]) % every == 0


def due(
    plan: WalkForwardPlan, period: int, holdings: dict[str, float], notices: tuple[Notice, ...]
) -> dict[str, float]:
    """Money that leaves sleeves at the end of a period because notice was given; notice binds.

    A notice that falls into a gate waits for the first date after it.
    """
    paid = {}
    for name, terms in terms_of(plan).items():
        money = sum(amount for line_id, at, amount in notices if line_id == name and at <= period)
        if money > 0.0 and pays(plan, terms, period):
            paid[name] = min(money, max(holdings[name], 0.0))
    return paid


def still_open(plan: WalkForwardPlan, period: int, notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """Notices that are under way after the end of a period: those that a date has paid are gone."""
    paying = {name for name, terms in terms_of(plan).items() if pays(plan, terms, period)}
    return tuple(notice for notice in notices if not (notice[0] in paying and notice[1] <= period))


def redeemable(plan: WalkForwardPlan, period: int, holdings: dict[str, float]) -> dict[str, float]:
    """Money that a decision may redeem at once, by line with terms: all on a date without notice, or none."""
    return {
        name: max(holdings[name], 0.0) if not terms.notice_period_count and pays(plan, terms, period) else 0.0
        for name, terms in terms_of(plan).items()
    }


def give_notice(
    plan: WalkForwardPlan, period: int, wished: dict[str, float], notices: tuple[Notice, ...]
) -> tuple[Notice, ...]:
    """Notices for what is wished to be redeemed beyond those that are under way."""
    given = []
    for name, terms in terms_of(plan).items():
        under_way = sum(amount for line_id, _, amount in notices if line_id == name)
        more = wished.get(name, 0.0) - under_way
        if more > 0.0:
            given.append((name, period + max(terms.notice_period_count, 1), more))
    return tuple(given)

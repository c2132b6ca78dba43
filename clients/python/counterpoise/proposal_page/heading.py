"""The head of the page: whose proposal it is, how long it stands, what it proposes and why."""

from __future__ import annotations

import datetime

from counterpoise.model import RebalanceProposalState
from counterpoise.proposal_page.markup import Content, Html, element, facts_list, joined
from counterpoise.proposal_page.subject import Subject
from counterpoise.wording.compared import Compared, find
from counterpoise.wording.figures import basis_points, fixed, percent
from counterpoise.wording.prices import optimized
from counterpoise.wording.proposals import gain, gain_unit
from counterpoise.wording.rebalancing import PROPOSAL_STATES
from counterpoise.wording.words import say

_UNKNOWN = "not stated"
_NAMED = 3


def instant(moment: datetime.datetime | None) -> str:
    """A moment: `28 Nov 2025, 18:30 UTC`."""
    return f"{date(moment)}, {moment:%H:%M} UTC" if moment is not None else _UNKNOWN


def date(day: datetime.date | None) -> str:
    """A day: `28 Nov 2025`."""
    return f"{day.day} {day:%b %Y}" if day is not None else _UNKNOWN


def title(subject: Subject) -> str:
    """Title of the page and of its window."""
    portfolio = subject.problem.portfolio.portfolio_id
    return f"Rebalance proposal: {subject.job.display_name or portfolio}"


def heading(subject: Subject) -> Html:
    """Title, state and the facts by which a reader knows this proposal from any other."""
    proposal, run, money = subject.proposal, subject.run, subject.money
    state = say(proposal.state, PROPOSAL_STATES) if proposal.state is not None else _UNKNOWN
    facts: tuple[tuple[str, Content], ...] = (
        ("Portfolio", subject.problem.portfolio.portfolio_id),
        ("As of", date(subject.plan.as_of_date) if subject.plan.as_of_date is not None else "not said"),
        ("Net asset value", money.words(money.nav_amount)),
        ("State", state),
        ("Made", instant(proposal.create_time)),
        ("Expires", instant(proposal.expire_time)),
        ("Run", joined((element("code", _last(run.name)), f", started by {run.initiator or _UNKNOWN}"))),
        ("Job", joined((element("code", _last(subject.job.name)), f", revision {run.job_revision}"))),
        ("Marks", element("code", _last(run.marks)) if run.marks else "the state in the job's problem"),
    )
    hashes: tuple[tuple[str, Content], ...] = (
        ("Proposal", element("code", proposal.name)),
        ("Content, SHA-256", element("code", proposal.content_sha256)),
    )
    return element(
        "header",
        element("h1", title(subject)),
        *_standing(subject),
        facts_list(facts, css="facts"),
        facts_list(hashes),
    )


def summary(subject: Subject) -> Html:
    """One paragraph: what is proposed, what it changes, and what it is worth."""
    words = " ".join(part for part in (_what(subject), *_changes(subject), _why(subject)) if part)
    return element("p", words, css="summary", name="summary")


def _standing(subject: Subject) -> tuple[Html, ...]:
    """What a reader must not miss: that there is nothing to sign any more."""
    state, proposal = subject.proposal.state, subject.proposal
    words = ""
    if state is RebalanceProposalState.SUPERSEDED:
        by = f" by {proposal.superseding_proposal}" if proposal.superseding_proposal else ""
        words = f"Superseded{by}: do not sign."
    elif state is RebalanceProposalState.EXPIRED:
        words = f"Expired on {instant(proposal.expire_time)}: do not sign."
    elif state is RebalanceProposalState.REJECTED:
        words = "Rejected: these trades are not done."
    elif state is RebalanceProposalState.APPROVED:
        words = "Approved."
    css = "standing approved" if state is RebalanceProposalState.APPROVED else "standing"
    return (element("p", words, css=css),) if words else ()


def _what(subject: Subject) -> str:
    plan, money = subject.plan, subject.money
    count = len(plan.trades)
    turnover = plan.one_way_turnover_fraction
    cost = plan.cost_amount
    days = max((step.trading_day for step in plan.steps), default=0)
    when = f" over {days} trading days" if days else ""
    return (
        f"{'1 line trades' if count == 1 else f'{count} lines trade'}{when}: {percent(turnover)} % of NAV "
        f"one-way = {money.words_of(turnover)}, at a cost of {money.words(cost)} "
        f"({basis_points(cost / money.nav_amount, 2)} bp of NAV, once)."
    )


def _changes(subject: Subject) -> tuple[str, ...]:
    """What the trades do to return, risk, leverage and the worst scenario."""
    money, items = subject.money, subject.compared

    def rate(name: str, item: Compared | None, *, with_money: bool) -> str:
        if item is None or item.before is None or item.after is None:
            return ""
        change = item.after - item.before
        worth = f" = {money.words_of(change)} a year" if with_money else ""
        return (
            f"{name} from {percent(item.before)} % to {percent(item.after)} % a year "
            f"({basis_points(change, signed=True)} bp{worth})"
        )

    gross = find(items, "leverage", "gross_notional")
    leverage = ""
    if gross is not None and gross.before is not None and gross.after is not None:
        more = money.words_of(gross.after - gross.before)
        leverage = (
            f"gross leverage from {fixed(gross.before, 3)}x to {fixed(gross.after, 3)}x of NAV "
            f"({fixed(gross.after - gross.before, 3, signed=True)}x = {more})"
        )
    parts = (
        rate("Expected net return goes", find(items, "return", "net"), with_money=True),
        rate("active risk", find(items, "volatility", "active"), with_money=False),
        leverage,
    )
    told = "; ".join(part for part in parts if part)
    return (f"{told[0].upper()}{told[1:]}." if told else "", _worst(subject))


def _worst(subject: Subject) -> str:
    losses = [item for item in subject.compared if item.part == "loss" and item.after is not None]
    if not losses:
        return ""
    worst = max(losses, key=lambda item: item.after or 0.0)
    loss, name = worst.after or 0.0, subject.names.scenario(worst.name)
    today = f", {percent(worst.before)} % before" if worst.before is not None else ""
    return (
        f"In the worst scenario, {name}, the portfolio then loses {percent(loss)} % of NAV = "
        f"{subject.money.words_of(loss)}{today}."
    )


def _why(subject: Subject) -> str:
    """The trades that the objective would miss most."""
    gains = [(trade.objective_gain or 0.0, trade) for trade in subject.plan.trades]
    best = sorted((item for item in gains if item[0] > 0), key=lambda item: -item[0])[:_NAMED]
    if not best:
        return ""
    objective = subject.problem.objective
    unit = gain_unit(objective)
    named = ", ".join(
        f"{subject.names.line(trade.line_id)} ({f'{gain(value, objective)} {unit}'.strip()})"
        for value, trade in best
    )
    return f"Worth most in {optimized(objective)}: {named}."


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]

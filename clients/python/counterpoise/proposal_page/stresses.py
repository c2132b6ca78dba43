"""What each scenario does before and after the trades: loss, cash call, and what nothing pays."""

from __future__ import annotations

from counterpoise.model import StressReport
from counterpoise.proposal_page.markup import Html, Row, Table, note, section, table
from counterpoise.proposal_page.subject import Subject
from counterpoise.wording.figures import DUST, percent
from counterpoise.wording.stressed import stressed

_SHOWN = 14


def stresses(subject: Subject) -> Html:
    """Scenarios, the one that loses most after the trades first; nothing without scenarios."""
    after = stressed(subject.after).by_loss
    if not after:
        return Html("")
    before = {item.scenario_id: item for item in subject.before.stresses}
    shown, hidden = after[:_SHOWN], len(after) - _SHOWN
    more = f" {hidden} more lose less." if hidden > 0 else ""
    columns = (
        "Scenario, % of NAV",
        "loss before",
        "after",
        subject.money.heading,
        "cash call before",
        "after",
        "unpaid before",
        "after",
        "first short before",
        "after",
    )
    return section(
        "stresses",
        "Scenarios before and after",
        table(
            Table(columns=columns, rows=[_row(item, before.get(item.scenario_id), subject) for item in shown])
        ),
        note(
            "Loss with nothing traded on the way; a gain is negative. Cash call: variation margin, and "
            "initial margin beyond today's. Unpaid: what reserve, credit and sales do not pay in time. "
            f"First short: the first trading day on which money is short.{more}"
        ),
    )


def _row(item: StressReport, before: StressReport | None, subject: Subject) -> Row:
    def both(name: str) -> tuple[str, str]:
        earlier = percent(getattr(before, name)) if before is not None else ""
        return earlier, percent(getattr(item, name))

    return Row(
        cells=(
            subject.names.scenario(item.scenario_id),
            *both("loss_fraction"),
            subject.money.cell_of(item.loss_fraction),
            *both("cash_call_fraction"),
            *both("unpaid_fraction"),
            _first_short(before),
            _first_short(item),
        ),
        mark="missed" if item.ruin or item.unpaid_fraction >= DUST else "",
    )


def _first_short(item: StressReport | None) -> str:
    if item is None:
        return ""
    if item.ruin:
        return "ruin"
    day = item.first_shortfall_trading_days
    return "never" if day is None else f"day {day}"

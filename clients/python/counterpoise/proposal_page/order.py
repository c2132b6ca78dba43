"""The order in which trades are done, day by day."""

from __future__ import annotations

from counterpoise.model import ExecutionStep, StepTrade
from counterpoise.proposal_page.markup import Html, Row, Table, lines, note, section, table
from counterpoise.proposal_page.subject import Subject
from counterpoise.proposal_page.trades import contracts
from counterpoise.wording.figures import DUST, percent
from counterpoise.wording.proposals import side
from counterpoise.wording.rebalancing import STEP_PURPOSES
from counterpoise.wording.words import say


def order(subject: Subject) -> Html:
    """Steps by day with what each is for, and the cash that is left after it; nothing without steps."""
    steps = subject.plan.steps
    if not steps:
        return Html("")
    rows = []
    for number, step in enumerate(steps, 1):
        new_day = number == 1 or step.trading_day != steps[number - 2].trading_day
        rows.append(_row(number, step, subject, new_day=new_day))
    return section(
        "order",
        "Order of execution",
        table(
            Table(
                columns=("Day", "Step", "What for", "Trades", "cash after, %"), rows=rows, left=(0, 1, 2, 3)
            )
        ),
        note(
            "Trading days count from the day on which the trades start. Each step is done whole before the "
            f"next one. {_on_the_way(steps)}"
        ),
    )


def _row(number: int, step: ExecutionStep, subject: Subject, *, new_day: bool) -> Row:
    purpose = say(step.purpose, STEP_PURPOSES) if step.purpose is not None else ""
    return Row(
        cells=(
            f"day {step.trading_day}" if new_day else "",
            str(number),
            purpose,
            lines(*[_told(trade, subject) for trade in step.trades]),
            percent(step.cash_fraction),
        ),
        mark="day" if new_day and number > 1 else "",
    )


def _told(trade: StepTrade, subject: Subject) -> str:
    symbols = {item.line_id: item.symbol for item in subject.plan.trades}
    count = contracts(trade.contract_count, symbols.get(trade.line_id, ""))
    return (
        f"{side(trade)} {subject.names.line(trade.line_id)} {percent(trade.fraction, signed=True)} % = "
        f"{subject.money.words(trade.amount)}{f' ({count})' if count else ''}"
    )


def _on_the_way(steps: tuple[ExecutionStep, ...]) -> str:
    worst = max(step.worst_hard_violation for step in steps)
    if worst < DUST:
        return "No hard limit is broken after any step."
    return f"Largest violation of a hard limit after a step: {percent(worst, 4)} % of NAV."

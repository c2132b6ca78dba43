"""By when redemption notices must go in, for the money to be there when it is needed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.command.layout import Section
from counterpoise.model import AllocationProblem, NoticeDeadline, StressReport
from counterpoise.wording.figures import DUST
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import Stressed

_TITLE = "Redemption notices"
_SHOWN = 15
_NAMED = 4


@dataclass(frozen=True, kw_only=True)
class _Notice:
    """One deadline, and the scenario that sets it."""

    deadline: NoticeDeadline
    date: datetime.date
    scenario_id: str


def notices(stressed: Stressed, problem: AllocationProblem, names: Names) -> Section | None:
    """One row for every line with the first deadline that can still be met; what is too late in words.

    Lines that a scenario gates in full have no deadline: where it leaves money short, that is said.
    """
    as_of, gated = problem.portfolio.as_of_date, _gated(stressed, problem, names)
    every = [
        _Notice(deadline=item, date=item.latest_date, scenario_id=stress.scenario_id)
        for stress in stressed.stresses
        for item in stress.notice_deadlines
        if item.latest_date is not None
    ]
    if not every:
        return Section(title=_TITLE, sentences=tuple(gated)) if gated else None
    every.sort(key=lambda item: item.date)
    first: dict[str, _Notice] = {}
    for notice in every:
        if notice.date >= as_of:
            first.setdefault(notice.deadline.line_id, notice)
    told, hidden = list(first.values())[:_SHOWN], len(first) - _SHOWN
    return Section(
        title=_TITLE,
        sentences=(
            "The last day for notice, for the first money to be there when what is money at once no longer "
            f"covers the need. Marks are of {as_of}.",
        ),
        columns=("Notice to", "Last day", "days to money", "needed by day", "Under") if told else (),
        rows=[
            (
                names.line(item.deadline.line_id),
                f"{item.date}{', today' if item.date == as_of else ''}",
                str(item.deadline.notice_trading_days),
                str(item.deadline.needed_trading_days),
                names.scenario(item.scenario_id),
            )
            for item in told
        ],
        left=(0, 1, 4),
        whole=(1,),
        footnotes=(
            *([f"{hidden} more have later days."] if hidden > 0 else []),
            *_too_late([item for item in every if item.date < as_of], names),
            *gated,
        ),
    )


def _gated(stressed: Stressed, problem: AllocationProblem, names: Names) -> list[str]:
    """By scenario that leaves money short, the lines with a position that let nothing go."""
    held = stressed.held(problem)
    shares = {item.scenario_id: item.gated_shares for item in problem.scenarios}
    told = []
    for report in stressed.stresses:
        closed = [
            item.line_id
            for item in shares.get(report.scenario_id, ())
            if item.value >= 1.0 and held.get(item.line_id, 0.0) >= DUST
        ]
        if not closed or not _is_short(report):
            continue
        closed.sort(key=lambda line_id: -held[line_id])
        lines = ", ".join(names.line(line_id) for line_id in closed[:_NAMED])
        more = f" and {len(closed) - _NAMED} more" if len(closed) > _NAMED else ""
        told.append(
            f"No notice helps under {names.scenario(report.scenario_id)}: {lines}{more} "
            f"{'are' if len(closed) > 1 else 'is'} gated in full."
        )
    return told


def _is_short(report: StressReport) -> bool:
    return report.first_shortfall_trading_days is not None or report.unpaid_fraction >= DUST


def _too_late(late: list[_Notice], names: Names) -> list[str]:
    """By scenario, the lines whose money comes after it is needed whenever notice is given."""
    told = []
    for scenario_id in dict.fromkeys(item.scenario_id for item in late):
        own = [item.deadline for item in late if item.scenario_id == scenario_id]
        lines = ", ".join(
            f"{names.line(item.line_id)} ({item.notice_trading_days} days)" for item in own[:_NAMED]
        )
        more = f" and {len(own) - _NAMED} more" if len(own) > _NAMED else ""
        told.append(
            f"Too late under {names.scenario(scenario_id)}, where money is needed by day "
            f"{own[0].needed_trading_days}: {lines}{more}."
        )
    return told

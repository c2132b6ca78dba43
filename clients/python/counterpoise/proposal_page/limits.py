"""Limits after the trades: how much of each is used, which bind, and what one more unit of those is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from counterpoise.model import LimitKey, LimitReport
from counterpoise.proposal_page.markup import Content, Html, Row, Table, bar, element, note, section, table
from counterpoise.proposal_page.subject import Subject
from counterpoise.wording.bounds import nearer_bound
from counterpoise.wording.figures import percent
from counterpoise.wording.members import first_of_each, with_count
from counterpoise.wording.prices import dearest, gain_in_words, loosening, optimized
from counterpoise.wording.soft import is_missed
from counterpoise.wording.stressed import stressed
from counterpoise.wording.used import used_share

_SHOWN = 26
_MISSED, _BINDS, _PRICED, _ROOM = "missed", "binds", "priced", ""
_MARKS = {_MISSED: "missed", _BINDS: "binds", _PRICED: "bound the target", _ROOM: ""}


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One limit after the trades; `gain` is what one small step brings, zero where nothing."""

    limit: LimitReport
    used: float | None
    gain: float
    count: int = 1

    @property
    def state(self) -> str:
        if is_missed(self.limit):
            return _MISSED
        if self.limit.binding:
            return _BINDS
        return _PRICED if self.gain > 0 else _ROOM


def limits(subject: Subject) -> Html:
    """Every limit that is missed or binds, then those that are nearest; the others by their number."""
    told = _gathered(_lines(subject))
    if not told:
        return Html("")
    certain = sum(line.state != _ROOM for line in told)
    shown = told[: max(_SHOWN, certain)]
    before = {limit.key: limit for limit in subject.before.limits}
    return section(
        "limits",
        "Limits after the trades",
        table(
            Table(
                columns=("Limit", "before", "after", "bound", "slack", "used", "one step looser"),
                rows=[_row(line, before, subject) for line in shown],
                left=(0, 3, 5, 6),
            )
        ),
        note(_explained(subject, len(told) - len(shown))),
    )


def _lines(subject: Subject) -> list[_Line]:
    """Stated limits and whatever has a price, missed first, then the dearest, then the most used."""
    prices = _prices(subject)
    given, reserve = stressed(subject.after), subject.after.reserve
    rows = [
        _Line(
            limit=limit,
            used=used_share(limit, reserve, given, subject.names),
            gain=prices.get(limit.key, 0.0),
        )
        for limit in subject.after.limits
        if limit.key.limit_id is not None or limit.key in prices
    ]
    order = {_MISSED: 0, _BINDS: 1, _PRICED: 1, _ROOM: 2}
    return sorted(rows, key=lambda row: (order[row.state], -row.gain, -(row.used or 0.0)))


def _gathered(rows: Sequence[_Line]) -> list[_Line]:
    """Members with room of one limit under scenarios or by horizon as one line, the nearest."""
    roomy = first_of_each([row for row in rows if row.state == _ROOM], lambda row: row.limit.key)
    tight = [row for row in rows if row.state != _ROOM]
    return tight + [replace(row, count=count) for row, count in roomy]


def _prices(subject: Subject) -> dict[LimitKey, float]:
    """What one small step of each limit was worth where the target was certified."""
    if subject.allocation is None:
        return {}
    objective = subject.problem.objective
    return {
        limit.key: loosening(limit, objective, is_share=subject.names.is_share(limit.key)).gain
        for limit in dearest(subject.allocation, objective)
    }


def _row(line: _Line, before: dict[LimitKey, LimitReport], subject: Subject) -> Row:
    limit, names = line.limit, subject.names
    earlier = before.get(limit.key)
    used: Content = ""
    if line.used is not None:
        used = element("span", bar(line.used), f" {percent(line.used, 0)} %", css="used")
    return Row(
        cells=(
            with_count(names.limit(limit.key), line.count),
            "" if earlier is None else names.number(limit.key, earlier.value, limit.unit),
            names.number(limit.key, limit.value, limit.unit),
            nearer_bound(limit, names),
            _slack(limit, subject),
            used,
            "; ".join(part for part in (_MARKS[line.state], _worth(line, subject)) if part),
        ),
        mark=line.state,
    )


def _slack(limit: LimitReport, subject: Subject) -> str:
    """Way to the nearer bound; of a soft limit that is missed how far it is beyond."""
    if is_missed(limit):
        return f"-{subject.names.number(limit.key, limit.violation, limit.unit)}"
    slacks = [slack for slack in (limit.lower_slack, limit.upper_slack) if slack is not None]
    return subject.names.number(limit.key, min(slacks), limit.unit) if slacks else ""


def _worth(line: _Line, subject: Subject) -> str:
    if line.gain <= 0:
        return ""
    priced = next(limit for limit in _certified(subject) if limit.key == line.limit.key)
    objective = subject.problem.objective
    step = loosening(priced, objective, is_share=subject.names.is_share(priced.key))
    return f"{step.signed}: {gain_in_words(step.gain, objective, subject.money)}"


def _certified(subject: Subject) -> tuple[LimitReport, ...]:
    return subject.allocation.limits if subject.allocation is not None else ()


def _explained(subject: Subject, hidden: int) -> str:
    objective = subject.problem.objective
    verb = "adds to" if objective.maximizes else "takes from"
    more = f" {hidden} more have more room." if hidden else ""
    return (
        f"One step looser: what a bound looser by so much {verb} {optimized(objective)} at the certified "
        f"target; each further step brings the same or less.{more}"
    )

"""The walk on disk, line by line, so that one that was interrupted goes on where it stopped.

The first line names the plan by a hash. Every further line is one period, with a hash of itself and of the
line before, so that a line that was edited, lost or written twice is found. A last line that was cut off is
dropped.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.backtest.records import Call, Decision, Outcome, Period, Reserve, SleeveEstimate
from counterpoise.canonical import canonical_json
from counterpoise.errors import CounterpoiseError

_FORMAT = 1


class JournalMismatch(CounterpoiseError):
    """A journal is of another plan, no journal, or not as it was written."""


def plan_sha256(plan: WalkForwardPlan) -> str:
    """Hash of all that a plan says."""
    rules = {
        item.name: getattr(plan, item.name)
        for item in dataclasses.fields(plan)
        if item.name not in {"problem", "estimation"}
    }
    text = json.dumps(rules, sort_keys=True, default=_plain)
    parts = (canonical_json(plan.problem), canonical_json(plan.estimation), text)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Journal:
    """Periods in a file; without a path they are nowhere but in memory. For one writer at a time."""

    def __init__(self, path: Path | None, plan: WalkForwardPlan) -> None:
        self._path = path
        self._dates = [plan.history.dates[index] for index in plan.periods]
        self._head = json.dumps({"format": _FORMAT, "plan_sha256": plan_sha256(plan)})
        self._last = _sha256("", self._head)

    def read(self) -> list[Period]:
        """The periods that are there; starts the file where there is none. Raises JournalMismatch."""
        self._last = _sha256("", self._head)
        if self._path is None:
            return []
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        if "\n" not in text and self._head.startswith(text):
            self._path.write_text(self._head + "\n", encoding="utf-8")
            return []
        whole = text[: text.rfind("\n") + 1]
        if len(whole.splitlines()) == 1 and _is_head(whole):
            # Nothing was walked under it.
            self._path.write_text(self._head + "\n", encoding="utf-8")
            return []
        head, *lines = whole.splitlines() or [""]
        if head != self._head:
            raise JournalMismatch(
                f"{self._path}: no journal, or one of another plan: problem, returns or rules have changed; "
                "name another place, or remove it to start anew"
            )
        periods = [self._period(number, line) for number, line in enumerate(lines)]
        if len(whole) < len(text):
            self._path.write_text(whole, encoding="utf-8")
        return periods

    def add(self, period: Period) -> None:
        """Writes a period down."""
        if self._path is None:
            return
        body = json.dumps(dataclasses.asdict(period), default=_plain)
        self._last = _sha256(self._last, body)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f'{{"sha256": "{self._last}", "period": {body}}}\n')

    def _period(self, number: int, line: str) -> Period:
        """The period of a line, which follows the one before it."""
        try:
            tree = json.loads(line)
            self._last = _sha256(self._last, json.dumps(tree["period"]))
            period = _period(tree["period"]) if tree["sha256"] == self._last else None
        except (KeyError, TypeError, ValueError):
            period = None
        if period is None or number >= len(self._dates) or period.date != self._dates[number]:
            raise JournalMismatch(
                f"{self._path}, line {number + 2}: not as it was written, or by two walks at once; remove "
                "this line and all after it to go on from there"
            )
        return period


def _is_head(line: str) -> bool:
    try:
        return set(json.loads(line)) == {"format", "plan_sha256"}
    except (TypeError, ValueError):
        return False


def _sha256(before: str, text: str) -> str:
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, datetime.date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} cannot be written down")


def _period(tree: dict[str, Any]) -> Period:
    return Period(
        **{
            **tree,
            "date": datetime.date.fromisoformat(tree["date"]),
            "calls": tuple(Call(**call) for call in tree["calls"]),
            "reserve": Reserve(**tree["reserve"]),
            "missing_returns": tuple(tree["missing_returns"]),
            "due_notices": tuple((name, at, money) for name, at, money in tree["due_notices"]),
            "decision": _decision(tree["decision"]),
        }
    )


def _decision(tree: dict[str, Any] | None) -> Decision | None:
    if tree is None:
        return None
    sleeves = {name: SleeveEstimate(**item) for name, item in tree["sleeves"].items()}
    return Decision(**{**tree, "outcome": Outcome(tree["outcome"]), "sleeves": sleeves})

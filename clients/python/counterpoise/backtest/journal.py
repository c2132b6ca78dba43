"""The walk on disk, line by line, so that one that was interrupted goes on where it stopped.

The first line names the plan by a hash; every further line is one period. A last line that was cut off is
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
    """A journal is of another plan, or no journal."""


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
    """Periods in a file; without a path they are nowhere but in memory."""

    def __init__(self, path: Path | None, plan: WalkForwardPlan) -> None:
        self._path = path
        self._head = json.dumps({"format": _FORMAT, "plan_sha256": plan_sha256(plan)})

    def read(self) -> list[Period]:
        """The periods that are there; starts the file where there is none. Raises JournalMismatch."""
        if self._path is None:
            return []
        if not self._path.exists() or not self._path.stat().st_size:
            self._path.write_text(self._head + "\n", encoding="utf-8")
            return []
        text = self._path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        head, *lines = whole.splitlines() or [""]
        if head != self._head:
            raise JournalMismatch(
                f"{self._path}: of another plan, or no journal; name another file, or remove it to start anew"
            )
        if len(whole) < len(text):
            self._path.write_text(whole, encoding="utf-8")
        return [_period(json.loads(line)) for line in lines]

    def add(self, period: Period) -> None:
        """Writes a period down."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(dataclasses.asdict(period), default=_plain) + "\n")


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, datetime.date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} cannot be written down")


def _period(tree: dict[str, Any]) -> Period:
    decision = tree["decision"]
    return Period(
        **{
            **tree,
            "date": datetime.date.fromisoformat(tree["date"]),
            "calls": tuple(Call(**call) for call in tree["calls"]),
            "reserve": Reserve(**tree["reserve"]),
            "due_notices": tuple((name, at, money) for name, at, money in tree["due_notices"]),
            "decision": None
            if decision is None
            else Decision(
                **{
                    **decision,
                    "outcome": Outcome(decision["outcome"]),
                    "sleeves": {name: SleeveEstimate(**item) for name, item in decision["sleeves"].items()},
                }
            ),
        }
    )

"""Dataclasses as the texts that the store keeps: canonical JSON, and back."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar, cast

from google.protobuf import json_format

from counterpoise import wire
from counterpoise.canonical import canonical_json
from counterpoise.model import (
    AllocationProblem,
    PortfolioMeasures,
    RunPolicy,
    RunRefusal,
    Schedule,
    TradePolicy,
    Trigger,
)
from counterpoise.schema import schema_for

T = TypeVar("T")
_TRIGGER = "trigger_"


def read_text(text: str, kind: type[T]) -> T:
    """The dataclass of a message's canonical JSON."""
    return cast("T", wire.to_model(json_format.Parse(text, schema_for(kind).message())))


@lru_cache(maxsize=4)
def read_problem(text: str) -> AllocationProblem:
    """The problem of a revision, as marks and triggers ask for it again and again."""
    return read_text(text, AllocationProblem)


def read_problem_date(text: str) -> datetime.date:
    """The day of a problem, without the rest of it."""
    return datetime.date(**json.loads(text)["portfolio"]["as_of_date"])


def write_policies(
    run_policy: RunPolicy | None,
    trade_policy: TradePolicy | None,
    schedule: Schedule | None = None,
    triggers: Sequence[Trigger] = (),
) -> str:
    """Both policies, the schedule and triggers in one text, which changes exactly when they do."""
    parts: dict[str, object] = {"run_policy": run_policy, "trade_policy": trade_policy, "schedule": schedule}
    parts |= {f"{_TRIGGER}{index:02}": trigger for index, trigger in enumerate(triggers)}
    return _joined(parts)


def read_policies(text: str) -> tuple[RunPolicy | None, TradePolicy | None]:
    """The policies that `write_policies` wrote."""
    parts = json.loads(text)
    return _part(parts, "run_policy", RunPolicy), _part(parts, "trade_policy", TradePolicy)


def read_schedule(text: str) -> Schedule | None:
    """The schedule that `write_policies` wrote."""
    return _part(json.loads(text), "schedule", Schedule)


def read_triggers(text: str) -> tuple[Trigger, ...]:
    """The triggers that `write_policies` wrote, in their order."""
    parts = json.loads(text)
    return tuple(
        read_text(json.dumps(parts[name]), Trigger) for name in sorted(parts) if name.startswith(_TRIGGER)
    )


def write_measures(before: PortfolioMeasures, after: PortfolioMeasures) -> str:
    """A portfolio before and after trades."""
    return _joined({"before": before, "after": after})


def read_measures(text: str) -> tuple[PortfolioMeasures | None, PortfolioMeasures | None]:
    """What `write_measures` wrote; nothing of an empty text, which lists have."""
    parts = json.loads(text or "{}")
    return _part(parts, "before", PortfolioMeasures), _part(parts, "after", PortfolioMeasures)


def write_refusals(refusals: tuple[RunRefusal, ...]) -> str:
    """What stopped a run."""
    return "[" + ",".join(map(canonical_json, refusals)) + "]"


def read_refusals(text: str) -> tuple[RunRefusal, ...]:
    """What `write_refusals` wrote; nothing of an empty text."""
    return tuple(read_text(json.dumps(part), RunRefusal) for part in json.loads(text or "[]"))


def _joined(parts: dict[str, object]) -> str:
    written = (f'"{name}":{canonical_json(part)}' for name, part in parts.items() if part is not None)
    return "{" + ",".join(written) + "}"


def _part(parts: dict[str, object], name: str, kind: type[T]) -> T | None:
    return read_text(json.dumps(parts[name]), kind) if name in parts else None

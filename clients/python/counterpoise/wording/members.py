"""Limits that hold under many scenarios and by many horizons, told by one member."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from counterpoise.model import LimitKey

T = TypeVar("T")


def first_of_each(items: Sequence[T], key_of: Callable[[T], LimitKey]) -> list[tuple[T, int]]:
    """Items in their order; of a limit under scenarios or by horizon the first, and how many it has here."""
    many = _with_states(key_of(item) for item in items)
    counts = Counter(key_of(item).limit_id for item in items)
    told: list[tuple[T, int]] = []
    seen: set[str | None] = set()
    for item in items:
        origin = key_of(item).limit_id
        if origin not in many:
            told.append((item, 1))
        elif origin not in seen:
            seen.add(origin)
            told.append((item, counts[origin]))
    return told


def with_count(name: str, count: int) -> str:
    """A name with how many members it stands for."""
    return f"{name} (nearest of {count})" if count > 1 else name


def _with_states(keys: Iterable[LimitKey]) -> set[str | None]:
    return {
        key.limit_id
        for key in keys
        if key.limit_id is not None and (key.scenario_id or key.horizon_trading_days is not None)
    }

"""Soft limits in words: which are missed, by how much, and that they come before the goal."""

from __future__ import annotations

from counterpoise.model import PER_BASIS_POINT_WEIGHT, Allocation, LimitReport, Unit
from counterpoise.wording.figures import DUST
from counterpoise.wording.names import Names

_NAMED = 3


def comparable(number: float, unit: Unit) -> float:
    """A number in a limit's unit beside those of others: per basis point, ten thousand times as large."""
    return number * PER_BASIS_POINT_WEIGHT if unit is Unit.NAV_FRACTION_PER_BASIS_POINT else number


def is_missed(limit: LimitReport) -> bool:
    """Whether a soft limit is missed by more than rounding.

    It then has no price: loosening it makes the miss smaller and leaves the positions where they are.
    """
    return comparable(limit.violation, limit.unit) >= DUST


def missed_limits(allocation: Allocation) -> tuple[LimitReport, ...]:
    """Soft limits that are missed, priority 1 first, in each priority the largest miss first."""
    missed = [limit for limit in allocation.limits if is_missed(limit)]
    return tuple(sorted(missed, key=lambda limit: (limit.priority, -comparable(limit.violation, limit.unit))))


def missed_by(limit: LimitReport, names: Names) -> str:
    """How far a soft limit is missed: `3.00 % of NAV`."""
    told = names.number(limit.key, limit.violation, limit.unit)
    return f"{told} of NAV" if limit.unit is Unit.NAV_FRACTION else told


def misses_in_words(allocation: Allocation, names: Names) -> str:
    """`Private assets by 3.00 % of NAV, Commodities by 1.00 % of NAV and 2 more`; empty without any."""
    return _first(
        [f"{names.limit(item.key)} by {missed_by(item, names)}" for item in missed_limits(allocation)]
    )


def before_the_goal(allocation: Allocation, names: Names, *, priced: bool) -> str:
    """That what is missed is held, and what prices are then of; empty where nothing is missed."""
    missed = missed_limits(allocation)
    if not missed:
        return ""
    named = _first([f"{names.limit(item.key)} (priority {item.priority})" for item in missed])
    held, after = (
        ("are held at what they miss", "them") if len(missed) > 1 else ("is held at what it misses", "it")
    )
    left = f"prices below are what is left after {after}" if priced else f"nothing has a price after {after}"
    return f"Soft limits come first: {named} {held}; {left}."


def _first(words: list[str]) -> str:
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return f"{', '.join(words[:_NAMED])}{more}"

"""How much of a trade limits allow, alone or beside another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from optimizer.rebalance.trading.order_limits import Excess, Look
from optimizer.rebalance.trading.order_road import Road

_MOST_CHORDS = 8
"""Looks for the largest feasible part of one trade."""


def largest_part(road: Road, line: int, share: float) -> float:
    """The largest part of a trade that limits allow and that is no sliver, zero where there is none.

    Convex limits lie below their chords: where the chord from what is allowed to what is not meets the limit
    it is kept, and the next chord starts there.
    """
    work = road.work
    low, high, best = 0.0, share, 0.0
    at_low, at_high = road.here, road.look({line: share})
    for _ in range(_MOST_CHORDS):
        reached = low + (high - low) * _chord(at_low, at_high)
        part = work.cut(line, float(road.left[line]), reached)
        if part <= best:
            break
        look = road.look({line: part})
        if road.can_go(look):
            low, at_low, best = part, look, part
        else:
            high, at_high = part, look
    return best


def _chord(low: Look, high: Look) -> float:
    """Share of the way from what is allowed at which the first of the broken limits is met, in [0, 1]."""
    share = 1.0
    for before, after in _measured(low, high):
        broken = ~after.allowed_after(before)
        room = -np.minimum(before.raw[broken], 0.0)
        share = min(share, float((room / (after.raw[broken] - before.raw[broken])).min(initial=1.0)))
    return share


def helps(here: Look, one: Look, other: Look) -> bool:
    """Whether what the first trade breaks most gets better by the second alone."""
    for (before, after), (_, aside) in zip(_measured(here, one), _measured(here, other), strict=False):
        broken = np.flatnonzero(~after.allowed_after(before))
        if len(broken):
            worst = broken[np.argmax(after.counted[broken])]
            return bool(aside.raw[worst] < before.raw[worst])
    return True


def matching_parts(road: Road, done: Mapping[int, float], line: int, most: float) -> Iterator[float]:
    """Parts of a trade that may mend what others break: all of it, then what makes up for the worst."""
    yield most
    alone, both = road.look(done), road.look({**done, line: most})
    needed = 0.0
    for (before, without), (_, together) in zip(
        _measured(road.here, alone), _measured(road.here, both), strict=False
    ):
        broken = ~without.allowed_after(before)
        gained = without.raw[broken] - together.raw[broken]
        if np.any(gained <= 0.0):
            return
        missing = without.raw[broken] - np.maximum(before.raw[broken], 0.0)
        needed = max(needed, float((missing / gained).max(initial=0.0)))
    part = road.work.whole(line, needed, up=True)
    if road.work.cut(line, float(road.left[line]), part) == part > 0.0:
        yield part


def _measured(one: Look, other: Look) -> Iterator[tuple[Excess, Excess]]:
    """What both looks have seen."""
    yield one.plain, other.plain
    if one.posted is not None and other.posted is not None:
        yield one.posted, other.posted

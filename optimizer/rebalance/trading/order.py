"""The order of execution in which no limit breaks on the way.

Trades are done one at a time against cash: what raises the reserve first, then what takes notional off, then
what adds it, then what spends. A trade that cannot be done whole waits for others and is cut where nothing
else can move; where no trade can move alone two are done together, and in the end all that is left as one
package. Hard limits are convex and the end keeps them, so that there always is such an end. A redemption is
done on the day on which its money comes, and what needs the money waits for that day.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

import numpy as np

from counterpoise.model import ExecutionStep, FloatArray, StepPurpose
from optimizer.measures.book import Book
from optimizer.rebalance.trading.order_cash import open_cash
from optimizer.rebalance.trading.order_limits import HardLimits
from optimizer.rebalance.trading.order_parts import helps, largest_part, matching_parts
from optimizer.rebalance.trading.order_road import Road
from optimizer.rebalance.trading.order_work import open_work

_PAIRED = 60
"""Most trades that are tried in pairs: the work grows with their square."""
_MENDED = 1e-9
"""What a trade has to take off a breach to mend it, NAV fraction."""


def order_trades(
    book: Book,
    start: FloatArray,
    end: FloatArray,
    contract_amounts: Mapping[int, float],
    *,
    deadline: float = math.inf,
) -> tuple[ExecutionStep, ...]:
    """The trades from one portfolio to another, cut into steps, first to last.

    `start` and `end` are positions of shape (n,), `contract_amounts` the notional of one contract by
    line index, base currency. `Cash` says which reserve tiers balance a step, and how several share it.
    After each step every hard limit and every bound is kept within 1e-7 with the postings of
    `with_postings`, or broken by no more than before the step; only a last package is done whatever it
    breaks, since it ends where the caller wants to be. After the deadline, on the monotonic clock, what is
    left is that package. No steps where nothing but cash changes.
    """
    limits = HardLimits(book)
    work = open_work(book, open_cash(book, limits.box, start, end), start, end, contract_amounts)
    left = (work.change != 0.0).astype(float)
    road = Road(work, limits, left, limits.look(work.positions(left)))
    days = sorted({int(work.days[line]) for line in work.lines})
    for day in days:
        _work_through(road, day, deadline)
    if road.left.any():
        rest = {int(line): float(road.left[line]) for line in np.flatnonzero(road.left)}
        road.go(rest, StepPurpose.PACKAGE, days[-1])
    return tuple(road.steps)


def _work_through(road: Road, day: int, deadline: float) -> None:
    """Everything that can be done by a day: breaches are mended first, then the ways in their order."""
    ways: tuple[Callable[[Road, int], bool], ...] = (_mend, _do_whole, _do_part, _do_pair, _do_all)
    while any(time.monotonic() < deadline and way(road, day) for way in ways):
        pass


def _mend(road: Road, day: int) -> bool:
    """The first trade, whole or else in part, that lessens what is broken."""
    if road.here.breach == 0.0:
        return False
    for whole in (True, False):
        for line, share, purpose in road.work.legs(road.left, day):
            part = share if whole else largest_part(road, line, share)
            if not part:
                continue
            look = road.look({line: part})
            if road.can_go(look) and look.breach < road.here.breach - _MENDED:
                road.go({line: part}, purpose, day)
                return True
    return False


def _do_whole(road: Road, day: int) -> bool:
    """Every trade that can be done whole, in order."""
    moved = False
    for line, share, purpose in road.work.legs(road.left, day):
        if road.can_go(road.look({line: share})):
            road.go({line: share}, purpose, day)
            moved = True
    return moved


def _do_part(road: Road, day: int) -> bool:
    """The first trade of which a part can be done."""
    for line, share, purpose in road.work.legs(road.left, day):
        part = largest_part(road, line, share)
        if part:
            road.go({line: part}, purpose, day)
            return True
    return False


def _do_pair(road: Road, day: int) -> bool:
    """The first two trades that can be done together: one whole, and of the other what it takes.

    Where there are very many trades only the first of them are tried with each other.
    """
    legs = [(line, share) for line, share, _ in road.work.legs(road.left, day)][:_PAIRED]
    alone = {line: road.look({line: share}) for line, share in legs}
    for line, share in legs:
        for other, most in legs:
            if other == line or not helps(road.here, alone[line], alone[other]):
                continue
            for part in matching_parts(road, {line: share}, other, most):
                parts = {line: share, other: part}
                if road.can_go(road.look(parts)):
                    road.go(parts, StepPurpose.PACKAGE, day)
                    return True
    return False


def _do_all(road: Road, day: int) -> bool:
    """All that can be done by a day, as one package, where limits allow it before the end."""
    parts = {line: float(road.left[line]) for line, _, _ in road.work.legs(road.left, day)}
    if not parts or not road.can_go(road.look(parts)):
        return False
    road.go(parts, StepPurpose.PACKAGE, day)
    return True

"""The order of execution in which no limit breaks on the way.

Trades are done one at a time against cash: what raises the reserve first, then what takes notional off, then
what adds it, then what spends. A trade that cannot be done whole waits for others and is cut where nothing
else can move; where no trade can move alone two are done together, and in the end all that is left as one
package. Hard limits are convex and the end keeps them, so that there always is such an end. A redemption is
done on the day on which its money comes, and what needs the money waits for that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from counterpoise.model import ExecutionStep, FloatArray, StepPurpose, StepTrade
from optimizer.measures.book import Book
from optimizer.rebalance.order_cash import open_cash
from optimizer.rebalance.order_limits import Excess, HardLimits, Look
from optimizer.rebalance.order_work import Work, open_work

_MENDED = 1e-9
"""What a trade has to take off a breach to mend it, NAV fraction."""

_MOST_CHORDS = 8
"""Looks for the largest feasible part of one trade."""


def order_trades(
    book: Book, start: FloatArray, end: FloatArray, contract_amounts: Mapping[int, float]
) -> tuple[ExecutionStep, ...]:
    """The trades from one portfolio to another, cut into steps, first to last.

    `start` and `end` are positions of shape (n,), `contract_amounts` the notional of one contract by
    line index, base currency. After each step every hard limit and every bound is kept within 1e-7 with the
    postings of `with_postings`, or broken by no more than before the step; only the last step is done
    whatever it breaks, since it ends where the caller wants to be. No steps where nothing but cash changes.
    """
    limits = HardLimits(book)
    work = open_work(book, open_cash(book, limits.box, start, end), start, end, contract_amounts)
    left = (work.change != 0.0).astype(float)
    road = _Road(work, limits, left, limits.look(work.positions(left)))
    days = sorted({int(work.days[line]) for line in work.lines})
    for day in days:
        _work_through(road, day)
    if road.left.any():
        rest = {int(line): float(road.left[line]) for line in np.flatnonzero(road.left)}
        road.go(rest, StepPurpose.PACKAGE, days[-1])
    return tuple(road.steps)


@dataclass(eq=False)
class _Road:
    """How far the trades are, and the steps that were done."""

    work: Work
    limits: HardLimits
    left: FloatArray
    """Share of each line's trade that is left to do, shape (n,)."""
    here: Look
    steps: list[ExecutionStep] = field(default_factory=list)
    _seen: dict[tuple[tuple[int, float], ...], Look] = field(default_factory=dict)
    """Looks from here."""

    def look(self, parts: Mapping[int, float]) -> Look:
        """The portfolio after parts of lines, as far as the limits that say no."""
        key = tuple(sorted(parts.items()))
        if key not in self._seen:
            self._seen[key] = self.limits.look(
                self.work.positions(self.work.after(self.left, parts)), self.here
            )
        return self._seen[key]

    def can_go(self, look: Look) -> bool:
        """Whether limits allow to go there from here."""
        return self.limits.allows(look, self.here)

    def go(self, parts: Mapping[int, float], purpose: StepPurpose, day: int) -> None:
        """Does parts of lines as one step."""
        work, there = self.work, self.look(parts)
        self.left = work.after(self.left, parts)
        positions = work.positions(self.left)
        self.here = self.limits.look(positions) if there.variables is None else there
        self._seen.clear()
        if self.here.variables is None:
            raise ValueError("a look without comparison sees every limit")
        self.steps.append(
            ExecutionStep(
                trading_day=day,
                trades=tuple(_step_trade(work, line, parts[line]) for line in sorted(parts)),
                purpose=purpose,
                cash_fraction=float(work.book.same_day @ positions),
                worst_hard_violation=self.limits.worst(self.here.variables),
            )
        )


def _step_trade(work: Work, line: int, part: float) -> StepTrade:
    portfolio, count = work.book.problem.portfolio, int(work.contract_counts[line])
    fraction = part * float(work.change[line])
    return StepTrade(
        line_id=portfolio.lines[line].line_id,
        fraction=fraction,
        amount=fraction * portfolio.nav_amount,
        contract_count=round(part * count) if count else None,
    )


def _work_through(road: _Road, day: int) -> None:
    """Everything that can be done by a day: breaches are mended first, then the ways in their order."""
    ways: tuple[Callable[[_Road, int], bool], ...] = (_mend, _do_whole, _do_part, _do_pair, _do_all)
    while any(way(road, day) for way in ways):
        pass


def _mend(road: _Road, day: int) -> bool:
    """The first trade, whole or else in part, that lessens what is broken."""
    if road.here.breach == 0.0:
        return False
    for whole in (True, False):
        for line, share, purpose in road.work.legs(road.left, day):
            part = share if whole else _largest_part(road, line, share)
            if not part:
                continue
            look = road.look({line: part})
            if road.can_go(look) and look.breach < road.here.breach - _MENDED:
                road.go({line: part}, purpose, day)
                return True
    return False


def _do_whole(road: _Road, day: int) -> bool:
    """Every trade that can be done whole, in order."""
    moved = False
    for line, share, purpose in road.work.legs(road.left, day):
        if road.can_go(road.look({line: share})):
            road.go({line: share}, purpose, day)
            moved = True
    return moved


def _do_part(road: _Road, day: int) -> bool:
    """The first trade of which a part can be done."""
    for line, share, purpose in road.work.legs(road.left, day):
        part = _largest_part(road, line, share)
        if part:
            road.go({line: part}, purpose, day)
            return True
    return False


def _do_pair(road: _Road, day: int) -> bool:
    """The first two trades that can be done together: one whole, and of the other what it takes."""
    legs = [(line, share) for line, share, _ in road.work.legs(road.left, day)]
    alone = {line: road.look({line: share}) for line, share in legs}
    for line, share in legs:
        for other, most in legs:
            if other == line or not _helps(road.here, alone[line], alone[other]):
                continue
            for part in _matching_parts(road, {line: share}, other, most):
                parts = {line: share, other: part}
                if road.can_go(road.look(parts)):
                    road.go(parts, StepPurpose.PACKAGE, day)
                    return True
    return False


def _do_all(road: _Road, day: int) -> bool:
    """All that can be done by a day, as one package, where limits allow it before the end."""
    parts = {line: float(road.left[line]) for line, _, _ in road.work.legs(road.left, day)}
    if not parts or not road.can_go(road.look(parts)):
        return False
    road.go(parts, StepPurpose.PACKAGE, day)
    return True


def _largest_part(road: _Road, line: int, share: float) -> float:
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


def _helps(here: Look, one: Look, other: Look) -> bool:
    """Whether what the first trade breaks most gets better by the second alone."""
    for (before, after), (_, aside) in zip(_measured(here, one), _measured(here, other), strict=False):
        broken = np.flatnonzero(~after.allowed_after(before))
        if len(broken):
            worst = broken[np.argmax(after.counted[broken])]
            return bool(aside.raw[worst] < before.raw[worst])
    return True


def _matching_parts(road: _Road, done: Mapping[int, float], line: int, most: float) -> Iterator[float]:
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

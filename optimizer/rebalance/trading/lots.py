"""Which positions can be traded: whole contracts, minimum tickets, and room around a target."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from counterpoise.model import BoolArray, FloatArray, TradePolicy
from optimizer.measures.book import Book
from optimizer.measures.box import Box, box_of

WHOLE = 1e-9
"""Contracts this close to a whole number, relative to their count where that is above one, are whole."""

UNTRADED = 1e-9
"""A change below this is none, NAV fraction."""

_INSIDE_TICKET = 1e-9
"""Tickets are met with this to spare, relative, so that rounding errors leave none too small."""


def whole_contracts(count: float) -> int:
    """The whole count nearest to a count; halves go up, as whole trades need."""
    return math.floor(count + 0.5)


def contract_amounts(book: Book) -> dict[int, float]:
    """Notional of one contract by line index, base currency; lines without contract terms are left out."""
    found = {}
    for index, line in enumerate(book.problem.portfolio.lines):
        amount = None if line.overlay is None else line.overlay.contract_amount
        if amount is not None:
            found[index] = amount
    return found


@dataclass(frozen=True, eq=False)
class Lots:
    """What of a book comes in steps; NAV fractions by line, shape (n,)."""

    box: Box
    size: FloatArray
    """One contract; 0 for lines that are held in any amount, and for pinned ones."""
    contract: FloatArray
    """One contract of every line with contract terms; 0 for others."""
    now: FloatArray
    """Where a line is when it does not trade: whole contracts, else the current position."""
    ticket: FloatArray
    """Least change of a line that changes, in whole contracts where it has them; 0 where any will do."""
    band: float
    """Half the width of the band around each target; 0 without bands."""
    balancing: BoolArray
    """Cash that balances: reserve tiers that may pay variation margin."""
    pinned: BoolArray
    """Lines whose bounds leave one position."""

    @property
    def rounds(self) -> bool:
        """Whether anything has to be rounded at all."""
        return bool(self.size.any() or self.ticket.any() or self.band > 0.0)

    def whole(self, positions: FloatArray) -> FloatArray:
        """The positions with lines of contracts at their nearest whole number."""
        sizes = np.where(self.size > 0.0, self.size, 1.0)
        return np.where(self.size > 0.0, np.floor(positions / sizes + 0.5) * self.size, positions)

    def counts(self, positions: FloatArray) -> dict[int, int]:
        """Whole contracts at these positions, by line index."""
        lines = np.flatnonzero(self.contract > 0.0)
        return {int(line): whole_contracts(float(positions[line] / self.contract[line])) for line in lines}

    def tradable(self, positions: FloatArray) -> bool:
        """Whether contracts are whole and no trade is below its ticket."""
        sizes = np.where(self.size > 0.0, self.size, 1.0)
        counts = positions / sizes
        off = np.abs(counts - np.round(counts)) > WHOLE * np.maximum(np.abs(counts), 1.0)
        trade = np.abs(positions - self.now)
        small = (trade > UNTRADED) & (trade < self.ticket * (1.0 - WHOLE))
        return not np.any(off & (self.size > 0.0)) and not np.any(small)


def lots_of(book: Book, policy: TradePolicy | None) -> Lots:
    """Contracts, tickets and bands of a book under a policy; without one there are contracts alone."""
    policy = TradePolicy() if policy is None else policy
    nav, box, count = book.problem.portfolio.nav_amount, box_of(book), book.line_count
    contract = np.zeros(count)
    for index, amount in contract_amounts(book).items():
        contract[index] = amount / nav
    pinned = box.lower[:count] >= box.upper[:count]
    # A line that is not for sale keeps what it has; one that is pinned elsewhere has to get there in lots.
    there = pinned & (np.abs(book.current[:count] - box.lower[:count]) <= UNTRADED)
    size = np.where(there, 0.0, contract)
    sizes = np.where(size > 0.0, size, 1.0)
    current = book.current[:count]
    now = np.where(size > 0.0, np.floor(current / sizes + 0.5) * size, current)
    balancing = (book.same_day > 0.0) & ~pinned
    least = (policy.minimum_ticket_amount or 0.0) / nav
    whole = np.ceil(least / sizes * (1.0 - WHOLE)) * size
    ticket = np.where(size > 0.0, np.where(whole > size, whole, 0.0), least * (1.0 + _INSIDE_TICKET))
    return Lots(
        box=box,
        size=size,
        contract=contract,
        now=now,
        ticket=np.where(balancing | pinned, 0.0, ticket),
        band=policy.band_fraction or 0.0,
        balancing=balancing,
        pinned=pinned,
    )


@dataclass(frozen=True, eq=False)
class Room:
    """Where each line may go, NAV fractions by line; contracts at whole numbers inside."""

    lower: FloatArray
    upper: FloatArray
    ticketed: BoolArray
    """Lines whose least change is within their room, so that they need a decision."""

    def fixed(self, lines: BoolArray, positions: FloatArray) -> Room:
        """The same room with some lines at given positions."""
        return Room(
            np.where(lines, positions, self.lower),
            np.where(lines, positions, self.upper),
            self.ticketed & ~lines,
        )


def room_around(lots: Lots, target: FloatArray, width: float, *, cash_free: bool = True) -> Room:
    """`width` to either side of the target, inside the box, with a whole number of contracts on each side.

    `cash_free` leaves the whole of its box to cash that balances.
    """
    count = len(target)
    low, high = lots.box.lower[:count], lots.box.upper[:count]
    lower, upper = np.maximum(target - width, low), np.minimum(target + width, high)
    if cash_free:
        lower, upper = np.where(lots.balancing, low, lower), np.where(lots.balancing, high, upper)
    # A trade below the ticket is left out, or made as large as it, wherever the band ends.
    near = np.abs(target - lots.now) < lots.ticket
    beside = np.where(lots.now > high, lots.now - lots.ticket, lots.now)
    beside = np.clip(np.where(lots.now < low, lots.now + lots.ticket, beside), low, high)
    lower = np.where(near, np.minimum(lower, beside), lower)
    upper = np.where(near, np.maximum(upper, beside), upper)
    sizes = np.where(lots.size > 0.0, lots.size, 1.0)
    slack = WHOLE * np.maximum(np.abs(target / sizes), 1.0)
    first, last = np.ceil(lower / sizes - slack), np.floor(upper / sizes + slack)
    empty = first > last
    first = np.where(empty, np.floor(target / sizes + slack), first)
    last = np.where(empty, np.ceil(target / sizes - slack), last)
    first = np.maximum(first, np.ceil(low / sizes - slack))
    last = np.minimum(last, np.floor(high / sizes + slack))
    lower = np.where(lots.size > 0.0, first * lots.size, lower)
    upper = np.where(lots.size > 0.0, last * lots.size, upper)
    lower, upper = (np.where(lots.pinned, low, side) for side in (lower, upper))
    inside = (lower < lots.now + lots.ticket) & (upper > lots.now - lots.ticket)
    reachable = (upper >= lots.now + lots.ticket) | (lower <= lots.now - lots.ticket)
    reachable |= (lower <= lots.now) & (lots.now <= upper)
    return Room(lower, upper, (lots.ticket > 0.0) & inside & reachable)


def nearest(lots: Lots, room: Room, target: FloatArray) -> Room:
    """Every line that comes in steps at its nearest tradable position, or on the nearer side of its ticket.

    Lines in bands aim at the nearest place of the band to where they are.
    """
    aim = np.clip(lots.now, room.lower, room.upper) if lots.band > 0.0 else target
    lower, upper = room.lower.copy(), room.upper.copy()
    aim = np.clip(aim, lower, upper)
    for line in np.flatnonzero((lots.size > 0.0) | room.ticketed):
        now, ticket, size = lots.now[line], lots.ticket[line], lots.size[line]
        wanted = round(aim[line] / size) * size if size > 0.0 else aim[line]
        if room.ticketed[line] and abs(wanted - now) < ticket:
            wanted = _beside_ticket(aim[line], now, ticket, (lower[line], upper[line]))
        if size > 0.0 or abs(wanted - now) < UNTRADED:
            lower[line] = upper[line] = wanted
        elif room.ticketed[line]:
            lower[line], upper[line] = branch(room, int(line), now, ticket, wanted)
    return Room(lower, upper, np.zeros(len(target), dtype=bool))


def branch(room: Room, line: int, now: float, ticket: float, position: float) -> tuple[float, float]:
    """Room of a line with a ticket on the side of a position: more, less, or where it is."""
    if abs(position - now) < 0.5 * ticket:
        return now, now
    if position > now:
        return max(now + ticket, room.lower[line]), room.upper[line]
    return room.lower[line], min(now - ticket, room.upper[line])


def _beside_ticket(aim: float, now: float, ticket: float, room: tuple[float, float]) -> float:
    """The nearest to the aim of no trade and one ticket either way, inside the room."""
    places = [place for place in (now, now - ticket, now + ticket) if room[0] <= place <= room[1]]
    return min(places, key=lambda place: abs(place - aim), default=now)

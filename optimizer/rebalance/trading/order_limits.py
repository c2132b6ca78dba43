"""Hard limits at portfolios on the way: what is broken, and whether a step makes anything worse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from counterpoise.model import BoolArray, FloatArray, LimitKey, Side, Unit
from optimizer.certificate.residuals import (
    VIOLATION_TOLERANCE,
    box_key,
    violation_scale,
    worst_residual,
)
from optimizer.measures.book import Book
from optimizer.measures.box import box_of
from optimizer.measures.constraint import Constraint
from optimizer.measures.limits import constraints_of
from optimizer.rebalance.trading.postings import reads_postings, settled

_ROUNDING = 1e-12
"""What the same breach may differ by when it is measured again."""


@dataclass(frozen=True, eq=False)
class Excess:
    """How far members of limits, then bounds, are beyond; below zero is room."""

    raw: FloatArray
    """In each limit's unit."""
    counted: FloatArray
    """In NAV fractions as the certificate counts them; what is within limits may be counted by more."""

    @property
    def broken(self) -> BoolArray:
        """Mask of what is broken."""
        return self.counted > VIOLATION_TOLERANCE

    def allowed_after(self, before: Excess) -> BoolArray:
        """Mask of what is kept here, or was broken before and by no less."""
        mended = (self.raw <= before.raw + _ROUNDING) & (self.counted <= before.counted + _ROUNDING)
        return np.asarray(~self.broken | (before.broken & mended))


@dataclass(frozen=True, eq=False)
class Look:
    """A portfolio as the limits see it."""

    plain: Excess
    """Of limits that postings do not enter, and of the bounds of positions."""
    posted: Excess | None = None
    """Of the others; None where the first say no already."""
    variables: FloatArray | None = None
    """Positions and postings; None as above."""

    @property
    def breach(self) -> float:
        """Sum of what is broken, as the certificate counts."""
        parts = [self.plain] if self.posted is None else [self.plain, self.posted]
        return sum(float(part.counted[part.broken].sum()) for part in parts)


class HardLimits:
    """The hard constraints and the box of a book, read at portfolios whose postings are worked out.

    Limits that postings do not enter are read first: most portfolios that will not do are known by them, and
    the postings, a linear program, are never asked for.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self.box = box_of(book)
        self.constraints = tuple(item for item in constraints_of(book) if item.priority == 0)
        self._free = self.box.lower < self.box.upper
        self._plain: list[Constraint] = []
        self._posted: list[Constraint] = []
        for constraint in self.constraints:
            posted = reads_postings(constraint, book.line_count)
            (self._posted if posted else self._plain).append(constraint)
        self._scales: dict[str, FloatArray] = {}

    def look(self, positions: FloatArray, before: Look | None = None) -> Look:
        """Positions of shape (n,); with `before` no further than to the first limits that say no."""
        count, postings = self._book.line_count, len(self._book.postings.tier)
        bare = np.concatenate([positions, np.zeros(postings)])
        plain = self._excess(self._plain, bare, slice(0, count))
        if before is not None and not plain.allowed_after(before.plain).all():
            return Look(plain)
        variables = settled(self._book, positions, self._posted)
        return Look(plain, self._excess(self._posted, variables, slice(count, count + postings)), variables)

    def allows(self, after: Look, before: Look) -> bool:
        """Whether nothing is broken but what was, and by no more."""
        return (
            after.posted is not None
            and before.posted is not None
            and bool(after.plain.allowed_after(before.plain).all())
            and bool(after.posted.allowed_after(before.posted).all())
        )

    def worst(self, variables: FloatArray) -> float:
        """Largest violation, NAV fraction."""
        return worst_residual(self._book, self.box, self.constraints, variables).violation

    def broken(self, look: Look) -> tuple[LimitKey, ...]:
        """Keys of what is broken, each once."""
        if look.posted is None:
            raise ValueError("look without `before` to see every limit")
        mask = np.concatenate([look.plain.broken, look.posted.broken])
        found = {key: None for key, is_broken in zip(self._keys, mask, strict=True) if is_broken}
        return tuple(found)

    @cached_property
    def _keys(self) -> tuple[LimitKey, ...]:
        """In the order of a look."""
        keys: list[LimitKey] = []
        count = self._book.line_count
        variables = range(self._book.variable_count)
        for constraints, places in ((self._plain, variables[:count]), (self._posted, variables[count:])):
            for constraint in constraints:
                for _ in constraint.sides:
                    keys += constraint.keys
            for below in (True, False):
                keys += [box_key(self._book, self.box, place, below=below) for place in places]
        return tuple(keys)

    def _excess(self, constraints: list[Constraint], variables: FloatArray, place: slice) -> Excess:
        raw, counted = [], []
        for constraint in constraints:
            beyond = [_excess(constraint, side, variables) for side in constraint.sides]
            scale = self._scale(constraint, variables, beyond)
            raw += beyond
            counted += [excess / scale for excess in beyond]
        lower, upper = self.box.lower[place], self.box.upper[place]
        bounds = [lower - variables[place], variables[place] - upper]
        return Excess(np.concatenate([*raw, *bounds]), np.concatenate([*counted, *bounds]))

    def _scale(self, constraint: Constraint, variables: FloatArray, beyond: list[FloatArray]) -> FloatArray:
        """What the certificate divides by, kept where it does not move, and one where nobody asks."""
        if constraint.name in self._scales:
            return self._scales[constraint.name]
        moves = constraint.rows.norm is not None or constraint.rows.pieces is not None
        asked = constraint.unit is Unit.NAV_FRACTION_PER_BASIS_POINT or any(
            excess.max(initial=0.0) > VIOLATION_TOLERANCE for excess in beyond
        )
        if moves and not asked:
            return np.ones(len(constraint.keys))
        scale = violation_scale(constraint, variables, self._free)
        if not moves:
            self._scales[constraint.name] = scale
        return scale


def _excess(constraint: Constraint, side: Side, variables: FloatArray) -> FloatArray:
    excess = constraint.excess(side, variables)
    return np.where(np.isfinite(excess), excess, np.finfo(float).max)

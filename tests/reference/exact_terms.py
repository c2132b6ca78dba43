"""A weighted sum of violations as a separable function of positions and postings, in exact arithmetic."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

from tests.reference.exact_box import Interval

Posting = tuple[str, str]


@dataclass
class Total:
    """constant + sum slope h + sum kink |h| + sum posting_slope y."""

    constant: Fraction = Fraction(0)
    slope: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    kink: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    posting_slope: dict[Posting, Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    def add(self, other: Total, factor: Fraction) -> None:
        """Adds a multiple."""
        self.constant += factor * other.constant
        for mine, its in (
            (self.slope, other.slope),
            (self.kink, other.kink),
        ):
            for line_id, value in its.items():
                mine[line_id] += factor * value
        for key, value in other.posting_slope.items():
            self.posting_slope[key] += factor * value

    def least(self, lines: dict[str, Interval]) -> Fraction:
        """Least value over the boxes; every kink must be convex, so the ends and zero are enough."""
        total = self.constant
        for line_id, (lower, upper) in lines.items():
            slope, kink = self.slope.get(line_id, Fraction(0)), self.kink.get(line_id, Fraction(0))
            if kink < 0 and lower < 0 < upper:
                raise ValueError(f"the weighted sum is not convex in {line_id}")
            points = [lower, upper, Fraction(0)] if lower < 0 < upper else [lower, upper]
            total += min(slope * point + kink * abs(point) for point in points)
        for (tier_id, _), value in self.posting_slope.items():
            total += min(Fraction(0), value * max(lines[tier_id][1], Fraction(0)))
        return total

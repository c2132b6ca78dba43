"""Numbers of one answer that several reports show, each worked out when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from counterpoise.model import FloatArray
from optimizer.measures.book import Book
from optimizer.measures.convex import weighted_count
from optimizer.measures.margin import initial_margins, margins_alone
from optimizer.measures.returns import one_off_costs
from optimizer.reports.states import states_of


@dataclass(frozen=True, eq=False)
class Holdings:
    """Positions and postings v = (h, y) of a book."""

    book: Book
    variables: FloatArray
    """NAV fractions, shape (n + E,)."""

    @cached_property
    def positions(self) -> FloatArray:
        """The positions h, shape (n,)."""
        return self.variables[: self.book.line_count]

    @cached_property
    def margins(self) -> FloatArray:
        """Initial margin of each pool today, shape (pools,)."""
        return initial_margins(self.book, self.variables)

    @cached_property
    def stressed_margins(self) -> FloatArray:
        """Initial margin by state and pool, the base state first, shape (S, pools)."""
        return states_of(self.book).initial_margins(self.positions, self.margins)

    @cached_property
    def variation_margins(self) -> FloatArray:
        """Variation margin at the end of each state, shape (S, pools)."""
        return states_of(self.book).variation_margins(self.positions)

    @cached_property
    def margins_alone(self) -> FloatArray:
        """What each line would need alone in its pool, shape (n,)."""
        return margins_alone(self.book, self.variables)

    @cached_property
    def trading_costs(self) -> FloatArray:
        """What the trades cost, once, by line, shape (n,)."""
        return one_off_costs(self.book, self.variables)

    @cached_property
    def posted(self) -> FloatArray:
        """What each line has posted before haircut, shape (n,)."""
        book = self.book
        return weighted_count(book.postings.tier, self.variables[book.line_count :], book.line_count)

    @cached_property
    def traded(self) -> FloatArray:
        """Absolute change of each position, shape (n,)."""
        return np.asarray(np.abs(self.variables - self.book.current)[: self.book.line_count])

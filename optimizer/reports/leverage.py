"""Leverage on all four definitions."""

from __future__ import annotations

from counterpoise.model import FloatArray, LeverageDefinition, LeverageFigure
from optimizer.measures.book import Book
from optimizer.measures.leverage import leverage_rows


def report_leverage(book: Book, variables: FloatArray) -> tuple[LeverageFigure, ...]:
    """Always all four, whichever the mandate caps."""
    return tuple(
        LeverageFigure(
            definition=definition, value=float(leverage_rows(book, definition).values(variables)[0])
        )
        for definition in LeverageDefinition
    )

"""Leverage on all four definitions."""

from __future__ import annotations

from counterpoise.model import FloatArray, LeverageDefinition, LeverageFigure
from optimizer.measures.book import Book
from optimizer.measures.leverage import leverage_rows
from optimizer.measures.stress import stressed_nav


def report_leverage(
    book: Book, variables: FloatArray, *, stressed: bool = True
) -> tuple[LeverageFigure, ...]:
    """Always all four, whichever the mandate caps: today, then after every scenario that leaves any NAV."""
    figures = []
    for shock in book.shocks if stressed else book.shocks[:1]:
        nav = float(stressed_nav([shock]).values(variables)[0])
        if nav > 0.0:
            figures += [
                LeverageFigure(
                    definition=definition,
                    value=float(leverage_rows(book, definition, shock).values(variables)[0]) / nav,
                    scenario_id=shock.scenario_id,
                )
                for definition in LeverageDefinition
            ]
    return tuple(figures)

"""Leverage on all four definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from counterpoise.model import FloatArray, LeverageDefinition, LeverageFigure
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.convex import ConvexRows, SparseRows, no_rows, stacked
from optimizer.measures.leverage import leverage_rows
from optimizer.measures.norms import Taxicab
from optimizer.measures.shocks import BASE, Shock
from optimizer.measures.stress import stressed_nav
from optimizer.reports.holdings import Holdings
from optimizer.reports.instances import instances
from optimizer.reports.locked import locked

_FIGURE: Final = ("definition", "value", "scenario_id")
_DEFINITIONS: Final = tuple(LeverageDefinition)


@dataclass(frozen=True, eq=False)
class _Leverage:
    """Leverage on every definition in some states, one row for each, states first."""

    rows: ConvexRows
    """Without what nets on underlyings."""
    netted: SparseRows
    """Underlyings on which lines net, `underlyings` for each state."""
    underlyings: int
    nav: ConvexRows | None
    """What is left of NAV in each state; None today."""
    scenario_ids: tuple[str, ...]


_TODAY: Final = Recall[_Leverage](8)
_STRESSED: Final = Recall[_Leverage](8)


def report_leverage(
    book: Book, variables: FloatArray, *, stressed: bool = True
) -> tuple[LeverageFigure, ...]:
    """Always all four, whichever the mandate caps: today, then after every scenario that leaves any NAV."""
    return leverage_of(Holdings(book, variables), stressed=stressed)


def leverage_of(holdings: Holdings, *, stressed: bool = True) -> tuple[LeverageFigure, ...]:
    """The same."""
    book, variables = holdings.book, holdings.variables
    market, portfolio, scenarios = book.problem.market, book.problem.portfolio, book.problem.scenarios
    today = _TODAY.get((market, portfolio), lambda: locked(_leverage(book, [None])))
    figures = _figures(today, variables)
    if stressed and scenarios:
        after = _STRESSED.get(
            (market, portfolio, scenarios), lambda: locked(_leverage(book, book.shocks[1:]))
        )
        figures += _figures(after, variables)
    return instances(LeverageFigure, _FIGURE, figures)


def _figures(leverage: _Leverage, variables: FloatArray) -> list[tuple[LeverageDefinition, float, str]]:
    """Every definition in every state that leaves any NAV."""
    states = len(leverage.scenario_ids)
    values = leverage.rows.values(variables).reshape(states, len(_DEFINITIONS))
    if leverage.underlyings:
        net = np.abs(leverage.netted.times(variables)).reshape(states, leverage.underlyings)
        values[:, _DEFINITIONS.index(LeverageDefinition.COMMITMENT)] += net.sum(axis=1)
    nav = np.ones(states) if leverage.nav is None else leverage.nav.values(variables)
    return [
        (definition, value / left, scenario_id)
        for scenario_id, left, row in zip(leverage.scenario_ids, nav.tolist(), values.tolist(), strict=True)
        if left > 0.0
        for definition, value in zip(_DEFINITIONS, row, strict=True)
    ]


def _leverage(book: Book, shocks: Sequence[Shock | None]) -> _Leverage:
    """Of these states; None is today."""
    every = [leverage_rows(book, definition, shock) for shock in shocks for definition in _DEFINITIONS]
    norms = [rows.norm for rows in every if isinstance(rows.norm, Taxicab)]
    named = [shock for shock in shocks if shock is not None]
    return _Leverage(
        rows=ConvexRows(
            np.concatenate([rows.constant for rows in every]),
            stacked([rows.linear for rows in every]),
            absolute=stacked([no_rows(1) if rows.absolute is None else rows.absolute for rows in every]),
        ),
        netted=stacked([norm.rows for norm in norms]),
        underlyings=norms[0].rows.row_count if norms else 0,
        nav=stressed_nav(named) if named else None,
        scenario_ids=tuple([BASE if shock is None else shock.scenario_id for shock in shocks]),
    )

"""Sources of money against needs, in every state and by horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from counterpoise.model import (
    DEFAULT_HORIZONS_TRADING_DAYS,
    AllocationProblem,
    BoolArray,
    CoverageFigure,
    FloatArray,
    IndexArray,
    LineKind,
)
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.reports.holdings import Holdings
from optimizer.reports.instances import instances
from optimizer.reports.locked import locked
from optimizer.reports.states import Money, money_in, states_of, variation_of

SHORT = 1e-6
"""What is missing below this is not missing, NAV fraction: a limit that binds is met."""

_FIGURE: Final = (
    "scenario_id",
    "horizon_trading_days",
    "reserve_source_fraction",
    "funded_source_fraction",
    "sleeve_source_fraction",
    "credit_source_fraction",
    "initial_margin_fraction",
    "variation_margin_fraction",
    "outflow_fraction",
    "same_day_cash_fraction",
)
_SOURCES: Final = (
    LineKind.RESERVE_TIER,
    LineKind.FUNDED_BETA,
    LineKind.ALPHA_SLEEVE,
    LineKind.CREDIT_LINE,
)


@dataclass(frozen=True, eq=False)
class Coverage:
    """Money of one answer in S states by H horizons, NAV fractions; by state, the base state first."""

    scenario_ids: tuple[str, ...]
    horizons: tuple[int, ...]
    brought: FloatArray
    """What each line brings, shape (S * H, n)."""
    sources: FloatArray
    """Of reserve, funded lines, sleeves and credit, shape (4, S * H)."""
    margins: FloatArray
    """Initial margin, shape (S * H,)."""
    variations: FloatArray
    outflows: FloatArray
    same_day_cash: FloatArray

    @cached_property
    def source(self) -> FloatArray:
        """All money that is there, shape (S * H,)."""
        reserve, funded, sleeves, credit = self.sources
        return np.asarray(reserve + funded + sleeves + credit)

    @cached_property
    def need(self) -> FloatArray:
        """All money that is asked for, shape (S * H,)."""
        return np.asarray(self.margins + self.variations + self.outflows)

    @cached_property
    def first_shortfalls(self) -> list[int | None]:
        """First horizon at which needs exceed sources, by state; None where none does."""
        return self.first_horizons(self.need > self.source + SHORT)

    def first_horizons(self, short: BoolArray) -> list[int | None]:
        """First horizon by state of those where money is short, shape (S * H,)."""
        rows = short.reshape(len(self.scenario_ids), len(self.horizons)).tolist()
        return [
            min([days for days, missing in zip(self.horizons, row, strict=True) if missing], default=None)
            for row in rows
        ]

    def figures(self) -> tuple[CoverageFigure, ...]:
        """One for every state and horizon."""
        return instances(
            CoverageFigure,
            _FIGURE,
            zip(
                [name for name in self.scenario_ids for _ in self.horizons],
                self.horizons * len(self.scenario_ids),
                *self.sources.tolist(),
                self.margins.tolist(),
                self.variations.tolist(),
                self.outflows.tolist(),
                self.same_day_cash.tolist(),
                strict=True,
            ),
        )


def first_shortfall(figures: Sequence[CoverageFigure]) -> int | None:
    """First horizon at which needs exceed sources, of figures of one state; None where none does."""
    short = [
        figure.horizon_trading_days
        for figure in figures
        if figure.need_fraction > figure.source_fraction + SHORT
    ]
    return min(short, default=None)


_HORIZONS: Final = Recall[tuple[int, ...]](16)


def coverage_horizons(problem: AllocationProblem, *, always: bool = False) -> tuple[int, ...]:
    """Those of the mandate's coverage limits, else the usual ones; none where nothing asks for any.

    The same limits give the same object.
    """
    limits = tuple([limit for limit in problem.mandate.limits if limit.liquidity_coverage is not None])
    asked = _HORIZONS.get(
        limits,
        lambda: tuple(
            sorted(
                {
                    days
                    for limit in limits
                    if limit.liquidity_coverage is not None
                    for days in limit.liquidity_coverage.horizon_trading_days
                }
            )
        ),
    )
    if asked:
        return asked
    needed = problem.scenarios or problem.portfolio.cash_flows or always
    return DEFAULT_HORIZONS_TRADING_DAYS if needed else ()


def report_coverage(book: Book, variables: FloatArray, horizons: Sequence[int]) -> tuple[CoverageFigure, ...]:
    """One for every state and horizon, the base state first."""
    return coverage_of(Holdings(book, variables), tuple(horizons)).figures()


@dataclass(frozen=True, eq=False)
class _Table:
    """What does not depend on positions, by S states and H horizons."""

    money: Money
    gains: FloatArray
    """One and the return of every line, shape (S * H, n)."""
    place: IndexArray
    """State, horizon and pool of each margined line, as one number, shape (S * H * m,)."""
    moves: FloatArray
    """Returns of margined lines, shape (S * H, m)."""
    outflows: FloatArray
    """Shape (S * H,)."""
    kinds: tuple[IndexArray, ...]
    """Lines of each source."""


_TABLES: Final = Recall[_Table](8)


def coverage_of(holdings: Holdings, horizons: tuple[int, ...]) -> Coverage:
    """Money and needs of these positions in every state by these horizons."""
    if not horizons:
        none = np.zeros(0)
        return Coverage((), (), np.zeros((0, 0)), np.zeros((4, 0)), none, none, none, none)
    book, h = holdings.book, holdings.positions
    problem, states = book.problem, states_of(book)
    follows = (problem.market, problem.portfolio, problem.scenarios, horizons)
    table = _TABLES.get(follows, lambda: locked(_table(book, horizons)))
    brought = table.money.of(h)
    shape = (len(brought), len(problem.portfolio.margin_pools))
    variations = variation_of(table.place, table.moves * h[states.margined], shape)
    # One product after the other: a matrix times a vector rounds in another way.
    cash, posted = book.same_day, holdings.variables[book.line_count :]
    worth = np.array([cash @ row for row in table.gains * h])
    return Coverage(
        scenario_ids=states.scenario_ids,
        horizons=horizons,
        brought=brought,
        sources=np.stack([np.take(brought, lines, axis=1).sum(axis=1) for lines in table.kinds]),
        margins=np.repeat(holdings.stressed_margins.sum(axis=1), len(horizons)),
        variations=variations.sum(axis=1),
        outflows=table.outflows,
        same_day_cash=worth - cash[book.postings.tier] @ posted,
    )


def _table(book: Book, horizons: tuple[int, ...]) -> _Table:
    cases = [(shock, days) for shock in book.shocks for days in horizons]
    returns = np.stack([shock.returns(days) for shock, days in cases])
    margined, pools = np.flatnonzero(book.pool >= 0), len(book.problem.portfolio.margin_pools)
    outflows = [book.problem.portfolio.outflow_fraction(days) for days in horizons]
    firsts = pools * np.arange(len(cases))[:, None]
    return _Table(
        money=money_in(book, cases),
        gains=1.0 + returns,
        place=(firsts + book.pool[margined]).ravel().astype(np.intp),
        moves=np.take(returns, margined, axis=1),
        outflows=np.array(outflows * len(book.shocks), dtype=float),
        kinds=tuple([np.flatnonzero(book.is_kind(kind)) for kind in _SOURCES]),
    )

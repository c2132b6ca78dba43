"""Sources of money against needs, in every state and by horizon."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.model import (
    DEFAULT_HORIZONS_TRADING_DAYS,
    AllocationProblem,
    CoverageFigure,
    FloatArray,
    LineKind,
)
from optimizer.measures.book import Book
from optimizer.measures.coverage import money
from optimizer.measures.margin import initial_margins, stressed_margins, variation_values
from optimizer.measures.shocks import Shock

SHORT = 1e-6
"""What is missing below this is not missing, NAV fraction: a limit that binds is met."""


def first_shortfall(figures: Sequence[CoverageFigure]) -> int | None:
    """First horizon at which needs exceed sources, of figures of one state; None where none does."""
    short = [
        figure.horizon_trading_days
        for figure in figures
        if figure.need_fraction > figure.source_fraction + SHORT
    ]
    return min(short, default=None)


def coverage_horizons(problem: AllocationProblem, *, always: bool = False) -> tuple[int, ...]:
    """Those of the mandate's coverage limits, else the usual ones; none where nothing asks for any."""
    measures = (limit.liquidity_coverage for limit in problem.mandate.limits)
    asked = {days for measure in measures if measure is not None for days in measure.horizon_trading_days}
    if asked:
        return tuple(sorted(asked))
    needed = problem.scenarios or problem.portfolio.cash_flows or always
    return DEFAULT_HORIZONS_TRADING_DAYS if needed else ()


def report_coverage(book: Book, variables: FloatArray, horizons: Sequence[int]) -> tuple[CoverageFigure, ...]:
    """One for every state and horizon, the base state first."""
    figures, today = [], initial_margins(book, variables)
    for shock in book.shocks:
        margin = float(stressed_margins(book, variables, shock, today).sum())
        figures += [_figure(book, variables, shock, days, margin) for days in horizons]
    return tuple(figures)


def _figure(
    book: Book, variables: FloatArray, shock: Shock, trading_days: int, margin: float
) -> CoverageFigure:
    brought = money(book, shock, trading_days, variables)
    return CoverageFigure(
        scenario_id=shock.scenario_id,
        horizon_trading_days=trading_days,
        reserve_source_fraction=float(brought[book.is_kind(LineKind.RESERVE_TIER)].sum()),
        funded_source_fraction=float(brought[book.is_kind(LineKind.FUNDED_BETA)].sum()),
        sleeve_source_fraction=float(brought[book.is_kind(LineKind.ALPHA_SLEEVE)].sum()),
        credit_source_fraction=float(brought[book.is_kind(LineKind.CREDIT_LINE)].sum()),
        initial_margin_fraction=margin,
        variation_margin_fraction=float(variation_values(book, variables, shock, trading_days).sum()),
        outflow_fraction=book.problem.portfolio.outflow_fraction(trading_days),
        same_day_cash_fraction=_same_day_cash(book, variables, shock, trading_days),
    )


def _same_day_cash(book: Book, variables: FloatArray, shock: Shock, trading_days: int) -> float:
    """Tiers that may pay variation margin, at what they are worth, less what they have posted."""
    cash = book.same_day
    worth = float(cash @ ((1.0 + shock.returns(trading_days)) * variables[: book.line_count]))
    return worth - float(cash[book.postings.tier] @ variables[book.line_count :])

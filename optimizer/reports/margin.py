"""Margin by pool and what the reserve does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from counterpoise.model import CoverageFigure, FloatArray, LineValue, PoolMargin, ReserveReport
from optimizer.measures.book import Book
from optimizer.measures.margin import initial_margins, stressed_margins, variation_values
from optimizer.measures.shocks import Shock


def report_pool_margins(book: Book, variables: FloatArray) -> tuple[PoolMargin, ...]:
    """One for every pool, today with the tiers posted before haircut, then after every scenario."""
    today = initial_margins(book, variables)
    return tuple(margin for shock in book.shocks for margin in _margins(book, variables, shock, today))


def _margins(book: Book, variables: FloatArray, shock: Shock, today: FloatArray) -> Iterator[PoolMargin]:
    initial = stressed_margins(book, variables, shock, today)
    variation = variation_values(book, variables, shock, shock.last_day)
    for index, pool in enumerate(book.problem.portfolio.margin_pools):
        yield PoolMargin(
            margin_pool_id=pool.margin_pool_id,
            initial_margin_fraction=float(initial[index]),
            posted_fractions=_posted(book, variables, index) if shock.scenario is None else (),
            scenario_id=shock.scenario_id,
            variation_margin_fraction=float(variation[index]),
        )


def _posted(book: Book, variables: FloatArray, pool: int) -> tuple[LineValue, ...]:
    line_ids, posted = book.problem.portfolio.line_ids, book.postings
    return tuple(
        LineValue(line_id=line_ids[posted.tier[posting]], value=float(variables[book.line_count + posting]))
        for posting in np.flatnonzero(posted.pool == pool)
        if variables[book.line_count + posting] > 0.0
    )


def report_reserve(
    book: Book, variables: FloatArray, figures: tuple[CoverageFigure, ...] = ()
) -> ReserveReport:
    """All tiers, what is posted, what is free, what of that may pay variation margin; and coverage."""
    posted_by_tier = np.bincount(book.postings.tier, variables[book.line_count :], minlength=book.line_count)
    reserve = encumbered = eligible = 0.0
    for index, line in enumerate(book.problem.portfolio.lines):
        if line.reserve_tier is None:
            continue
        reserve += float(variables[index])
        encumbered += float(posted_by_tier[index])
        if line.reserve_tier.variation_margin_eligible:
            eligible += float(variables[index] - posted_by_tier[index])
    return ReserveReport(
        reserve_fraction=reserve,
        encumbered_fraction=encumbered,
        free_fraction=reserve - encumbered,
        variation_margin_eligible_fraction=eligible,
        coverage_figures=figures,
    )

"""Margin by pool and what the reserve does."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, LineValue, PoolMargin, ReserveReport
from optimizer.measures.book import Book
from optimizer.measures.structure import initial_margins


def report_pool_margins(book: Book, variables: FloatArray) -> tuple[PoolMargin, ...]:
    """One for every pool: initial margin, and the tiers posted before haircut."""
    margins = initial_margins(book, variables)
    line_ids, posted = book.problem.portfolio.line_ids, book.postings
    return tuple(
        PoolMargin(
            margin_pool_id=pool.margin_pool_id,
            initial_margin_fraction=float(margins[index]),
            posted_fractions=tuple(
                LineValue(
                    line_id=line_ids[posted.tier[posting]], value=float(variables[book.line_count + posting])
                )
                for posting in np.flatnonzero(posted.pool == index)
                if variables[book.line_count + posting] > 0.0
            ),
        )
        for index, pool in enumerate(book.problem.portfolio.margin_pools)
    )


def report_reserve(book: Book, variables: FloatArray) -> ReserveReport:
    """All tiers, what is posted, what is free, and what of that may pay variation margin."""
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
    )

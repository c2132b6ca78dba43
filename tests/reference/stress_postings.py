"""What leaves most cash free of margin at given positions, as a linear program of its own."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from tests.reference.stress_book import StressBook
from tests.reference.stress_margin import initial_margin
from tests.reference.structure import collateral_keys


def cash_posted(book: StressBook) -> float:
    """What tiers that may pay variation margin have posted."""
    cash = {line.line_id for line in book.lines if _is_cash(book, line.line_id)}
    return sum(value for (tier_id, _), value in book.postings.items() if tier_id in cash)


def least_cash_posted(book: StressBook) -> float | None:
    """The least that cash has to post; None where no postings cover all margin."""
    keys = collateral_keys(book.problem)
    terms = {
        (line.line_id, item.margin_pool_id): item
        for line in book.lines
        if line.reserve_tier is not None
        for item in line.reserve_tier.collateral_terms
    }
    rows: list[list[float]] = []
    bounds: list[float] = []
    for line, h in zip(book.lines, book.h, strict=True):
        if line.reserve_tier is not None:
            rows.append([float(tier_id == line.line_id) for tier_id, _ in keys])
            bounds.append(h)
    for pool in book.problem.portfolio.margin_pools:
        value = [
            (1 - terms[key].haircut) * float(key[1] == pool.margin_pool_id) if key in terms else 0.0
            for key in keys
        ]
        rows.append([-part for part in value])
        bounds.append(-initial_margin(book, pool))
        for place, key in enumerate(keys):
            share = terms[key].maximum_margin_share
            if key[1] == pool.margin_pool_id and share is not None:
                row = [-share * part for part in value]
                row[place] += value[place]
                rows.append(row)
                bounds.append(0.0)
    cost = [float(_is_cash(book, tier_id)) for tier_id, _ in keys]
    solved = linprog(cost, A_ub=np.array(rows), b_ub=np.array(bounds), method="highs")
    return float(solved.fun) if solved.status == 0 else None


def _is_cash(book: StressBook, line_id: str) -> bool:
    line = next(line for line in book.lines if line.line_id == line_id)
    return line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible

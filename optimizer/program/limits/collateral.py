"""The collateral that covers initial margin, pool by pool."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.program.limits.margin import pool_margins
from optimizer.program.limits.stress import dense_rows
from optimizer.program.lines import Lines, Posting
from optimizer.program.rows import Entries, InRow, Rows


def collateral(lines: Lines) -> Iterator[Rows]:
    """Sum (1 - haircut) y_tg >= m_g per pool; sum_g y_tg <= c_t per tier; shares of posted value."""
    if lines.portfolio.margin_pools:
        yield _cover(lines)
    if lines.postings:
        yield _supply(lines)
    if any(_share(posting) < 1.0 for posting in lines.postings):
        yield _shares(lines)


def _cover(lines: Lines) -> Rows:
    count = len(lines.portfolio.margin_pools)
    value = Entries(
        count,
        np.array([posting.pool for posting in lines.postings], dtype=np.intp),
        lines.count + np.arange(len(lines.postings)),
        np.array([-(1.0 - posting.terms.haircut) for posting in lines.postings], dtype=float),
    )
    margins = pool_margins(lines)
    return Rows(
        "rule/COLLATERAL_COVER",
        value,
        np.zeros(count),
        absolute=dense_rows([margin.by_rate for margin in margins]),
        pieces=tuple(
            InRow(row, margin.piece, margin.weight)
            for row, margin in enumerate(margins)
            if margin.piece is not None
        ),
        upper=0.0,
    )


def _supply(lines: Lines) -> Rows:
    tiers = sorted({posting.tier for posting in lines.postings})
    row_of = {tier: row for row, tier in enumerate(tiers)}
    held = [(row, tier, -1.0) for tier, row in row_of.items()]
    posted = [
        (row_of[posting.tier], lines.count + index, 1.0) for index, posting in enumerate(lines.postings)
    ]
    return Rows(
        "rule/COLLATERAL_SUPPLY", _entries(len(tiers), held + posted), np.zeros(len(tiers)), upper=0.0
    )


def _shares(lines: Lines) -> Rows:
    """(1 - haircut) y - share * sum of the pool's (1 - haircut) y, for every posting with a share."""
    limited = [(index, posting) for index, posting in enumerate(lines.postings) if _share(posting) < 1.0]
    of_pool: dict[int, list[tuple[int, Posting]]] = {}
    for index, posting in enumerate(lines.postings):
        of_pool.setdefault(posting.pool, []).append((index, posting))
    entries = []
    for row, (index, posting) in enumerate(limited):
        for other_index, other in of_pool[posting.pool]:
            counted = float(other_index == index) - _share(posting)
            entries.append((row, lines.count + other_index, counted * (1.0 - other.terms.haircut)))
    return Rows("rule/COLLATERAL_SHARE", _entries(len(limited), entries), np.zeros(len(limited)), upper=0.0)


def _share(posting: Posting) -> float:
    share = posting.terms.maximum_margin_share
    return 1.0 if share is None else share


def _entries(count: int, entries: list[tuple[int, int, float]]) -> Entries:
    row, column, value = zip(*entries, strict=True)
    return Entries(count, np.array(row, dtype=np.intp), np.array(column, dtype=np.intp), np.array(value))

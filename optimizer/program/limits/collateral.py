"""Outright margin by pool and the collateral that covers it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from counterpoise.model import Line
from optimizer.program.lines import Lines, Posting
from optimizer.program.rows import Entries, Rows


def collateral(lines: Lines) -> Iterator[Rows]:
    """Sum (1 - haircut) y_tg >= m_g per pool; sum_g y_tg <= c_t per tier; shares of posted value."""
    if lines.portfolio.margin_pools:
        yield _cover(lines)
    if lines.postings:
        yield _supply(lines)
    if any(_share(posting) < 1.0 for posting in lines.postings):
        yield _shares(lines)


def _margin(line: Line) -> tuple[str, float]:
    if line.overlay is not None:
        return line.overlay.margin_pool_id, line.overlay.initial_margin_rate or 0.0
    if line.alpha_sleeve is not None and line.alpha_sleeve.unfunded_account is not None:
        account = line.alpha_sleeve.unfunded_account
        return account.margin_pool_id, account.initial_margin_rate
    return "", 0.0


def margin_rows(lines: Lines) -> Entries:
    """Initial margin of each pool per unit of absolute position."""
    pools = {pool.margin_pool_id: index for index, pool in enumerate(lines.portfolio.margin_pools)}
    margins = [_margin(line) for line in lines.portfolio.lines]
    margined = [index for index, (pool_id, _) in enumerate(margins) if pool_id]
    return Entries(
        len(pools),
        np.array([pools[margins[index][0]] for index in margined], dtype=np.intp),
        np.array(margined, dtype=np.intp),
        np.array([margins[index][1] for index in margined], dtype=float),
    )


def _cover(lines: Lines) -> Rows:
    count = len(lines.portfolio.margin_pools)
    value = Entries(
        count,
        np.array([posting.pool for posting in lines.postings], dtype=np.intp),
        lines.count + np.arange(len(lines.postings)),
        np.array([-(1.0 - posting.terms.haircut) for posting in lines.postings], dtype=float),
    )
    return Rows("rule/COLLATERAL_COVER", value, np.zeros(count), absolute=margin_rows(lines), upper=0.0)


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

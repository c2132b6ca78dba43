"""Outright margin by pool and the collateral that covers it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from counterpoise.model import Line

from optimizer.program.lines import Lines
from optimizer.program.rows import Rows


def collateral(lines: Lines) -> Iterator[Rows]:
    """Sum (1 - haircut) y_tg >= m_g per pool; sum_g y_tg <= c_t per tier; shares of posted value."""
    pools = [pool.margin_pool_id for pool in lines.portfolio.margin_pools]
    if pools:
        yield _cover(lines, pools)
    if lines.postings:
        yield _supply(lines)
    if any((posting.terms.maximum_margin_share or 1.0) < 1.0 for posting in lines.postings):
        yield _shares(lines)


def _margin(line: Line) -> tuple[str, float]:
    if line.overlay is not None:
        return line.overlay.margin_pool_id, line.overlay.initial_margin_rate or 0.0
    if line.alpha_sleeve is not None and line.alpha_sleeve.unfunded_account is not None:
        account = line.alpha_sleeve.unfunded_account
        return account.margin_pool_id, account.initial_margin_rate
    return "", 0.0


def _cover(lines: Lines, pools: list[str]) -> Rows:
    margin = sp.lil_array((len(pools), lines.count))
    for index, line in enumerate(lines.portfolio.lines):
        pool_id, rate = _margin(line)
        if pool_id:
            margin[pools.index(pool_id), index] = rate
    value = sp.lil_array((len(pools), lines.width))
    for index, posting in enumerate(lines.postings):
        value[posting.pool, lines.count + index] = -(1.0 - posting.terms.haircut)
    return Rows(
        "rule/COLLATERAL_COVER",
        sp.csr_array(value),
        np.zeros(len(pools)),
        absolute=sp.csr_array(margin),
        upper=0.0,
    )


def _supply(lines: Lines) -> Rows:
    tiers = sorted({posting.tier for posting in lines.postings})
    rows = sp.lil_array((len(tiers), lines.width))
    for row, tier in enumerate(tiers):
        rows[row, tier] = -1.0
    for index, posting in enumerate(lines.postings):
        rows[tiers.index(posting.tier), lines.count + index] = 1.0
    return Rows("rule/COLLATERAL_SUPPLY", sp.csr_array(rows), np.zeros(len(tiers)), upper=0.0)


def _shares(lines: Lines) -> Rows:
    limited = [
        index
        for index, posting in enumerate(lines.postings)
        if (posting.terms.maximum_margin_share or 1.0) < 1.0
    ]
    rows = sp.lil_array((len(limited), lines.width))
    for row, index in enumerate(limited):
        posting = lines.postings[index]
        for other_index, other in enumerate(lines.postings):
            if other.pool == posting.pool:
                share = posting.terms.maximum_margin_share or 1.0
                rows[row, lines.count + other_index] = -share * (1.0 - other.terms.haircut)
        rows[row, lines.count + index] += 1.0 - posting.terms.haircut
    return Rows("rule/COLLATERAL_SHARE", sp.csr_array(rows), np.zeros(len(limited)), upper=0.0)

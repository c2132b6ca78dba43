"""What is at stake with counterparties."""

from __future__ import annotations

import numpy as np

from counterpoise.model import CounterpartyExposure, CounterpartyMeasure, IndexArray
from optimizer.program.lines import Lines
from optimizer.program.rows import Entries, Rows, empty_rows


def counterparty(lines: Lines, measure: CounterpartyMeasure, name: str) -> Rows:
    """Postings to the pools of each counterparty, or |h| of the lines that face it; without bounds."""
    count = len(measure.counterparty_ids)
    row_of = {name_of: row for row, name_of in enumerate(measure.counterparty_ids)}
    if measure.exposure is CounterpartyExposure.POSTED_MARGIN:
        holders = [row_of.get(pool.counterparty_id, -1) for pool in lines.portfolio.margin_pools]
        holder = np.array([holders[posting.pool] for posting in lines.postings], dtype=np.intp)
        return Rows(name, _ones(count, holder, lines.count), np.zeros(count))
    faced = lines.portfolio.counterparty_ids_of_lines()
    facing = np.array([row_of.get(name_of, -1) for name_of in faced], dtype=np.intp)
    return Rows(name, empty_rows(count), np.zeros(count), absolute=_ones(count, facing, 0))


def _ones(count: int, row: IndexArray, first: int) -> Entries:
    """Ones at (row, first + place) wherever there is a row."""
    place = np.flatnonzero(row >= 0)
    return Entries(count, row[place], first + place, np.ones(len(place)))

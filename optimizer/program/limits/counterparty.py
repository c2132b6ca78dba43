"""What is at stake with counterparties."""

from __future__ import annotations

import numpy as np

from counterpoise.model import CounterpartyExposure, CounterpartyMeasure
from optimizer.program.lines import Lines
from optimizer.program.rows import Entries, Rows, empty_rows


def counterparty(lines: Lines, measure: CounterpartyMeasure, name: str) -> Rows:
    """Postings to the pools of each counterparty, or |h| of the lines that face it; without bounds."""
    count = len(measure.counterparty_ids)
    if measure.exposure is CounterpartyExposure.POSTED_MARGIN:
        holders = [pool.counterparty_id for pool in lines.portfolio.margin_pools]
        posted = [
            (row, lines.count + index)
            for row, wanted in enumerate(measure.counterparty_ids)
            for index, posting in enumerate(lines.postings)
            if holders[posting.pool] == wanted
        ]
        return Rows(name, _ones(count, posted), np.zeros(count))
    faced = lines.portfolio.counterparty_ids_of_lines()
    facing = [
        (row, index)
        for row, wanted in enumerate(measure.counterparty_ids)
        for index, name_of_line in enumerate(faced)
        if name_of_line == wanted
    ]
    return Rows(name, empty_rows(count), np.zeros(count), absolute=_ones(count, facing))


def _ones(count: int, places: list[tuple[int, int]]) -> Entries:
    row, column = (np.array([place[part] for place in places], dtype=np.intp) for part in (0, 1))
    return Entries(count, row, column, np.ones(len(places)))

"""Lines with contract terms as somebody can hold them: in whole contracts, within bounds that have one."""

from __future__ import annotations

import math
from dataclasses import replace

from counterpoise.model import Line
from optimizer.rebalance.trading.lots import whole_contracts

_NEXT_TO = 1e-9
"""A bound this close to a whole count, in contracts, is at it."""


def in_whole_contracts(line: Line, nav_amount: float) -> Line:
    """The line at the whole count next to its position, with bounds that hold at least one whole count.

    Nobody holds a part of a contract. Bounds between which there is none, as where both are one number, are
    taken at the whole count next to their middle. Lines without contract terms are returned as they are.
    """
    amount = None if line.overlay is None else line.overlay.contract_amount
    if amount is None:
        return line
    size = amount / nav_amount
    if line.current_fraction is not None:
        line = replace(line, current_fraction=whole_contracts(line.current_fraction / size) * size)
    low, high = line.minimum_fraction, line.maximum_fraction
    if low is None or high is None or low > high:
        return line
    if math.ceil(low / size - _NEXT_TO) <= math.floor(high / size + _NEXT_TO):
        return line
    bound = whole_contracts(0.5 * (low + high) / size) * size
    return replace(line, minimum_fraction=bound, maximum_fraction=bound)

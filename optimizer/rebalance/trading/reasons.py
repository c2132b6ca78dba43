"""Why each trade is there: what the portfolio would be without it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, LimitKey
from optimizer.measures.book import Book
from optimizer.measures.objective import ConvexObjective
from optimizer.rebalance.trading.order_cash import open_cash
from optimizer.rebalance.trading.order_limits import HardLimits


@dataclass(frozen=True)
class Reason:
    """What one trade is good for, the others done."""

    objective_gain: float | None = None
    """What the objective would lose a year without it; above zero the trade is worth it, whether the goal is
    the most or the least of something. None where the objective has no value without it."""
    kept_limits: tuple[LimitKey, ...] = ()
    """Hard limits and bounds that would be broken without it, and are not with it."""


def reasons_of(
    book: Book,
    objective: ConvexObjective,
    start: FloatArray,
    end: FloatArray,
    lines: Iterable[int],
    *,
    deadline: float = math.inf,
) -> dict[int, Reason]:
    """Reasons of the trades of some lines from start to end, positions of shape (n,), by line index.

    Each is the end with the one line back at its start: the balancing cash takes the difference, and the
    postings are worked out anew. Cash itself has no reason of its own, and nothing has one that is looked at
    after the deadline, on the monotonic clock.
    """
    limits = HardLimits(book)
    cash = open_cash(book, limits.box, start, end)
    ended = limits.look(end)
    kept = set(limits.broken(ended))
    value = objective.value(_seen(ended.variables))
    reasons = {}
    for line in lines:
        if line in cash.lines or time.monotonic() > deadline:
            reasons[line] = Reason()
            continue
        without = end.copy()
        without[line] = start[line]
        money = float(book.capital[line] * (end[line] - start[line]))
        without[cash.lines] = cash.landed(cash.end, money)
        look = limits.look(without)
        gain = objective.value(_seen(look.variables)) - value
        reasons[line] = Reason(
            objective_gain=gain if np.isfinite(gain) else None,
            kept_limits=tuple(key for key in limits.broken(look) if key not in kept),
        )
    return reasons


def _seen(variables: FloatArray | None) -> FloatArray:
    if variables is None:
        raise ValueError("a look without comparison works out the postings")
    return variables

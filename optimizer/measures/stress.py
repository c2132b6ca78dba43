"""What scenarios do to NAV: losses, and what is not money in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import (
    FloatArray,
    IlliquidShareMeasure,
    LimitKey,
    ScenarioLossMeasure,
    Unit,
)
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, single_row, stacked
from optimizer.measures.shocks import Shock


def stressed_nav(shocks: Sequence[Shock]) -> ConvexRows:
    """1 + r_s'h for every state, over NAV today."""
    return ConvexRows(np.ones(len(shocks)), stacked([single_row(shock.final) for shock in shocks]))


def measure_scenario_loss(book: Book, measure: ScenarioLossMeasure, limit_id: str) -> Constraint:
    """-r_s'h after every scenario of the scope, NAV fraction."""
    shocks = book.shocks_in(measure.scenarios)
    return Constraint(
        keys=tuple(LimitKey(limit_id=limit_id, scenario_id=shock.scenario_id) for shock in shocks),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(np.zeros(len(shocks)), stacked([single_row(-shock.final) for shock in shocks])),
    )


def measure_illiquid_share(book: Book, measure: IlliquidShareMeasure, limit_id: str) -> Constraint:
    """What is not money within the horizon over stressed NAV, ratio."""
    shocks = book.shocks_in(measure.scenarios)
    days = measure.horizon_trading_days
    keys = tuple(
        LimitKey(limit_id=limit_id, scenario_id=shock.scenario_id, horizon_trading_days=days)
        for shock in shocks
    )
    rows = stacked([single_row(_stuck(book, shock, days)) for shock in shocks])
    return Constraint(
        keys=keys, unit=Unit.RATIO, rows=ConvexRows(np.zeros(len(shocks)), rows), over=stressed_nav(shocks)
    )


def _stuck(book: Book, shock: Shock, trading_days: int) -> FloatArray:
    """(1 - kept times available) (1 + r) of lines that use capital, shape (n,)."""
    available = shock.kept * book.available_shares(trading_days)
    return np.asarray((book.capital > 0.0) * (1.0 - available) * (1.0 + shock.final))

"""What the portfolio is exposed to, earns and owes, as frames.

Numbers of all frames keep the units of the contract: fractions of NAV, annual decimals, money in base
currency. What an answer leaves unset is NaN. A part that the answer does not carry is a frame without
rows.
"""

from __future__ import annotations

import pandas as pd

from counterpoise.frames.tables import columns_of, name_of, table
from counterpoise.model import Allocation, MeasureLiquidityResponse, ReturnTermKind, StressPortfolioResponse

CASH = "(cash)"
"""The row of the return that belongs to no line; ids have no parentheses."""


def exposures_frame(allocation: Allocation) -> pd.DataFrame:
    """Exposures indexed by driver id, in the driver's unit.

    Columns: unit; funded, overlay, alpha (through the loadings of sleeves), total, reference.
    """
    rows = {
        item.driver_id: (
            name_of(item.unit),
            item.funded,
            item.overlay,
            item.alpha_look_through,
            item.funded + item.overlay + item.alpha_look_through,
            item.reference,
        )
        for item in allocation.exposures
    }
    numbers = ("funded", "overlay", "alpha", "total", "reference")
    return table(rows, "driver_id", text=("unit",), numbers=numbers)


def return_frame(allocation: Allocation) -> pd.DataFrame:
    """Return terms, annual decimals of NAV: a row for every line, `(cash)` for the cash term.

    Columns: one for every kind of term in lower case, and total. The sum of the totals is the
    expected net return.
    """
    terms = allocation.expected_return.terms if allocation.expected_return is not None else ()
    kinds = columns_of(ReturnTermKind, [term.kind for term in terms])
    rows: dict[str, dict[str, float]] = {}
    for term in terms:
        row = rows.setdefault(term.line_id or CASH, dict.fromkeys(kinds, 0.0))
        row[name_of(term.kind)] += term.annual_return
    frame = table(
        {line_id: tuple(row.values()) for line_id, row in rows.items()}, "line_id", numbers=tuple(kinds)
    )
    frame["total"] = frame.sum(axis=1)
    return frame


def leverage_frame(answer: Allocation | StressPortfolioResponse) -> pd.DataFrame:
    """Leverage over NAV indexed by definition, as in `gross_notional`.

    Columns: value, as things are; `after_` and the id for every scenario, over the NAV that it leaves, NaN
    where it leaves none.
    """
    figures = answer.leverage_figures
    columns = {"": "value"} | {item.scenario_id: f"after_{item.scenario_id}" for item in answer.stresses}
    columns |= {item.scenario_id: f"after_{item.scenario_id}" for item in figures if item.scenario_id}
    by_key = {(item.definition, item.scenario_id): item.value for item in figures}
    rows = {
        name_of(definition): tuple(by_key.get((definition, scenario_id)) for scenario_id in columns)
        for definition in dict.fromkeys(item.definition for item in figures)
    }
    return table(rows, "definition", numbers=tuple(columns.values()))


def reserve_frame(answer: Allocation | MeasureLiquidityResponse) -> pd.DataFrame:
    """The reserve and what is posted of it, indexed by part; the column is fraction, of NAV.

    Parts: reserve, encumbered (posted as margin before haircuts) and free, which sum to it, and
    variation_margin_eligible, what of the free part may pay variation margin the same day.
    """
    report = answer.reserve
    rows: dict[str, tuple[float]] = {}
    if report is not None:
        rows = {
            "reserve": (report.reserve_fraction,),
            "encumbered": (report.encumbered_fraction,),
            "free": (report.free_fraction,),
            "variation_margin_eligible": (report.variation_margin_eligible_fraction,),
        }
    return table(rows, "part", numbers=("fraction",))

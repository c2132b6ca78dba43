"""What is held and traded, what managers and counterparties have of it, as frames by id."""

from __future__ import annotations

import pandas as pd

from counterpoise.frames.tables import name_of, table
from counterpoise.model import Allocation


def positions_frame(allocation: Allocation) -> pd.DataFrame:
    """Positions indexed by line id.

    Columns: kind; fraction, capital, change and margin in fractions of NAV; amount in base currency.
    """
    rows = {
        position.line_id: (
            name_of(position.kind),
            position.fraction,
            position.amount,
            position.capital_fraction,
            position.change_fraction,
            position.initial_margin_fraction,
        )
        for position in allocation.positions
    }
    numbers = ("fraction", "amount", "capital", "change", "margin")
    return table(rows, "line_id", text=("kind",), numbers=numbers)


def trades_frame(allocation: Allocation) -> pd.DataFrame:
    """Trades of the lines that have a current position, indexed by line id, those of zero included.

    Columns: kind; current, change and fraction (after the trade) in fractions of NAV; cost, once, in
    fractions of NAV, NaN where the line has no trading cost; cost_rate, that over the absolute trade.
    """
    rows = {}
    for position in allocation.positions:
        change, cost = position.change_fraction, position.trading_cost_fraction
        if change is None:
            continue
        rate = cost / abs(change) if cost is not None and change else None
        current = position.fraction - change
        rows[position.line_id] = (name_of(position.kind), current, change, position.fraction, cost, rate)
    numbers = ("current", "change", "fraction", "cost", "cost_rate")
    return table(rows, "line_id", text=("kind",), numbers=numbers)


def sleeves_frame(allocation: Allocation) -> pd.DataFrame:
    """Alpha sleeves indexed by line id: what the evidence rule and the fees leave of each alpha.

    Columns: sleeve_class; fraction of NAV; declared_alpha and alpha (what counts), both after fees;
    management_fee and performance_fee, zero for alphas declared net; gross_alpha, the sum of the last
    three. Annual decimals of the position.
    """
    held = {position.line_id: position.fraction for position in allocation.positions}
    rows = {
        verdict.line_id: (
            name_of(verdict.sleeve_class),
            held.get(verdict.line_id),
            verdict.annual_declared_alpha,
            verdict.annual_alpha + verdict.annual_management_fee + verdict.annual_performance_fee,
            verdict.annual_management_fee,
            verdict.annual_performance_fee,
            verdict.annual_alpha,
        )
        for verdict in allocation.sleeve_verdicts
    }
    numbers = ("fraction", "declared_alpha", "gross_alpha", "management_fee", "performance_fee", "alpha")
    return table(rows, "line_id", text=("sleeve_class",), numbers=numbers)


def counterparties_frame(allocation: Allocation) -> pd.DataFrame:
    """What is at stake with each counterparty, indexed by its id, fractions of NAV.

    Columns: posted_margin before haircuts; gross_position, longs and shorts added.
    """
    rows = {
        item.counterparty_id: (item.posted_margin_fraction, item.gross_position_fraction)
        for item in allocation.counterparties
    }
    return table(rows, "counterparty_id", numbers=("posted_margin", "gross_position"))

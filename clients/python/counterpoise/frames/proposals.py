"""What a proposal would trade, in which order, and what changes by it, as frames."""

from __future__ import annotations

import pandas as pd

from counterpoise.frames.tables import name_of, paired_table, table
from counterpoise.model import RebalanceProposal, Trade, TradePlan
from counterpoise.wording.compared import compared


def proposal_trades_frame(proposal: RebalanceProposal) -> pd.DataFrame:
    """Trades indexed by line id, in line order.

    Columns: kind, symbol and kept_limits (keys as in `limits_frame`, separated by `; `), text; current,
    target, change and fraction (after the trade), rounding (wanted change less the traded one), fractions of
    NAV; amount (of the change) and cost_amount, base currency; contract_count; objective_gain, in the unit of
    the objective; notice_date and payment_date, NaT for trades that need no notice.
    """
    trades = _plan(proposal).trades
    rows = {
        trade.line_id: (
            name_of(trade.kind) if trade.kind is not None else "",
            trade.symbol,
            "; ".join(str(key) for key in trade.kept_limits),
            trade.current_fraction,
            trade.target_fraction,
            trade.fraction,
            trade.current_fraction + trade.fraction,
            trade.rounding_fraction,
            trade.amount,
            trade.cost_amount,
            trade.contract_count,
            trade.objective_gain,
        )
        for trade in trades
    }
    numbers = ("current", "target", "change", "fraction", "rounding", "amount", "cost_amount")
    frame = table(
        rows,
        "line_id",
        text=("kind", "symbol", "kept_limits"),
        numbers=(*numbers, "contract_count", "objective_gain"),
    )
    frame["contract_count"] = frame["contract_count"].astype("Int64")
    for name in ("notice_date", "payment_date"):
        dates = [_date(trade, name) for trade in trades]
        frame[name] = pd.Series(dates, index=frame.index, dtype="datetime64[s]")
    return frame


def steps_frame(proposal: RebalanceProposal) -> pd.DataFrame:
    """Parts of trades in the order in which they are done, indexed by step, from 1, and line id.

    Columns: trading_day, purpose; change (fraction of NAV), amount (base currency), contract_count; cash
    (after the step, fraction of NAV), violation (the worst of a hard limit after it).
    """
    steps = _plan(proposal).steps
    parts = [(number, step, trade) for number, step in enumerate(steps, 1) for trade in step.trades]
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index([number for number, *_ in parts], dtype=int),
            pd.Index([trade.line_id for *_, trade in parts], dtype=str),
        ],
        names=("step", "line_id"),
    )
    purposes = [name_of(step.purpose) if step.purpose is not None else "" for _, step, _ in parts]
    columns = {
        "trading_day": ([step.trading_day for _, step, _ in parts], "int64"),
        "purpose": (purposes, "str"),
        "change": ([trade.fraction for *_, trade in parts], "float64"),
        "amount": ([trade.amount for *_, trade in parts], "float64"),
        "contract_count": ([trade.contract_count for *_, trade in parts], "Int64"),
        "cash": ([step.cash_fraction for _, step, _ in parts], "float64"),
        "violation": ([step.worst_hard_violation for _, step, _ in parts], "float64"),
    }
    return pd.DataFrame(
        {name: pd.Series(values, index=index, dtype=dtype) for name, (values, dtype) in columns.items()}
    )


def rolls_frame(proposal: RebalanceProposal) -> pd.DataFrame:
    """Rolls that are due, indexed by line id.

    Columns: symbol, from_contract, to_contract, text; roll_date; from_contract_count and to_contract_count,
    signed contracts to trade.
    """
    rolls = _plan(proposal).rolls
    rows = {roll.line_id: (roll.symbol, roll.from_contract, roll.to_contract) for roll in rolls}
    frame = table(rows, "line_id", text=("symbol", "from_contract", "to_contract"), numbers=())
    dates = [roll.roll_date for roll in rolls]
    frame["roll_date"] = pd.Series(dates, index=frame.index, dtype="datetime64[s]")
    for name in ("from_contract_count", "to_contract_count"):
        counts = [getattr(roll, name) for roll in rolls]
        frame[name] = pd.Series(counts, index=frame.index, dtype=int)
    return frame


def before_after_frame(proposal: RebalanceProposal) -> pd.DataFrame:
    """Both sides of every number, indexed by part and name, as in `("leverage", "gross_notional")`.

    Columns: unit; before, after and change, NaN where a side has none. Parts: return, volatility, leverage,
    reserve, then by scenario loss, cash_call, unpaid and coverage (the least ratio, infinite where nothing is
    needed), exposure by driver, position by line.
    """
    items = compared(proposal)
    rows = {(item.part, item.name): (item.before, item.after, item.change) for item in items}
    frame = paired_table(rows, ("part", "name"), ("before", "after", "change"))
    units = [name_of(item.unit) for item in items]
    frame.insert(0, "unit", pd.Series(units, index=frame.index, dtype=str))
    return frame


def _plan(proposal: RebalanceProposal) -> TradePlan:
    return proposal.plan if proposal.plan is not None else TradePlan()


def _date(trade: Trade, name: str) -> object:
    return getattr(trade.notice, name) if trade.notice is not None else None

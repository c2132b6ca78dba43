"""What scenarios do, and what money there is by when, as frames; of an allocation or of a measurement.

Fractions of NAV, loss and need positive. `(base)` is the state without a scenario; ids have no
parentheses, so no scenario is named so.
"""

from __future__ import annotations

import datetime
import math

import pandas as pd

from counterpoise.frames.tables import paired_table, table
from counterpoise.model import Allocation, MeasureLiquidityResponse, StressPortfolioResponse

Measured = Allocation | StressPortfolioResponse | MeasureLiquidityResponse
WithReserve = Allocation | MeasureLiquidityResponse

BASE = "(base)"

_LOSSES = (
    "loss",
    "funded_loss",
    "overlay_loss",
    "sleeve_loss",
    "reserve_loss",
    "variation_margin",
    "margin_increase",
    "unpaid",
    "first_shortfall_trading_days",
    "reserve_gone_multiple",
)
_SOURCES = ("reserve", "funded", "sleeves", "credit", "sources")
_NEEDS = ("initial_margin", "variation_margin", "outflow", "need")


def stresses_frame(answer: Measured) -> pd.DataFrame:
    """Scenarios indexed by id, after their last horizon.

    Columns: horizon_trading_days; loss and its parts by kind of line; variation_margin, margin_increase
    (initial margin beyond today's) and unpaid (what nothing pays of both); first_shortfall_trading_days and
    reserve_gone_multiple, NaN where there is none; ruin.
    """
    rows = {
        item.scenario_id: (
            item.loss_fraction,
            item.funded_loss_fraction,
            item.overlay_loss_fraction,
            item.sleeve_loss_fraction,
            item.reserve_loss_fraction,
            item.variation_margin_fraction,
            item.margin_increase_fraction,
            item.unpaid_fraction,
            item.first_shortfall_trading_days,
            item.reserve_gone_multiple,
        )
        for item in answer.stresses
    }
    frame = table(rows, "scenario_id", numbers=_LOSSES)
    days = [item.horizon_trading_days for item in answer.stresses]
    frame.insert(0, "horizon_trading_days", pd.Series(days, index=frame.index, dtype=int))
    frame["ruin"] = pd.Series([item.ruin for item in answer.stresses], index=frame.index, dtype=bool)
    return frame


def payments_frame(answer: Measured) -> pd.DataFrame:
    """What pays the cash call of each scenario, indexed by scenario and line, in the order of payment.

    Columns: fraction; left, what is still to pay after it.
    """
    rows = {}
    for item in answer.stresses:
        left = item.cash_call_fraction
        for payment in item.payments:
            left -= payment.value
            rows[item.scenario_id, payment.line_id] = (payment.value, max(left, 0.0))
    return paired_table(rows, ("scenario_id", "line_id"), ("fraction", "left"))


def notices_frame(answer: Measured) -> pd.DataFrame:
    """By when notice must be given, indexed by scenario and line, as the answer orders them.

    Columns: needed_trading_days, notice_trading_days, latest_date.
    """
    deadlines = [(item.scenario_id, notice) for item in answer.stresses for notice in item.notice_deadlines]
    rows = {
        (scenario_id, notice.line_id): (notice.needed_trading_days, notice.notice_trading_days)
        for scenario_id, notice in deadlines
    }
    numbers = ("needed_trading_days", "notice_trading_days")
    frame = paired_table(rows, ("scenario_id", "line_id"), numbers).astype(int)
    dates: list[datetime.date | None] = [notice.latest_date for _, notice in deadlines]
    frame["latest_date"] = pd.Series(dates, index=frame.index, dtype="datetime64[s]")
    return frame


def coverage_frame(answer: WithReserve) -> pd.DataFrame:
    """Money against need, indexed by scenario, `(base)` first, and horizon in trading days.

    Columns: money from reserve, funded, sleeves and credit, and their sum sources; initial_margin,
    variation_margin and outflow, and their sum need; ratio, infinite where nothing is needed; margin, sources
    less need; same_day_cash, what may pay variation margin at once.
    """
    figures = answer.reserve.coverage_figures if answer.reserve is not None else ()
    rows = {
        (item.scenario_id or BASE, item.horizon_trading_days): (
            item.reserve_source_fraction,
            item.funded_source_fraction,
            item.sleeve_source_fraction,
            item.credit_source_fraction,
            item.source_fraction,
            item.initial_margin_fraction,
            item.variation_margin_fraction,
            item.outflow_fraction,
            item.need_fraction,
            item.source_fraction / item.need_fraction if item.need_fraction > 0 else math.inf,
            item.source_fraction - item.need_fraction,
            item.same_day_cash_fraction,
        )
        for item in figures
    }
    numbers = (*_SOURCES, *_NEEDS, "ratio", "margin", "same_day_cash")
    return paired_table(rows, ("scenario_id", "horizon_trading_days"), numbers)


def pool_margins_frame(answer: Measured) -> pd.DataFrame:
    """Margin of pools, indexed by scenario, `(base)` first, and pool.

    Columns: initial_margin; posted, before haircuts, NaN under scenarios; variation_margin.
    """
    rows = {
        (item.scenario_id or BASE, item.margin_pool_id): (
            item.initial_margin_fraction,
            None if item.scenario_id else sum(posted.value for posted in item.posted_fractions),
            item.variation_margin_fraction,
        )
        for item in answer.pool_margins
    }
    numbers = ("initial_margin", "posted", "variation_margin")
    return paired_table(rows, ("scenario_id", "margin_pool_id"), numbers)

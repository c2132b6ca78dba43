"""Marks: what a portfolio holds and what it is worth, day by day."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Marks of a job's portfolio: holdings, prices, margins, basis; recorded once and never changed.

    The latest ones replace the state that the job's problem holds when a run starts and when a proposal is
    decided on.
    """

    name: str = ""
    as_of_date: datetime.date
    nav_amount: float
    line_marks: tuple[LineMark, ...]
    annual_risk_free_rate: float | None = None
    recorder: str = ""
    record_time: datetime.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LineMark:
    """The mark of one line. At most one of the counts and amounts is set.

    With none of those what was held before drifts with `price`: of lines with contracts the same contracts,
    of others the value times the new price over the one before.
    """

    line_id: str
    price: float | None = None
    valuation_date: datetime.date | None = None
    dv01_amount: float | None = None
    initial_margin_amount: float | None = None
    annual_financing_spread: float | None = None
    market_value_amount: float | None = None
    unit_count: float | None = None
    contract_count: int | None = None
    contract_year: int | None = None
    contract_month: int | None = None

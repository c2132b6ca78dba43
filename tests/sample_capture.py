"""A question to five years of active funds, and the answer that the service gave to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from counterpoise.model import (
    ActiveFund,
    AlphaCaptureQuestion,
    FeeBasis,
    FeeHurdle,
    FeeTerms,
    Frequency,
    PortableStructure,
    ReturnBasis,
    ReturnHistory,
    SmoothingTreatment,
)
from tests.sample_capture_answer import response
from tests.sample_evidence import column, month_ends

__all__ = ["funds", "history", "question", "response", "structure", "with_column", "with_fund"]

MONTHS = 60
YOUNG_MONTHS = 14


def history(months: int = MONTHS) -> ReturnHistory:
    """Three funds, two benchmarks, two factors over cash, and cash.

    `picker` beats equity, `closet` is equity with some credit and lacks two months, and `young` has a bit
    over a year.
    """
    draw = np.random.default_rng(11)
    equity, world = draw.normal(0.006, 0.04, months), draw.normal(0.005, 0.035, months)
    duration, credit = draw.normal(0.001, 0.012, months), draw.normal(0.0015, 0.015, months)
    cash = 0.002 + 0.0005 * np.sin(np.arange(months) / 9)
    picker = cash + 0.003 + 0.7 * equity + 0.2 * duration + draw.normal(0, 0.012, months)
    closet = cash + 0.98 * equity + 0.15 * credit + draw.normal(0, 0.004, months)
    young = cash + 0.9 * world + draw.normal(0, 0.01, months)
    return ReturnHistory(
        frequency=Frequency.MONTHLY,
        dates=month_ends(months),
        columns=(
            column("picker", picker),
            replace(column("closet", closet), missing_periods=(7, 8)),
            replace(column("young", young), missing_periods=tuple(range(months - YOUNG_MONTHS))),
            column("equity", cash + equity),
            column("world", cash + world),
            column("duration", duration, ReturnBasis.EXCESS),
            column("credit", credit, ReturnBasis.EXCESS),
            column("cash", cash),
        ),
    )


def funds() -> tuple[ActiveFund, ...]:
    """One net of fees over cash, one gross that only manages, one net that shares every gain."""
    return (
        ActiveFund(
            fund_id="picker",
            benchmark_id="equity",
            fee_basis=FeeBasis.NET,
            fees=FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.2, hurdle=FeeHurdle.CASH),
            annual_passive_fee=0.0009,
        ),
        ActiveFund(
            fund_id="closet",
            benchmark_id="equity",
            fee_basis=FeeBasis.GROSS,
            fees=FeeTerms(annual_management_fee=0.0115, performance_fee_rate=0.0),
            annual_passive_fee=0.0009,
        ),
        ActiveFund(
            fund_id="young",
            benchmark_id="world",
            fee_basis=FeeBasis.NET,
            fees=FeeTerms(annual_management_fee=0.01, performance_fee_rate=0.1, hurdle=FeeHurdle.ZERO),
            annual_passive_fee=0.0015,
        ),
    )


def structure() -> PortableStructure:
    """Beta by futures, 10 % in reserve, which posted margin counts towards."""
    return PortableStructure(
        annual_financing_spread=0.004,
        annual_roll_cost=0.0004,
        reserve_rate=0.1,
        initial_margin_rate=0.054,
        posted_margin_counts=True,
        annual_cash_drag=0.001,
        annual_margin_credit_spread=0.0025,
        annual_physical_cost=0.0009,
    )


def question(months: int = MONTHS) -> AlphaCaptureQuestion:
    """All three funds, every optional field set."""
    return AlphaCaptureQuestion(
        history=history(months),
        funds=funds(),
        factor_ids=("duration", "credit"),
        cash_id="cash",
        annual_risk_free_rate=0.03,
        smoothing=SmoothingTreatment.WHERE_TESTED,
        error_lag_count=3,
        confidence=0.95,
        least_annual_net_alpha=0.003,
        structure=structure(),
    )


def with_column(asked: AlphaCaptureQuestion, index: int, **changes: object) -> AlphaCaptureQuestion:
    """The question with a changed column."""
    columns = list(asked.history.columns)
    columns[index] = replace(columns[index], **changes)
    return replace(asked, history=replace(asked.history, columns=tuple(columns)))


def with_fund(asked: AlphaCaptureQuestion, index: int, **changes: object) -> AlphaCaptureQuestion:
    """The question with a changed fund."""
    changed = list(asked.funds)
    changed[index] = replace(changed[index], **changes)
    return replace(asked, funds=tuple(changed))

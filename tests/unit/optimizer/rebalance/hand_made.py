"""Small portfolios whose order of execution is known by heart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    Driver,
    ExecutionStep,
    ExpectedReturn,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    Line,
    LiquidityPoint,
    ReserveMeasure,
    StepPurpose,
)
from optimizer.measures.book import open_book
from optimizer.rebalance.trading.order import order_trades
from tests.golden_problems import market, problem_of

MARKET = market(
    (
        Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.05)),
        Driver(driver_id="bonds", expected_return=ExpectedReturn(annual_excess=0.02)),
    ),
    np.array([0.15, 0.05]),
    np.eye(2),
)


def problem(current: dict[Line, float], limits: tuple[Limit, ...] = ()) -> AllocationProblem:
    """A hundred million in these lines."""
    lines = tuple(replace(line, current_fraction=fraction) for line, fraction in current.items())
    return problem_of("hand-made", MARKET, lines, limits, nav_amount=1e8)


def reserve_rule(rate: float) -> Limit:
    """So much reserve for every unit of notional."""
    return Limit(
        limit_id="reserve",
        lower=0.0,
        reserve=ReserveMeasure(default_rate=rate, posted_margin_counts=True),
    )


def overlay_cap(upper: float) -> Limit:
    """Notional of all overlays."""
    return Limit(
        limit_id="overlay-cap",
        upper=upper,
        leverage=LeverageMeasure(definition=LeverageDefinition.OVERLAY),
    )


def redeemed(line: Line, *points: tuple[int, float]) -> Line:
    """The line with liquidity: trading days and shares."""
    return replace(
        line,
        liquidity=tuple(
            LiquidityPoint(horizon_trading_days=days, available_share=share) for days, share in points
        ),
    )


def steps(
    before_and_after: dict[Line, tuple[float, float]],
    limits: tuple[Limit, ...] = (),
    contract_amounts: dict[int, float] | None = None,
) -> tuple[ExecutionStep, ...]:
    """The order of execution between two portfolios."""
    current = {line: before for line, (before, _) in before_and_after.items()}
    book = open_book(problem(current, limits))
    start, end = np.array(list(before_and_after.values())).T
    return order_trades(book, start, end, contract_amounts or {})


def told(found: tuple[ExecutionStep, ...]) -> list[tuple[int, StepPurpose, dict[str, float]]]:
    """Day, purpose and trades of every step."""
    return [
        (
            step.trading_day,
            step.purpose,
            {trade.line_id: round(trade.fraction, 9) for trade in step.trades},
        )
        for step in found
    ]

"""From weights to orders."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model.common import LineKind, Unit
from counterpoise.model.solve import LimitKey


class RoundingMethod(IntEnum):
    """How whole contracts and tickets were found."""

    NONE = 1
    INTEGER_PROGRAM = 2
    INTEGER_PROGRAM_CUT_SHORT = 3
    NEAREST_REPAIRED = 4


class StepPurpose(IntEnum):
    """Why a step is where it is."""

    RAISE_RESERVE = 1
    REDUCE_NOTIONAL = 2
    ADD_NOTIONAL = 3
    INVEST = 4
    PACKAGE = 5


@dataclass(frozen=True, kw_only=True)
class TradePlan:
    """What to trade, in which order, and what rounding to whole contracts and tickets cost."""

    trades: tuple[Trade, ...] = ()
    steps: tuple[ExecutionStep, ...] = ()
    rolls: tuple[ContractRoll, ...] = ()
    one_way_turnover_fraction: float = 0.0
    cost_amount: float = 0.0
    rounding_objective_loss: float = 0.0
    objective_unit: Unit | None = None
    rounding_method: RoundingMethod | None = None
    worst_hard_violation: float = 0.0
    as_of_date: datetime.date | None = None
    nav_amount: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Trade:
    """One order: a line, how much, why."""

    line_id: str = ""
    kind: LineKind | None = None
    current_fraction: float = 0.0
    target_fraction: float = 0.0
    fraction: float = 0.0
    amount: float = 0.0
    contract_count: int | None = None
    rounding_fraction: float = 0.0
    cost_amount: float = 0.0
    objective_gain: float | None = None
    kept_limits: tuple[LimitKey, ...] = ()
    notice: RedemptionNotice | None = None
    symbol: str = ""
    contract_code: str = ""


@dataclass(frozen=True, kw_only=True)
class RedemptionNotice:
    """A redemption: notice now, money later, as the line's liquidity says."""

    notice_date: datetime.date | None = None
    trading_days: int = 0
    payment_date: datetime.date | None = None
    covered: bool = False


@dataclass(frozen=True, kw_only=True)
class ExecutionStep:
    """What is done together. Each step is done whole before the next one starts."""

    trading_day: int = 0
    trades: tuple[StepTrade, ...] = ()
    purpose: StepPurpose | None = None
    cash_fraction: float = 0.0
    worst_hard_violation: float = 0.0


@dataclass(frozen=True, kw_only=True)
class StepTrade:
    """One trade, or a part of one, in a step."""

    line_id: str = ""
    fraction: float = 0.0
    amount: float = 0.0
    contract_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class ContractRoll:
    """A roll into the next quarterly contract: of what was held before the trades and still is."""

    line_id: str = ""
    symbol: str = ""
    from_contract: str = ""
    to_contract: str = ""
    roll_date: datetime.date | None = None
    from_contract_count: int = 0
    to_contract_count: int = 0

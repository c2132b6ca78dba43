"""The plan of the sample proposal: trades in whole contracts, the order in which they are done, rolls."""

from __future__ import annotations

import datetime

from counterpoise.model import (
    ContractRoll,
    ExecutionStep,
    LimitKey,
    LineKind,
    RedemptionNotice,
    RoundingMethod,
    StepPurpose,
    StepTrade,
    StructuralRule,
    Trade,
    TradePlan,
    Unit,
)
from tests.sample_total_problem import NAV

COST_RATE = 0.0005
CONTRACT_FRACTIONS = {
    "equity-futures": 50.0 * 6850.0 / NAV,
    "bond-futures": 65.0 * 10_000.0 / 8.0 / NAV,
}
"""NAV fraction of one contract: point value times price, and DV01 over duration."""
AS_OF = datetime.date(2025, 11, 28)

_Wanted = tuple[str, LineKind, float, float, int | None, float | None]
"""Line, kind, position, wanted change, contracts, worth a year."""
_WANTED: tuple[_Wanted, ...] = (
    ("equity-fund", LineKind.FUNDED_BETA, 0.45, 0.05, None, 0.00168),
    ("bond-fund", LineKind.FUNDED_BETA, 0.30, -0.15, None, -0.00041),
    ("equity-futures", LineKind.OVERLAY, 0.05, 0.03, 175, 0.00122),
    ("bond-futures", LineKind.OVERLAY, 0.0, 0.14, 3446, 0.00011),
    ("multi-strategy", LineKind.ALPHA_SLEEVE, 0.12, -0.02, None, 0.00022),
    ("macro", LineKind.ALPHA_SLEEVE, 0.08, 0.01, None, 0.00026),
    ("neutral", LineKind.ALPHA_SLEEVE, 0.0, 0.12, None, 0.00144),
    ("cash", LineKind.RESERVE_TIER, 0.05, -0.01, None, None),
)
_KEPT = {
    "bond-fund": (
        LimitKey(limit_id="reserve"),
        LimitKey(structural_rule=StructuralRule.LINE_BOX, line_id="cash"),
    ),
    "multi-strategy": (LimitKey(structural_rule=StructuralRule.LINE_BOX, line_id="cash"),),
}
_NOTICES = {
    "bond-fund": RedemptionNotice(
        notice_date=AS_OF, trading_days=20, payment_date=datetime.date(2025, 12, 26), covered=True
    ),
    "multi-strategy": RedemptionNotice(
        notice_date=AS_OF, trading_days=63, payment_date=datetime.date(2026, 2, 25), covered=True
    ),
}
_SYMBOLS = {"equity-futures": "ES", "bond-futures": "TY"}

# Day, purpose, changes by line, contracts by line, cash after it.
_STEPS: tuple[tuple[int, StepPurpose, dict[str, float], dict[str, int], float], ...] = (
    (0, StepPurpose.ADD_NOTIONAL, {}, {"equity-futures": 175, "bond-futures": 1200}, 0.05),
    (20, StepPurpose.RAISE_RESERVE, {"bond-fund": -0.15}, {}, 0.2),
    (20, StepPurpose.ADD_NOTIONAL, {}, {"bond-futures": 2246}, 0.2),
    (20, StepPurpose.INVEST, {"equity-fund": 0.05, "neutral": 0.1}, {}, 0.05),
    (63, StepPurpose.RAISE_RESERVE, {"multi-strategy": -0.02}, {}, 0.07),
    (63, StepPurpose.INVEST, {"macro": 0.01, "neutral": 0.02}, {}, 0.04),
)


def plan() -> TradePlan:
    """Eight trades in six steps on three days, and two rolls."""
    trades = tuple(_trade(row) for row in _WANTED)
    return TradePlan(
        as_of_date=datetime.date(2025, 11, 28),
        nav_amount=NAV,
        trades=trades,
        steps=tuple(_step(*row) for row in _STEPS),
        rolls=(
            ContractRoll(
                line_id="equity-futures",
                symbol="ES",
                from_contract="Z2025",
                to_contract="H2026",
                roll_date=datetime.date(2025, 12, 9),
                from_contract_count=-467,
                to_contract_count=463,
            ),
            ContractRoll(
                line_id="bond-futures",
                symbol="TY",
                from_contract="Z2025",
                to_contract="H2026",
                roll_date=datetime.date(2025, 11, 27),
                from_contract_count=-3446,
                to_contract_count=3394,
            ),
        ),
        one_way_turnover_fraction=sum(abs(trade.fraction) for trade in trades) / 2,
        cost_amount=sum(trade.cost_amount for trade in trades),
        rounding_objective_loss=2.1e-7,
        objective_unit=Unit.ANNUAL_RATE,
        rounding_method=RoundingMethod.INTEGER_PROGRAM,
        worst_hard_violation=3e-10,
    )


def small_plan() -> TradePlan:
    """The bond fund into the equity fund, in one step."""
    trades = (_trade(_WANTED[0]), _trade(("bond-fund", LineKind.FUNDED_BETA, 0.30, -0.05, None, None)))
    step = ExecutionStep(
        trades=tuple(
            StepTrade(line_id=trade.line_id, fraction=trade.fraction, amount=trade.amount) for trade in trades
        ),
        purpose=StepPurpose.PACKAGE,
        cash_fraction=0.05,
    )
    return TradePlan(
        as_of_date=datetime.date(2025, 11, 28),
        nav_amount=NAV,
        trades=tuple(_without_reasons(trade) for trade in trades),
        steps=(step,),
        one_way_turnover_fraction=0.05,
        cost_amount=sum(trade.cost_amount for trade in trades),
        objective_unit=Unit.ANNUAL_RATE,
        rounding_method=RoundingMethod.NONE,
    )


def positions_after() -> dict[str, float]:
    """Positions with all trades of `plan` done."""
    return {trade.line_id: trade.current_fraction + trade.fraction for trade in plan().trades}


def _trade(row: _Wanted) -> Trade:
    line_id, kind, current, wanted, contracts, gain = row
    fraction = wanted if contracts is None else contracts * CONTRACT_FRACTIONS[line_id]
    return Trade(
        line_id=line_id,
        kind=kind,
        current_fraction=current,
        target_fraction=current + wanted,
        fraction=fraction,
        amount=fraction * NAV,
        contract_count=contracts,
        rounding_fraction=wanted - fraction,
        cost_amount=COST_RATE * abs(fraction) * NAV,
        objective_gain=gain,
        kept_limits=_KEPT.get(line_id, ()),
        notice=_NOTICES.get(line_id),
        symbol=_SYMBOLS.get(line_id, ""),
    )


def _without_reasons(trade: Trade) -> Trade:
    return Trade(
        line_id=trade.line_id,
        kind=trade.kind,
        current_fraction=trade.current_fraction,
        target_fraction=trade.target_fraction,
        fraction=trade.fraction,
        amount=trade.amount,
        cost_amount=trade.cost_amount,
    )


def _step(
    day: int, purpose: StepPurpose, changes: dict[str, float], contracts: dict[str, int], cash: float
) -> ExecutionStep:
    bought = {line_id: count * CONTRACT_FRACTIONS[line_id] for line_id, count in contracts.items()}
    return ExecutionStep(
        trading_day=day,
        trades=tuple(
            StepTrade(
                line_id=line_id,
                fraction=fraction,
                amount=fraction * NAV,
                contract_count=contracts.get(line_id),
            )
            for line_id, fraction in (bought | changes).items()
        ),
        purpose=purpose,
        cash_fraction=cash,
        worst_hard_violation=0.0,
    )

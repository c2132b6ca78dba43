"""What a proposal trades and why, what it rolls, and in which order and by which notice it is done."""

from __future__ import annotations

from counterpoise.command.layout import Section, largest, others
from counterpoise.model import LineKind, StepTrade, Trade, TradePlan, Unit
from counterpoise.wording.figures import Money, basis_points, fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.rebalancing import ROUNDING_METHODS, STEP_PURPOSES
from counterpoise.wording.words import say

_SHOWN = 40
_NAMED = 2
_LEAST_TOLD = 5e-6
"""What is 0.1 bp of NAV when rounded."""
_IN_BASIS_POINTS = (Unit.ANNUAL_RATE, Unit.NAV_FRACTION)


def traded(plan: TradePlan, names: Names, money: Money) -> Section | None:
    """The trades, each with its size, its cost, and what would be without it."""
    if not plan.trades:
        return None
    in_points = plan.objective_unit in _IN_BASIS_POINTS
    rows = [(item.fraction, _row(item, names, money, in_points=in_points)) for item in plan.trades]
    columns = (
        "Trade, % of NAV",
        "now",
        "target",
        "change",
        money.heading,
        "contracts",
        "cost",
        "gain, bp" if in_points else "gain",
        "Why",
    )
    shown, hidden = largest(rows, _SHOWN)
    return Section(
        title="Trades",
        sentences=(
            "The target was certified as optimal; the change is what is traded, in whole contracts and "
            "tickets.",
            "Gain is what the objective would lose in a year without the trade, the others done and cash "
            "taking the difference. Gains do not add up.",
        ),
        columns=columns,
        rows=[*shown, *others(hidden, len(columns))],
        footnotes=_rounded(plan),
        left=(0, len(columns) - 1),
    )


def rolls(plan: TradePlan, names: Names) -> Section | None:
    """Contracts that are due to be rolled, whether their lines trade or not."""
    if not plan.rolls:
        return None
    return Section(
        title="Rolls that are due",
        columns=("Line", "Out of", "contracts", "Into", "contracts", "From"),
        rows=[
            (
                names.line(roll.line_id),
                f"{roll.symbol} {roll.from_contract}".strip(),
                fixed(roll.from_contract_count, 0, signed=True),
                f"{roll.symbol} {roll.to_contract}".strip(),
                fixed(roll.to_contract_count, 0, signed=True),
                str(roll.roll_date or ""),
            )
            for roll in plan.rolls
        ],
        left=(0, 1, 3, 5),
        whole=(1, 3, 5),
    )


def order(plan: TradePlan, names: Names) -> Section | None:
    """The steps, each to be done whole before the next one starts."""
    if not plan.steps:
        return None
    return Section(
        title="Order of execution",
        sentences=(
            "Each step is done whole before the next one starts; after each no hard limit is broken that was "
            "not broken before, and none by more. Cash balances every step.",
        ),
        columns=("Step", "day", "Purpose", "Trades", "cash after, %"),
        rows=[
            (
                str(number),
                str(step.trading_day),
                say(step.purpose, STEP_PURPOSES) if step.purpose is not None else "",
                "; ".join(_part(trade, names) for trade in step.trades),
                percent(step.cash_fraction),
            )
            for number, step in enumerate(plan.steps, start=1)
        ],
        footnotes=("Days are trading days from the start; cash is what may pay variation margin.",),
        left=(0, 2, 3),
        whole=(0, 2),
    )


def notices(plan: TradePlan, names: Names) -> Section | None:
    """Redemptions whose money comes later."""
    told = [(trade, trade.notice) for trade in plan.trades if trade.notice is not None]
    if not told:
        return None
    return Section(
        title="Redemptions by notice",
        columns=("Line", "Notice on", "trading days", "Money on", ""),
        rows=[
            (
                names.line(trade.line_id),
                str(notice.notice_date or ""),
                str(notice.trading_days),
                str(notice.payment_date or ""),
                "" if notice.covered else "not all of it: its liquidity never covers the amount",
            )
            for trade, notice in told
        ],
        footnotes=("Days are Mondays to Fridays; no holidays are counted.",),
        left=(0, 1, 3, 4),
        whole=(1, 3),
    )


def _row(trade: Trade, names: Names, money: Money, *, in_points: bool) -> tuple[str, ...]:
    return (
        names.line(trade.line_id),
        percent(trade.current_fraction),
        percent(trade.target_fraction),
        percent(trade.fraction, signed=True),
        money.cell(trade.amount, signed=True),
        _contracts(trade.contract_count, f"{trade.symbol} {trade.contract_code}".strip()),
        money.words(trade.cost_amount) if trade.cost_amount else "",
        _gain(trade.objective_gain, in_points=in_points),
        _why(trade, names),
    )


def _contracts(count: int | None, symbol: str) -> str:
    return f"{fixed(count, 0, signed=True)} {symbol}".strip() if count is not None else ""


def _gain(gain: float | None, *, in_points: bool) -> str:
    if gain is None:
        return ""
    return basis_points(gain) if in_points else f"{gain:.3g}"


def _why(trade: Trade, names: Names) -> str:
    """Limits that the trade keeps, what rounding left, and how it is done."""
    kept = [names.limit(key) for key in trade.kept_limits]
    reasons = [f"keeps {name}" for name in kept[:_NAMED]]
    if not kept and trade.objective_gain is not None and trade.objective_gain > 0.0:
        reasons.append("for what it gains")
    if len(kept) > _NAMED:
        reasons.append(f"keeps {len(kept) - _NAMED} more")
    if trade.kind == LineKind.RESERVE_TIER and trade.objective_gain is None and not kept:
        reasons.append("balances")
    if abs(trade.rounding_fraction) >= _LEAST_TOLD:
        reasons.append(f"rounding leaves {basis_points(trade.rounding_fraction, signed=True)} bp")
    if trade.notice is not None:
        reasons.append("by notice")
    return ", ".join(reasons)


def _part(trade: StepTrade, names: Names) -> str:
    count = f" ({fixed(trade.contract_count, 0, signed=True)})" if trade.contract_count is not None else ""
    return f"{names.line(trade.line_id)} {percent(trade.fraction, signed=True)} %{count}"


def _rounded(plan: TradePlan) -> tuple[str, ...]:
    """How contracts and tickets were found, and what they cost the objective."""
    method = f"{say(plan.rounding_method, ROUNDING_METHODS)}" if plan.rounding_method is not None else ""
    if plan.objective_unit not in _IN_BASIS_POINTS or not method:
        return (f"{method}.",) if method else ()
    loss = plan.rounding_objective_loss
    points = f"{basis_points(abs(loss), 3)} bp of the objective"
    if loss < 0:
        return (f"{method}; against the target this is worth {points} more: fewer trades are charged.",)
    return (f"{method}; against the target this costs {points}.",)

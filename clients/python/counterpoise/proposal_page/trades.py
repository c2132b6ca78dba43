"""What is traded, line by line, with reasons; and the rolls that are due."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.model import ContractRoll, LimitKey, LineKind, Trade
from counterpoise.proposal_page.heading import date
from counterpoise.proposal_page.markup import Html, Row, Table, element, joined, lines, note, section, table
from counterpoise.proposal_page.subject import Subject
from counterpoise.wording.figures import DUST, basis_points, fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.prices import optimized
from counterpoise.wording.proposals import gain, gain_unit
from counterpoise.wording.words import LINE_KINDS, say

_LIMITS_NAMED = 2


def trades(subject: Subject) -> Html:
    """Every trade, none left out: now, target and change, money, contracts, cost, worth and reasons."""
    plan, money = subject.plan, subject.money
    if not plan.trades:
        return section("trades", "Trades", element("p", "No line trades."))
    unit = gain_unit(subject.problem.objective)
    with_contracts = any(trade.contract_count is not None for trade in plan.trades)
    columns = (
        "Line",
        "now, %",
        "target, %",
        "change, %",
        money.heading,
        *(("contracts",) if with_contracts else ()),
        f"cost, {_small_money(subject)}",
        f"worth, {unit}" if unit else "worth",
        "Why, and when",
    )
    total = (
        "One-way turnover, and cost",
        "",
        "",
        percent(plan.one_way_turnover_fraction),
        money.cell_of(plan.one_way_turnover_fraction),
        *(("",) if with_contracts else ()),
        _cost(plan.cost_amount, subject),
        "",
        "",
    )
    return section(
        "trades",
        "Trades",
        table(
            Table(
                columns=columns,
                rows=[_row(trade, subject, with_contracts=with_contracts) for trade in plan.trades],
                left=(0, len(columns) - 1),
                foot=(Row(cells=total),),
            )
        ),
        note(_explained(subject)),
    )


def rolls(subject: Subject) -> Html:
    """Contracts that are left for the next ones; nothing where none is due."""
    if not subject.plan.rolls:
        return Html("")
    return section(
        "rolls",
        "Rolls that are due",
        table(
            Table(
                columns=("Line", "contract", "from", "contracts", "into", "contracts", "First day"),
                rows=[_roll(roll, subject.names) for roll in subject.plan.rolls],
                left=(0, 1, 2, 4, 6),
            )
        ),
        note("Of what is held after the trades; minus sells, plus buys."),
    )


def contracts(trade_count: int | None, symbol: str) -> str:
    """Signed contracts with their symbol: `+175 ES`; nothing for lines without contracts."""
    return "" if trade_count is None else f"{fixed(trade_count, 0, signed=True)} {symbol}".strip()


def _row(trade: Trade, subject: Subject, *, with_contracts: bool) -> Row:
    name = subject.names.line(trade.line_id)
    kind = say(trade.kind, LINE_KINDS) if trade.kind is not None else ""
    objective = subject.problem.objective
    worth = "" if trade.objective_gain is None else gain(trade.objective_gain, objective)
    return Row(
        cells=(
            joined((name, " ", element("small", kind))),
            percent(trade.current_fraction),
            percent(trade.target_fraction),
            percent(trade.fraction, signed=True),
            subject.money.cell(trade.amount, signed=True),
            *(
                (contracts(trade.contract_count, f"{trade.symbol} {trade.contract_code}".strip()),)
                if with_contracts
                else ()
            ),
            _cost(trade.cost_amount, subject),
            worth,
            _reasons(trade, subject),
        )
    )


def _reasons(trade: Trade, subject: Subject) -> Html:
    """Limits that would break without it, what rounding took, and dates of notice and money."""
    rounded = ""
    if abs(trade.rounding_fraction) >= DUST:
        less = trade.rounding_fraction * trade.fraction > 0
        size = basis_points(abs(trade.rounding_fraction), 2)
        rounded = f"rounded: {size} bp of NAV {'less' if less else 'more'} than the target"
    notice = trade.notice
    when = ""
    if notice is not None:
        when = f"notice {date(notice.notice_date)}, money {date(notice.payment_date)}"
        when += f" (day {notice.trading_days})"
        when += "" if notice.covered else ": its liquidity never covers the whole amount"
    return lines(_why(trade, subject.names), rounded, when)


def _why(trade: Trade, names: Names) -> str:
    """What the trade is for: limits, the objective, or the trades beside it."""
    if trade.kept_limits:
        return f"keeps {_named(trade.kept_limits, names)}"
    if trade.objective_gain is None:
        balances = trade.kind is LineKind.RESERVE_TIER
        return "balances the other trades" if balances else "the objective has no value without it"
    return "for what it is worth" if trade.objective_gain > 0 else "only together with other trades"


def _named(keys: Sequence[LimitKey], names: Names) -> str:
    told = list(dict.fromkeys(names.limit(key) for key in keys))
    more = f" and {len(told) - _LIMITS_NAMED} more" if len(told) > _LIMITS_NAMED else ""
    return f"limit{'s' if len(told) > 1 else ''} {'; '.join(told[:_LIMITS_NAMED])}{more}"


def _explained(subject: Subject) -> str:
    return (
        f"% of NAV. Worth: what {optimized(subject.problem.objective)} would lose without the trade, the "
        "others done and cash taking the difference; below zero it is done for the limits that it keeps."
    )


def _roll(roll: ContractRoll, names: Names) -> Row:
    return Row(
        cells=(
            names.line(roll.line_id),
            roll.symbol,
            roll.from_contract,
            fixed(roll.from_contract_count, 0, signed=True),
            roll.to_contract,
            fixed(roll.to_contract_count, 0, signed=True),
            date(roll.roll_date),
        )
    )


def _small_money(subject: Subject) -> str:
    """Costs are a thousandth of what is traded, and so is their unit."""
    return f"{subject.money.heading.removesuffix('M')}k" if _in_thousands(subject) else subject.money.heading


def _cost(amount: float, subject: Subject) -> str:
    return fixed(amount / 1e3, 1) if _in_thousands(subject) else subject.money.cell(amount)


def _in_thousands(subject: Subject) -> bool:
    return subject.money.heading.endswith("M")

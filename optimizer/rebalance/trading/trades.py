"""The plan of trades: what, why, at what cost, in which order, and which rolls come with it."""

from __future__ import annotations

import datetime
import math
import time

import numpy as np

from counterpoise.model import (
    ContractTerms,
    FloatArray,
    Trade,
    TradePlan,
    TradePolicy,
)
from optimizer.measures.book import Book
from optimizer.measures.objective import objective_of
from optimizer.measures.returns import one_off_costs
from optimizer.rebalance.trading.lots import contract_amounts, whole_contracts
from optimizer.rebalance.trading.notices import notice_for
from optimizer.rebalance.trading.order import order_trades
from optimizer.rebalance.trading.order_work import NEGLIGIBLE
from optimizer.rebalance.trading.reasons import Reason, reasons_of
from optimizer.rebalance.trading.rolls import due_rolls, rolled_count, traded_contract
from optimizer.rebalance.trading.rounding import Rounded


def plan_trades(
    book: Book,
    target: FloatArray,
    rounded: Rounded,
    *,
    seconds: float = math.inf,
) -> TradePlan:
    """Trades from the current positions to the rounded ones, reasons and all.

    `target` are the certified positions, shape (n,) or longer. Half of `seconds` at most goes into the
    order, the rest into reasons: what time does not suffice for is done as one package, or has no reason.
    A line with contracts trades from the whole count nearest to its current position; where that is the
    count that is wanted, it does not trade.
    """
    goal = objective_of(book)
    count, nav = book.line_count, book.problem.portfolio.nav_amount
    start, end = book.current[:count], rounded.variables[:count]
    held_before, held_after = _held(book, start), _held(book, end) | dict(rounded.contract_counts)
    contracts = {line: held_after[line] - before for line, before in held_before.items()}
    rolled = {line: rolled_count(before, held_after[line]) for line, before in held_before.items()}
    changed = [
        line for line in np.flatnonzero(np.abs(end - start) > NEGLIGIBLE).tolist() if contracts.get(line) != 0
    ]
    costs = one_off_costs(book, rounded.variables) * nav
    began = time.monotonic()
    steps = order_trades(book, start, end, contract_amounts(book), deadline=began + 0.5 * seconds)
    reasons = reasons_of(book, goal, start, end, changed, deadline=began + seconds)
    return TradePlan(
        trades=tuple(
            _trade(
                book,
                line,
                target=float(target[line]),
                end=float(end[line]),
                contracts=contracts.get(line),
                cost=float(costs[line]),
                reason=reasons[line],
            )
            for line in changed
        ),
        steps=steps,
        rolls=due_rolls(book.problem, rolled),
        one_way_turnover_fraction=0.5 * float(np.abs(end - start)[changed].sum()),
        cost_amount=float(costs[changed].sum()),
        rounding_objective_loss=rounded.objective_loss,
        objective_unit=goal.unit,
        rounding_method=rounded.method,
        worst_hard_violation=rounded.worst_hard_violation,
        as_of_date=book.problem.portfolio.as_of_date,
        nav_amount=nav,
    )


def within_tolerance(plan: TradePlan, policy: TradePolicy) -> bool:
    """Whether every change is below the policy's tolerance and no roll is due."""
    tolerance = policy.tolerance_fraction or 0.0
    return not plan.rolls and all(abs(trade.fraction) < tolerance for trade in plan.trades)


def _held(book: Book, positions: FloatArray) -> dict[int, int]:
    """Signed whole contracts nearest to positions, by index of the lines with contract terms."""
    nav = book.problem.portfolio.nav_amount
    return {
        line: whole_contracts(float(positions[line]) * nav / amount)
        for line, amount in contract_amounts(book).items()
    }


def _trade(
    book: Book, index: int, *, target: float, end: float, contracts: int | None, cost: float, reason: Reason
) -> Trade:
    line, portfolio = book.problem.portfolio.lines[index], book.problem.portfolio
    current = float(book.current[index])
    change = end - current
    contract = None if line.overlay is None else line.overlay.contract
    return Trade(
        line_id=line.line_id,
        kind=line.kind,
        current_fraction=current,
        target_fraction=target,
        fraction=change,
        amount=change * portfolio.nav_amount,
        contract_count=contracts,
        rounding_fraction=target - end,
        cost_amount=cost,
        objective_gain=reason.objective_gain,
        kept_limits=reason.kept_limits,
        notice=notice_for(line, current, change, portfolio.as_of_date),
        symbol="" if contract is None else contract.symbol,
        contract_code=_contract_code(contract, portfolio.as_of_date, current, change),
    )


def _contract_code(
    contract: ContractTerms | None, as_of: datetime.date, current: float, change: float
) -> str:
    """Month and year of the contract that a trade is in; empty where it has no quarterly one."""
    if contract is None or contract.roll is None:
        return ""
    return traded_contract(contract.roll, as_of, adds=current * change >= 0.0)

"""What stops a run: each guard looks at one thing and says what it saw."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    AlphaBasis,
    Driver,
    ExpectedReturn,
    Line,
    LineKind,
    RunGuard,
    RunPolicy,
    RunRefusal,
    TerminationReason,
    TradePlan,
    Violation,
)
from optimizer.rebalance import policies
from optimizer.rebalance.compliance import BALANCE_TOLERANCE

MOST_CONTRACTS = 1_000_000_000
"""Most contracts of one order, as marks take."""
NUDGE = 1e-4
"""What premia and alphas are moved by, annual decimal: one basis point."""
_NUDGE_BASIS_POINTS = 1.0
_SHOWN = 5


def refuse_marks(
    problem: AllocationProblem, policy: RunPolicy | None, now: datetime.datetime
) -> Iterator[RunRefusal]:
    """Stale marks, marks of different days, holdings that do not sum to NAV."""
    portfolio, oldest = problem.portfolio, policies.maximum_mark_age(policy)
    if portfolio.as_of_date > policies.latest_day(now):
        yield RunRefusal(
            guard=RunGuard.MARKS_STALE,
            message=f"the portfolio is of {portfolio.as_of_date}, a day that is yet to come; mark it today",
        )
    elif policies.mark_age(portfolio.as_of_date, now) > oldest:
        yield RunRefusal(
            guard=RunGuard.MARKS_STALE,
            message=f"the marks are of {portfolio.as_of_date}, older than the {_days(oldest)} that the policy"
            " allows; record today's",
        )
    mixed = [line.line_id for line in portfolio.lines if _is_dated_otherwise(line, portfolio.as_of_date)]
    if mixed:
        yield RunRefusal(
            guard=RunGuard.MARKS_MIXED,
            message=f"margined lines and reserve tiers are not all marked on {portfolio.as_of_date}:"
            " positions of different days do not add up; mark all of them on one day",
            line_ids=tuple(mixed),
        )
    total = sum(line.capital_per_unit * (line.current_fraction or 0.0) for line in portfolio.lines)
    if abs(total - 1.0) > BALANCE_TOLERANCE:
        yield RunRefusal(
            guard=RunGuard.HOLDINGS_UNBALANCED,
            message=f"what uses capital sums to {total:.6f} of NAV; mark the lines that are missing,"
            " or the NAV, so that it sums to 1",
        )


def refuse_violations(violations: tuple[Violation, ...]) -> Iterator[RunRefusal]:
    """A problem that its marks have made one that no server takes."""
    if violations:
        shown = "; ".join(f"{violation.field}: {violation.message}" for violation in violations[:_SHOWN])
        more = f" and {len(violations) - _SHOWN} more" if len(violations) > _SHOWN else ""
        yield RunRefusal(guard=RunGuard.PROBLEM_INVALID, message=f"with the marks, {shown}{more}")


def refuse_answer(allocation: Allocation) -> Iterator[RunRefusal]:
    """Everything but a certified optimum."""
    reason, detail = allocation.termination.reason, allocation.termination.detail
    if reason is TerminationReason.INFEASIBLE:
        proof = allocation.certificate.infeasibility if allocation.certificate is not None else None
        bounds = () if proof is None else tuple(dict.fromkeys(weight.key for weight in proof.weights))
        yield RunRefusal(guard=RunGuard.INFEASIBLE, message=detail, limits=bounds)
    elif reason is not TerminationReason.OPTIMAL:
        yield RunRefusal(guard=RunGuard.NOT_CERTIFIED, message=detail)


def refuse_jump(
    problem: AllocationProblem,
    allocation: Allocation,
    policy: RunPolicy | None,
    allocate: Callable[[AllocationProblem], Allocation],
) -> Iterator[RunRefusal]:
    """An answer that moves far when premia and alphas move by one basis point, up or down in turns."""
    most = policies.maximum_answer_jump_fraction(policy)
    for sign in (1.0, -1.0):
        other = allocate(nudged(problem, sign))
        if other.termination.reason is not TerminationReason.OPTIMAL:
            yield RunRefusal(
                guard=RunGuard.ANSWER_UNSTABLE,
                message="with premia and alphas moved by one basis point nothing is certified; rescale the"
                " inputs or loosen the limits",
            )
            return
        jump = _one_way(allocation, other)
        if jump > most:
            yield RunRefusal(
                guard=RunGuard.ANSWER_UNSTABLE,
                message=f"premia and alphas moved by one basis point move {jump:.4f} of NAV, more than"
                f" {most:g}: the objective hardly tells these portfolios apart; charge for risk or"
                " uncertainty, or set maximum_answer_jump_fraction",
                line_ids=_movers(allocation, other),
            )
            return


def refuse_counts(plan: TradePlan) -> Iterator[RunRefusal]:
    """Contracts so small that their number is beyond what an order holds."""
    beyond = tuple(
        dict.fromkeys(
            [trade.line_id for trade in plan.trades if abs(trade.contract_count or 0) > MOST_CONTRACTS]
            + [
                roll.line_id
                for roll in plan.rolls
                if max(abs(roll.from_contract_count), abs(roll.to_contract_count)) > MOST_CONTRACTS
            ]
        )
    )
    if beyond:
        yield RunRefusal(
            guard=RunGuard.NOT_TRADABLE,
            message=f"more than {MOST_CONTRACTS} contracts in one order; look at price and point value",
            line_ids=beyond,
        )


def refuse_turnover(plan: TradePlan, policy: RunPolicy | None) -> Iterator[RunRefusal]:
    """The breaker."""
    most = policies.maximum_turnover_fraction(policy)
    if plan.one_way_turnover_fraction > most:
        yield RunRefusal(
            guard=RunGuard.TURNOVER,
            message=f"one-way turnover of {plan.one_way_turnover_fraction:.4f} of NAV is above the breaker of"
            f" {most:g}; look at the marks, or raise maximum_turnover_fraction for this once",
        )


def nudged(problem: AllocationProblem, sign: float) -> AllocationProblem:
    """Premia and alphas one basis point up or down in turns, in the order of drivers and lines."""
    drivers = tuple(
        _nudged_driver(driver, sign * _turn(index)) for index, driver in enumerate(problem.market.drivers)
    )
    lines = tuple(
        _nudged_line(line, sign * _turn(index)) for index, line in enumerate(problem.portfolio.lines)
    )
    return replace(
        problem,
        market=replace(problem.market, drivers=drivers),
        portfolio=replace(problem.portfolio, lines=lines),
    )


def _turn(index: int) -> float:
    return 1.0 if index % 2 == 0 else -1.0


def _nudged_driver(driver: Driver, sign: float) -> Driver:
    given = driver.expected_return
    moved = ExpectedReturn(
        annual_excess=_plus(given.annual_excess, sign * NUDGE),
        annual_total=_plus(given.annual_total, sign * NUDGE),
        annual_basis_points=_plus(given.annual_basis_points, sign * _NUDGE_BASIS_POINTS),
    )
    return replace(driver, expected_return=moved)


def _nudged_line(line: Line, sign: float) -> Line:
    if line.alpha_sleeve is None:
        return line
    alpha = line.alpha_sleeve.expected_alpha
    basis = AlphaBasis(
        annual_total=_plus(alpha.basis.annual_total, sign * NUDGE),
        annual_over_cash=_plus(alpha.basis.annual_over_cash, sign * NUDGE),
        annual_over_beta=_plus(alpha.basis.annual_over_beta, sign * NUDGE),
    )
    net = alpha.net_of_fees is not None
    moved = replace(alpha, net_of_fees=basis if net else None, gross_of_fees=None if net else basis)
    return replace(line, alpha_sleeve=replace(line.alpha_sleeve, expected_alpha=moved))


def _plus(value: float | None, change: float) -> float | None:
    return None if value is None else value + change


def _one_way(first: Allocation, second: Allocation) -> float:
    return 0.5 * sum(abs(change) for _, change in _changes(first, second))


def _movers(first: Allocation, second: Allocation) -> tuple[str, ...]:
    ranked = sorted(_changes(first, second), key=lambda item: -abs(item[1]))
    return tuple(line_id for line_id, change in ranked[:_SHOWN] if change != 0.0)


def _changes(first: Allocation, second: Allocation) -> Iterable[tuple[str, float]]:
    pairs = zip(first.positions, second.positions, strict=True)
    return [(one.line_id, other.fraction - one.fraction) for one, other in pairs]


def _is_dated_otherwise(line: Line, as_of_date: datetime.date) -> bool:
    daily = line.margin_pool_id != "" or line.kind is LineKind.RESERVE_TIER
    return daily and line.valuation_date is not None and line.valuation_date != as_of_date


def _days(span: datetime.timedelta) -> str:
    days = span / datetime.timedelta(days=1)
    return f"{days:g} day{'s' if days != 1 else ''}"

"""What is wrong with a plan, with paths from the plan."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import replace

from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.model import AllocationProblem, ErrorReason, Violation
from counterpoise.validate import problem_violations, question_violations

_LEAST_WINDOW = 24
_LARGEST_MULTIPLIER = 100.0
_CAPITAL_ERROR = 1e-6
_LAST_PRIORITY = 100


def plan_violations(plan: WalkForwardPlan) -> tuple[Violation, ...]:
    """Every violation of a plan; of its own rules where problem and estimation have none."""
    found = [
        *_under("problem", problem_violations(_opened(plan))),
        *_under("estimation", question_violations(plan.estimation)),
    ]
    return tuple(found) or (*_counts(plan), *_drivers(plan), *_sleeves(plan), *_mandate(plan), *_rules(plan))


def _opened(plan: WalkForwardPlan) -> AllocationProblem:
    """The problem with the holdings that the first decision starts from."""
    portfolio, opening = plan.problem.portfolio, plan.opening
    lines = tuple(replace(line, current_fraction=opening[line.line_id]) for line in portfolio.lines)
    return replace(plan.problem, portfolio=replace(portfolio, lines=lines))


def _under(field: str, violations: Iterable[Violation]) -> Iterator[Violation]:
    for violation in violations:
        yield replace(violation, field=f"{field}.{violation.field}" if violation.field else field)


def _counts(plan: WalkForwardPlan) -> Iterator[Violation]:
    """A window and a walk that are long enough."""
    if plan.window_period_count < _LEAST_WINDOW:
        message = f"{plan.window_period_count} periods; write at least {_LEAST_WINDOW}, better 60"
        yield _wrong("window_period_count", ErrorReason.NUMBER_OUT_OF_RANGE, message)
    months = 12 * plan.window_period_count / plan.history.frequency.periods_per_year
    if plan.window_period_count >= _LEAST_WINDOW > months:
        message = (
            f"{plan.window_period_count} periods are {months:.3g} months, and alphas have no verdict below "
            f"{_LEAST_WINDOW}; write a longer window"
        )
        yield _wrong("window_period_count", ErrorReason.NUMBER_OUT_OF_RANGE, message)
    if plan.rebalance_period_count < 1:
        message = f"{plan.rebalance_period_count} periods; write at least 1"
        yield _wrong("rebalance_period_count", ErrorReason.NUMBER_OUT_OF_RANGE, message)
    if len(plan.periods) <= 1:
        message = (
            f"{len(plan.periods)} periods between first_date and last_date have a window of "
            f"{plan.window_period_count} that ends with them; write a longer history, or a shorter window"
        )
        yield _wrong("estimation.history.dates", ErrorReason.HISTORY_TOO_SHORT, message)


def _drivers(plan: WalkForwardPlan) -> Iterator[Violation]:
    """Cash and the drivers of the problem, with a return in every period that is walked through."""
    cash = plan.estimation.cash_id
    if not cash:
        message = "required and unset: capital earns it; write the column of cash returns"
        yield _wrong("estimation.cash_id", ErrorReason.FIELD_MISSING, message)
    drivers = [driver.driver_id for driver in plan.estimation.drivers]
    for name in sorted(set(plan.problem.market.driver_ids) ^ set(drivers)):
        message = f"{name!r} is not a driver of both problem.market and estimation; they have the same"
        yield _wrong("estimation.drivers", ErrorReason.ID_UNKNOWN, message)
    for place, column in enumerate(plan.history.columns):
        if column.column_id not in {*drivers, cash}:
            continue
        known = column.known()
        missing = [index for index in plan.periods if not known[index]]
        if missing:
            message = (
                f"{column.column_id} has no return on {plan.history.dates[missing[0]]}, and "
                f"{len(missing) - 1} more are missing; fill them, or set first_date and last_date around them"
            )
            field = f"estimation.history.columns[{place}].missing_periods"
            yield _wrong(field, ErrorReason.HISTORY_TOO_SHORT, message)


def _sleeves(plan: WalkForwardPlan) -> Iterator[Violation]:
    """Sleeves of the estimation are lines of the portfolio, and there is a reserve."""
    portfolio = plan.problem.portfolio
    sleeves = {line.line_id for line in portfolio.lines if line.alpha_sleeve is not None}
    columns = {column.column_id for column in plan.history.columns}
    for index, line in enumerate(portfolio.lines):
        if line.alpha_sleeve is not None and line.line_id not in columns:
            message = f"{line.line_id} has no column of returns, so that it would earn no alpha; write one"
            yield _wrong(f"problem.portfolio.lines[{index}].line_id", ErrorReason.ID_UNKNOWN, message)
    for index, name in enumerate(plan.estimation.sleeve_ids):
        if name not in sleeves:
            message = f"{name!r} is no alpha sleeve of the portfolio; name columns as its lines are"
            yield _wrong(f"estimation.sleeve_ids[{index}]", ErrorReason.ID_UNKNOWN, message)
    capital = sum(line.capital_per_unit * plan.opening[line.line_id] for line in portfolio.lines)
    if abs(capital - 1.0) > _CAPITAL_ERROR:
        message = (
            f"holdings use {capital:.6g} of capital, and a walk starts with all of it; write current "
            "fractions that sum to 1 without overlays, or none to start in the first reserve tier"
        )
        yield _wrong("problem.portfolio.lines", ErrorReason.NUMBER_OUT_OF_RANGE, message)
    if portfolio.loading_matrix is not None:
        message = "loadings change at every decision; write them line by line"
        yield _wrong("problem.portfolio.loading_matrix", ErrorReason.VALUE_MALFORMED, message)
    if not any(line.reserve_tier is not None for line in portfolio.lines):
        message = "no reserve tier; calls need one that pays them"
        yield _wrong("problem.portfolio.lines", ErrorReason.FIELD_MISSING, message)


def _mandate(plan: WalkForwardPlan) -> Iterator[Violation]:
    """What walks do not do: pay outflows, or put limits behind the last priority."""
    if plan.problem.portfolio.cash_flows:
        message = "walks pay no outflows; leave them out"
        yield _wrong("problem.portfolio.cash_flows", ErrorReason.VALUE_MALFORMED, message)
    for index, limit in enumerate(plan.problem.mandate.limits):
        if plan.relax_limits and limit.soft is not None and limit.soft.priority >= _LAST_PRIORITY:
            message = "hard limits come before it where a decision is infeasible; write a priority below 100"
            field = f"problem.mandate.limits[{index}].soft.priority"
            yield _wrong(field, ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _rules(plan: WalkForwardPlan) -> Iterator[Violation]:
    """Redemptions and gates of known sleeves, margin periods of known pools."""
    portfolio = plan.problem.portfolio
    sleeves = {line.line_id for line in portfolio.lines if line.alpha_sleeve is not None}
    pools = {pool.margin_pool_id for pool in portfolio.margin_pools}
    yield from _known("redemptions", [item.line_id for item in plan.redemptions], sleeves)
    yield from _known("gates", [item.line_id for item in plan.gates], sleeves)
    yield from _known("margin_periods", [item.margin_pool_id for item in plan.margin_periods], pools)
    for index, terms in enumerate(plan.redemptions):
        if terms.every_period_count < 1 or terms.notice_period_count < 0:
            message = "every_period_count is at least 1, and notice_period_count at least 0"
            yield _wrong(f"redemptions[{index}]", ErrorReason.NUMBER_OUT_OF_RANGE, message)
        if terms.line_id in [item.line_id for item in plan.redemptions[:index]]:
            message = f"{terms.line_id!r} has terms before; keep one of them"
            yield _wrong(f"redemptions[{index}]", ErrorReason.ID_DUPLICATE, message)
    yield from _spans("gates", [(gate.first_date, gate.last_date) for gate in plan.gates])
    yield from _spans("margin_periods", [(each.first_date, each.last_date) for each in plan.margin_periods])
    if not 0.0 <= plan.forced_sale_cost_rate < 1.0:
        message = f"{plan.forced_sale_cost_rate} is outside [0, 1)"
        yield _wrong("forced_sale_cost_rate", ErrorReason.NUMBER_OUT_OF_RANGE, message)
    for index, period in enumerate(plan.margin_periods):
        if not 0.0 < period.multiplier <= _LARGEST_MULTIPLIER:
            message = f"{period.multiplier} is outside (0, {_LARGEST_MULTIPLIER:g}]"
            yield _wrong(f"margin_periods[{index}].multiplier", ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _spans(field: str, spans: Iterable[tuple[datetime.date, datetime.date]]) -> Iterator[Violation]:
    for index, (first, last) in enumerate(spans):
        if last < first:
            message = f"{last} is before {first}; write a day on or after it"
            yield _wrong(f"{field}[{index}].last_date", ErrorReason.BOUNDS_CROSSED, message)


def _known(field: str, names: Iterable[str], known: set[str]) -> Iterator[Violation]:
    for index, name in enumerate(names):
        if name not in known:
            message = f"{name!r} is unknown; write one of {', '.join(sorted(known)) or 'none'}"
            yield _wrong(f"{field}[{index}]", ErrorReason.ID_UNKNOWN, message)


def _wrong(field: str, reason: ErrorReason, message: str) -> Violation:
    return Violation(field=field, reason=reason, message=message)

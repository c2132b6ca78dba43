"""What is wrong with a plan, with paths from the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.model import AllocationProblem, ErrorReason, Violation
from counterpoise.validate import problem_violations, question_violations

_LEAST_WINDOW = 24
_LARGEST_MULTIPLIER = 100.0
_CAPITAL_ERROR = 1e-6


def plan_violations(plan: WalkForwardPlan) -> tuple[Violation, ...]:
    """Every violation of a plan; of its own rules where problem and estimation have none."""
    found = [
        *_under("problem", problem_violations(_opened(plan))),
        *_under("estimation", question_violations(plan.estimation)),
    ]
    return tuple(found) or (*_counts(plan), *_drivers(plan), *_sleeves(plan), *_rules(plan))


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
    for index, period in enumerate(plan.margin_periods):
        if not 0.0 < period.multiplier <= _LARGEST_MULTIPLIER:
            message = f"{period.multiplier} is outside (0, {_LARGEST_MULTIPLIER:g}]"
            yield _wrong(f"margin_periods[{index}].multiplier", ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _known(field: str, names: Iterable[str], known: set[str]) -> Iterator[Violation]:
    for index, name in enumerate(names):
        if name not in known:
            message = f"{name!r} is unknown; write one of {', '.join(sorted(known)) or 'none'}"
            yield _wrong(f"{field}[{index}]", ErrorReason.ID_UNKNOWN, message)


def _wrong(field: str, reason: ErrorReason, message: str) -> Violation:
    return Violation(field=field, reason=reason, message=message)

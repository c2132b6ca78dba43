"""What is stated of limits and in warnings beside the simulation, and how stated numbers are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from counterpoise.model import (
    LimitKey,
    LimitReport,
    Warning,
    WarningCode,
)
from tests.reference.stress_book import StressBook
from tests.reference.stress_calls import first_shortfall
from tests.reference.stress_covariance import is_repaired
from tests.reference.stress_members import members
from tests.reference.stress_moves import regressed

Stated = tuple[str, float | None, float]
ABSOLUTE = 2e-9
RELATIVE = 1e-9
OF_ROOTS = 1e-8
"""Square roots near zero lose half of the digits."""


def unequal(stated: Iterator[Stated], *, absolute: float = ABSOLUTE) -> Iterator[str]:
    """Numbers that are missing, or not what they should be."""
    for name, said, measured in stated:
        if said is None or not abs(said - measured) <= absolute + RELATIVE * abs(measured):
            yield f"{name} is said to be {said}, is {measured}"


def rooted(book: StressBook) -> float:
    """Tolerance of what has margin in it."""
    pools = book.problem.portfolio.margin_pools
    return OF_ROOTS if any(pool.risk is not None for pool in pools) else ABSOLUTE


def same_constraint(key: LimitKey) -> tuple[str | None, str, str, str, str, int | None]:
    """What tells the members of one limit apart."""
    days = key.horizon_trading_days
    return key.limit_id, key.line_id, key.driver_id, key.counterparty_id, key.scenario_id, days


def limits(book: StressBook, reports: Sequence[LimitReport]) -> Iterator[Stated]:
    """Value, bounds and slacks of every member, where NAV is left for ratios to it."""
    said = {same_constraint(item.key): item for item in reports if item.key.limit_id is not None}
    for limit in book.problem.mandate.limits:
        for member in members(book, limit):
            item = said.pop(same_constraint(member.key), None)
            if item is None:
                yield f"report of {member.key}", None, member.value
                continue
            if member.nav <= 0:
                continue
            yield str(member.key), item.value, member.value
            for side, bound, other in (
                ("lower", item.lower, member.lower),
                ("upper", item.upper, member.upper),
            ):
                if bound is not None or other is not None:
                    yield f"{side} of {member.key}", bound, float("nan") if other is None else other
            if member.lower is not None:
                yield f"lower slack of {member.key}", item.lower_slack, member.value - member.lower
            if member.upper is not None:
                yield f"upper slack of {member.key}", item.upper_slack, member.upper - member.value
    for key in said:
        yield f"report of {key}, which is no member", None, 0.0


def violations(book: StressBook, reports: Sequence[LimitReport]) -> Iterator[Stated]:
    """By how much every member is missed, ratios to stressed NAV times that NAV."""
    said = {same_constraint(item.key): item for item in reports if item.key.limit_id is not None}
    for limit in book.problem.mandate.limits:
        for member in members(book, limit):
            item = said.get(same_constraint(member.key))
            if item is not None:
                yield f"violation of {member.key}", item.violation, member.violation


def warned(book: StressBook, warnings: Sequence[Warning]) -> Iterator[str]:
    """Warnings that are due and missing, or there without a cause."""
    codes = {warning.code for warning in warnings}
    problem = book.problem
    due = {
        WarningCode.RUIN: any(book.nav_after(item) <= 0 for item in problem.scenarios),
        WarningCode.COVERAGE_SHORT: any(
            first_shortfall(book, item, book.days()) is not None for item in problem.scenarios
        ),
        WarningCode.CORRELATION_REPAIRED: is_repaired(problem),
        WarningCode.SHOCK_REGRESSED: any(
            regressed(problem, book.numbers.covariance, item, 1) for item in problem.scenarios
        ),
    }
    for code, expected in due.items():
        if (code in codes) != expected:
            yield f"warning {code.name} is {'missing' if expected else 'there without a cause'}"

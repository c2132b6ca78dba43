"""What an answer states, number by number, beside what its own positions and postings measure."""

from __future__ import annotations

from collections.abc import Iterator

from counterpoise.model import (
    Allocation,
    CounterpartyExposure,
    LeverageDefinition,
    MeetRiskBudget,
    MinimizeActiveRisk,
    MinimizeRisk,
    RiskStatistic,
    WarningCode,
)
from tests.answers import leverage, objective, volatility
from tests.reference.book import ACTIVE, TOTAL, Book
from tests.reference.costs import trading_cost_fraction
from tests.reference.risk_budget import risk_budget

Stated = tuple[str, float | None, float]
SHARE_MISSED = 1e-3
LARGEST_UNNOTICED_VIOLATION = 1e-6
_CANCELLED = 1e-15
"""What is left of a variance where terms of order one cancel; its root is 3e-8."""


def differences(book: Book, allocation: Allocation, *, absolute: float = 1e-8) -> Iterator[str]:
    """Every number that is not what the book measures, up to rounding, and warnings that are not due."""
    for part in (_objective, _returns, _risks, _limits, _lines, _counterparties):
        for name, said, measured in part(book, allocation):
            if said is not None and _is_root(book, name) and abs(said**2 - measured**2) < _CANCELLED:
                continue
            if said is None or abs(said - measured) > absolute + 1e-9 * abs(measured):
                yield f"{name} is said to be {said}, is {measured}"
    yield from _warnings(book, allocation)


def _is_root(book: Book, name: str) -> bool:
    """Whether a number is the root of a variance, whose terms cancel where positions hedge each other."""
    least_risk = isinstance(book.problem.objective.goal, MinimizeRisk | MinimizeActiveRisk)
    return "volatility" in name or (least_risk and name.startswith("objective"))


def _objective(book: Book, allocation: Allocation) -> Iterator[Stated]:
    yield "objective", objective(allocation), book.objective()
    said = {} if allocation.objective is None else {t.kind: t.value for t in allocation.objective.terms}
    measured = book.objective_terms()
    for kind in said.keys() | measured.keys():
        yield f"objective term {kind.name}", said.get(kind, 0.0), measured.get(kind, 0.0)


def _returns(book: Book, allocation: Allocation) -> Iterator[Stated]:
    report = allocation.expected_return
    if report is None:
        yield "returns", None, 0.0
        return
    yield "net return", report.annual_net_return, book.net_return()
    without = sum(book.return_terms(with_alpha=False).values())
    yield "net return without alpha", report.annual_net_return_without_alpha, without
    said = {(term.kind, term.line_id): term.annual_return for term in report.terms}
    measured = book.return_terms()
    for key in said.keys() | measured.keys():
        yield f"{key[0].name} of {key[1]}", said.get(key, 0.0), measured.get(key, 0.0)


def _risks(book: Book, allocation: Allocation) -> Iterator[Stated]:
    total = volatility(allocation, RiskStatistic.TOTAL_VOLATILITY)
    yield "total volatility", total, book.volatility(TOTAL)
    if book.problem.mandate.reference_exposures:
        active = volatility(allocation, RiskStatistic.ACTIVE_VOLATILITY)
        yield "active volatility", active, book.volatility(ACTIVE)
    for definition in LeverageDefinition:
        yield definition.name, leverage(allocation, definition), book.leverage(definition)
    exposures = book.numbers.loadings.T @ book.h
    for driver, report, exposure in zip(
        book.problem.market.drivers, allocation.exposures, exposures, strict=True
    ):
        parts = report.funded + report.overlay + report.alpha_look_through
        yield f"exposure to {driver.driver_id}", parts, float(exposure)
        yield f"unit of {driver.driver_id}", float(report.unit), float(driver.exposure_unit)
    goal = book.problem.objective.goal
    shares = () if allocation.risk is None else allocation.risk.budget_shares
    if isinstance(goal, MeetRiskBudget):
        budget = risk_budget(book.problem, book.numbers, goal)
        found = budget.risk_shares(book.h[budget.rows])
        for wanted, share, said in zip(goal.shares, found, shares, strict=True):
            yield f"wanted share of {wanted.line_id}", said.wanted_share, wanted.value
            yield f"risk share of {said.line_id}", said.share, float(share)


def _limits(book: Book, allocation: Allocation) -> Iterator[Stated]:
    reports = {
        (report.key.limit_id, report.key.line_id, report.key.driver_id, report.key.counterparty_id): report
        for report in allocation.limits
    }
    for limit in book.problem.mandate.limits:
        for member in book.members(limit):
            key = (member.limit_id, member.line_id, member.driver_id, member.counterparty_id)
            name = f"{member.limit_id}[{member.line_id}{member.driver_id}{member.counterparty_id}]"
            if key not in reports:
                yield f"report of {name}", None, member.value
                continue
            report = reports[key]
            yield name, report.value, member.value
            soft = limit.soft
            yield f"priority of {name}", report.priority, 0 if soft is None else soft.priority
            if soft is not None:
                yield f"violation of {name}", report.violation, member.violation
            for side, said, bound in (
                ("lower", report.lower, member.lower),
                ("upper", report.upper, member.upper),
            ):
                if said is not None or bound is not None:
                    yield f"{side} of {name}", said, bound if bound is not None else float("nan")


def _lines(book: Book, allocation: Allocation) -> Iterator[Stated]:
    """Changes and their cost, and what the evidence gate and fees left of each alpha."""
    lines = book.problem.portfolio.lines
    for line, position, h in zip(lines, allocation.positions, book.h, strict=True):
        if line.current_fraction is not None:
            yield f"change of {line.line_id}", position.change_fraction, float(h) - line.current_fraction
        if line.trading_cost is not None:
            cost = trading_cost_fraction(line, float(h))
            yield f"trading cost of {line.line_id}", position.trading_cost_fraction, cost
    if all(line.current_fraction is not None for line in lines):
        trading = allocation.trading
        trades = book.trades(list(range(len(lines))))
        cost = sum(trading_cost_fraction(line, float(h)) for line, h in zip(lines, book.h, strict=True))
        yield "two-way turnover", None if trading is None else trading.two_way_turnover_fraction, trades
        yield "one-way turnover", None if trading is None else trading.one_way_turnover_fraction, trades / 2
        yield "cost of trades", None if trading is None else trading.cost_fraction, cost
    verdicts = {verdict.line_id: verdict for verdict in allocation.sleeve_verdicts}
    for row, sleeve in book.numbers.sleeves.items():
        verdict, line_id = verdicts[lines[row].line_id], lines[row].line_id
        yield f"declared alpha of {line_id}", verdict.annual_declared_alpha, sleeve.declared
        yield f"alpha of {line_id}", verdict.annual_alpha, sleeve.alpha
        yield f"management fee of {line_id}", verdict.annual_management_fee, sleeve.management_fee
        yield f"performance fee of {line_id}", verdict.annual_performance_fee, sleeve.performance_fee


def _counterparties(book: Book, allocation: Allocation) -> Iterator[Stated]:
    reports = {report.counterparty_id: report for report in allocation.counterparties}
    for item in book.problem.portfolio.counterparties:
        name = item.counterparty_id
        report = reports.get(name)
        posted = book.at_stake(name, CounterpartyExposure.POSTED_MARGIN)
        gross = book.at_stake(name, CounterpartyExposure.GROSS_POSITION)
        yield f"posted to {name}", None if report is None else report.posted_margin_fraction, posted
        yield f"facing {name}", None if report is None else report.gross_position_fraction, gross


def _warnings(book: Book, allocation: Allocation) -> Iterator[str]:
    """Missed soft limits and missed risk shares are warned of, and nothing that is met."""
    warned = {warning.code for warning in allocation.warnings}
    missed = max(
        (
            member.violation
            for limit in book.problem.mandate.limits
            if limit.soft is not None
            for member in book.members(limit)
        ),
        default=0.0,
    )
    if missed > 2 * LARGEST_UNNOTICED_VIOLATION and WarningCode.SOFT_LIMIT_MISSED not in warned:
        yield f"a soft limit is missed by {missed} without a warning"
    if missed == 0.0 and WarningCode.SOFT_LIMIT_MISSED in warned:
        yield "a warning of a missed soft limit, while all are met"
    goal = book.problem.objective.goal
    if isinstance(goal, MeetRiskBudget):
        budget = risk_budget(book.problem, book.numbers, goal)
        off = float(abs(budget.risk_shares(book.h[budget.rows]) - budget.shares).max())
        if off > SHARE_MISSED * 1.01 and WarningCode.RISK_SHARES_MISSED not in warned:
            yield f"a risk share is off by {off} without a warning"
        if off < SHARE_MISSED * 0.99 and WarningCode.RISK_SHARES_MISSED in warned:
            yield f"a warning of missed risk shares, while they are off by {off}"

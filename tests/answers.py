"""Reading an answer: by id instead of by place, and as a book of the second opinion."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    LeverageDefinition,
    LimitReport,
    OptimalityProof,
    RiskStatistic,
    TerminationReason,
)
from tests.reference.book import Book
from tests.reference.numbers import Numbers


def describe(allocation: Allocation) -> str:
    """How it ended, for the message of a failed assertion."""
    attempts = [
        f"{attempt.engine} {attempt.engine_status} {attempt.verdict.name} {attempt.relative_gap}"
        for attempt in allocation.termination.attempts
    ]
    return f"{allocation.termination.reason.name}: {allocation.termination.detail} {attempts}"


def assert_optimal(allocation: Allocation) -> None:
    """The answer has positions."""
    assert allocation.termination.reason == TerminationReason.OPTIMAL, describe(allocation)


def positions(allocation: Allocation) -> dict[str, float]:
    """Fraction of NAV by line."""
    return {position.line_id: position.fraction for position in allocation.positions}


def book_of(problem: AllocationProblem, allocation: Allocation, numbers: Numbers | None = None) -> Book:
    """Positions and postings of an answer, measured by the second opinion."""
    postings = {
        (posted.line_id, pool.margin_pool_id): posted.value
        for pool in allocation.pool_margins
        for posted in pool.posted_fractions
    }
    fractions = positions(allocation)
    h = np.array([fractions[line_id] for line_id in problem.portfolio.line_ids])
    return Book(problem, h, postings, numbers)


def objective(allocation: Allocation) -> float:
    """Objective at the answer."""
    assert allocation.objective is not None
    return allocation.objective.value


def optimality(allocation: Allocation) -> OptimalityProof:
    """The proof of an optimal answer."""
    assert allocation.certificate is not None
    assert allocation.certificate.optimality is not None
    return allocation.certificate.optimality


def leverage(allocation: Allocation, definition: LeverageDefinition) -> float:
    """One of the four leverage figures."""
    figures = {figure.definition: figure.value for figure in allocation.leverage_figures}
    return figures[definition]


def volatility(allocation: Allocation, statistic: RiskStatistic) -> float:
    """One of the volatilities."""
    assert allocation.risk is not None
    figures = {figure.statistic: figure.annual_volatility for figure in allocation.risk.figures}
    return figures[statistic]


def limit_reports(allocation: Allocation, limit_id: str) -> list[LimitReport]:
    """Every member of a limit."""
    return [report for report in allocation.limits if report.key.limit_id == limit_id]


def limit_report(allocation: Allocation, limit_id: str) -> LimitReport:
    """The report of a limit with one member."""
    (report,) = limit_reports(allocation, limit_id)
    return report

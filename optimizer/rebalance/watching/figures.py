"""Figures of a portfolio as its marks have it: what triggers look at, and what is shown of jobs."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from counterpoise.model import (
    AllocateRequest,
    AllocationProblem,
    CorrelationRegime,
    CoverageFigure,
    LeverageDefinition,
    RiskStatistic,
    RunGuard,
)
from counterpoise.validate import request_violations
from optimizer.measures.book import open_book
from optimizer.measures.limits import constraints_of
from optimizer.rebalance.guards import refuse_marks
from optimizer.rebalance.trading.postings import settled
from optimizer.reports.coverage import coverage_horizons, report_coverage
from optimizer.reports.leverage import report_leverage
from optimizer.reports.risk import report_risk

_FIRST_DAY = 1
LARGEST_COVERAGE = 1_000.0
"""What covers more than this, or has nothing to cover, is covered this often."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured; None where there is no such figure.

    Nothing but the day is measured on marks that do not add up, such as those of different days. However old
    they are, they are measured: whether a run takes them is its policy's business.
    """

    as_of_date: datetime.date
    drift_fraction: float | None = None
    leverage_ratios: Mapping[LeverageDefinition, float] = field(default_factory=dict)
    coverage_ratio: float | None = None
    active_annual_volatility: float | None = None


def measure(problem: AllocationProblem, left: Mapping[str, float] | None, now: datetime.datetime) -> Figures:
    """The figures of a problem's current positions; `left` is where they were left, NAV fractions."""
    portfolio = problem.portfolio
    guards = {refusal.guard for refusal in refuse_marks(problem, None, now)}
    if guards - {RunGuard.MARKS_STALE} or request_violations(AllocateRequest(problem=problem)):
        return Figures(as_of_date=portfolio.as_of_date)
    book = open_book(problem)
    variables = settled(book, book.current[: book.line_count], constraints_of(book))
    volatilities = [
        figure.annual_volatility
        for figure in report_risk(book, variables).figures
        if figure.statistic is RiskStatistic.ACTIVE_VOLATILITY and figure.regime is CorrelationRegime.NORMAL
    ]
    return Figures(
        as_of_date=portfolio.as_of_date,
        drift_fraction=_drift(problem, left),
        leverage_ratios={
            figure.definition: figure.value
            for figure in report_leverage(book, variables)
            if not figure.scenario_id and figure.definition is not None
        },
        coverage_ratio=min(
            map(covered, report_coverage(book, variables, coverage_horizons(problem))), default=None
        ),
        active_annual_volatility=volatilities[0] if volatilities else None,
    )


def write_figures(figures: Figures) -> str:
    """Figures as JSON."""
    ratios = {definition.name: value for definition, value in figures.leverage_ratios.items()}
    return json.dumps(
        {**asdict(figures), "as_of_date": figures.as_of_date.isoformat(), "leverage_ratios": ratios}
    )


def read_figures(text: str) -> Figures:
    """What `write_figures` wrote. Raises ValueError for anything else, as another version may write it."""
    try:
        parts = json.loads(text)
        ratios = {LeverageDefinition[name]: value for name, value in parts["leverage_ratios"].items()}
        day = datetime.date.fromisoformat(parts["as_of_date"])
        return Figures(**{**parts, "as_of_date": day, "leverage_ratios": ratios})
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError("these are no figures of this version; they are measured anew") from error


def covered(figure: CoverageFigure) -> float:
    """Sources over need, and on the first day cash over its variation margin where that is less."""
    whole = _covered(figure.source_fraction, figure.need_fraction)
    if figure.horizon_trading_days != _FIRST_DAY:
        return whole
    return min(whole, _covered(figure.same_day_cash_fraction, figure.variation_margin_fraction))


def _covered(sources: float, need: float) -> float:
    """A ratio of at most `LARGEST_COVERAGE`; 0 where there is no need and yet less than nothing."""
    if need <= 0.0:  # inflows pay for everything, unless more is owed than comes in
        return LARGEST_COVERAGE if sources >= need else 0.0
    # A need may be so small that dividing by it overflows.
    return sources / need if sources < LARGEST_COVERAGE * need else LARGEST_COVERAGE


def _drift(problem: AllocationProblem, left: Mapping[str, float] | None) -> float | None:
    """Distance of the line that moved furthest from where it was left; new lines have none."""
    if left is None:
        return None
    distances = [
        abs(line.current_fraction - left[line.line_id])
        for line in problem.portfolio.lines
        if line.current_fraction is not None and line.line_id in left
    ]
    return max(distances, default=None)

"""A portfolio before and after its trades: every figure that a proposal shows of it."""

from __future__ import annotations

from counterpoise.model import AllocationProblem, FloatArray, PortfolioMeasures
from optimizer.measures.book import open_book
from optimizer.measures.limits import constraints_of
from optimizer.reports.coverage import coverage_horizons, report_coverage
from optimizer.reports.exposures import report_exposures
from optimizer.reports.leverage import report_leverage
from optimizer.reports.limits import report_measured
from optimizer.reports.margin import report_pool_margins, report_reserve
from optimizer.reports.positions import report_positions
from optimizer.reports.returns import report_return
from optimizer.reports.risk import report_risk
from optimizer.reports.stress import report_stresses


def measure_portfolio(problem: AllocationProblem, variables: FloatArray) -> PortfolioMeasures:
    """Positions and postings of a validated problem, shape (n + E,), measured; nothing is optimised.

    Changes and trading costs are from the current positions of the problem's lines.
    """
    book = open_book(problem)
    coverage = report_coverage(book, variables, coverage_horizons(problem))
    return PortfolioMeasures(
        positions=report_positions(book, variables),
        exposures=report_exposures(book, variables),
        expected_return=report_return(book, variables),
        leverage_figures=report_leverage(book, variables),
        pool_margins=report_pool_margins(book, variables),
        reserve=report_reserve(book, variables, coverage),
        risk=report_risk(book, variables),
        limits=report_measured(constraints_of(book), variables),
        stresses=report_stresses(book, variables, coverage),
    )

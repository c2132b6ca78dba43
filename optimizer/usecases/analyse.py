"""StressPortfolio and MeasureLiquidity: a given portfolio under scenarios. Nothing is optimised."""

from __future__ import annotations

import numpy as np

from counterpoise.canonical import problem_sha256
from counterpoise.model import (
    AllocationProblem,
    CoverageFigure,
    FloatArray,
    MeasureLiquidityRequest,
    MeasureLiquidityResponse,
    Provenance,
    StressPortfolioRequest,
    StressPortfolioResponse,
    StressReport,
    Warning,
)
from counterpoise.validate import request_violations
from optimizer.measures.book import Book, open_book
from optimizer.measures.box import box_of
from optimizer.measures.constraint import Constraint
from optimizer.measures.limits import constraints_of
from optimizer.reports.coverage import coverage_horizons, report_coverage
from optimizer.reports.leverage import report_leverage
from optimizer.reports.limits import report_measured
from optimizer.reports.margin import report_pool_margins, report_reserve
from optimizer.reports.notes import warn_of_request
from optimizer.reports.risk import report_risk
from optimizer.reports.stress import report_stresses
from optimizer.reports.stress_notes import warn_of_base, warn_of_stress, warn_of_uncovered
from optimizer.usecases.allocate import SERVER_VERSION
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.posted import uncovered, with_postings


def stress_portfolio(request: StressPortfolioRequest) -> StressPortfolioResponse:
    """What scenarios do to the current portfolio. Raises RequestInvalid."""
    book, variables, constraints = _opened(request)
    figures = report_coverage(book, variables, coverage_horizons(request.problem))
    stresses = report_stresses(book, variables, figures)
    return StressPortfolioResponse(
        stresses=stresses,
        leverage_figures=report_leverage(book, variables),
        pool_margins=report_pool_margins(book, variables),
        risk=report_risk(book, variables),
        limits=report_measured(constraints, variables),
        warnings=(
            *_warnings(book, variables, constraints),
            *warn_of_base(figures),
            *warn_of_stress(stresses),
        ),
        provenance=_provenance(request.problem),
        request_id=request.request_id,
    )


def measure_liquidity(request: MeasureLiquidityRequest) -> MeasureLiquidityResponse:
    """Money by when against what may be asked for, of the current portfolio. Raises RequestInvalid."""
    book, variables, constraints = _opened(request)
    horizons = tuple(sorted(request.horizon_trading_days)) or coverage_horizons(request.problem, always=True)
    figures = report_coverage(book, variables, horizons)
    stresses = report_stresses(book, variables, figures)
    return MeasureLiquidityResponse(
        reserve=report_reserve(book, variables, figures),
        stresses=stresses,
        pool_margins=report_pool_margins(book, variables),
        warnings=(
            *_warnings(book, variables, constraints),
            *warn_of_base(figures),
            *warn_of_stress(stresses),
        ),
        provenance=_provenance(request.problem),
        request_id=request.request_id,
    )


def _opened(
    request: StressPortfolioRequest | MeasureLiquidityRequest,
) -> tuple[Book, FloatArray, tuple[Constraint, ...]]:
    """The book, current positions with the postings behind them, and the constraints."""
    violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    book = open_book(request.problem)
    positions = np.array([line.current_fraction for line in request.problem.portfolio.lines], dtype=float)
    return book, with_postings(book, positions), constraints_of(book)


def _of_bad_days(
    figures: tuple[CoverageFigure, ...], stresses: tuple[StressReport, ...]
) -> tuple[Warning, ...]:
    return (*warn_of_base(figures), *warn_of_stress(stresses))


def _warnings(book: Book, variables: FloatArray, constraints: tuple[Constraint, ...]) -> tuple[Warning, ...]:
    return (
        *warn_of_request(book, box_of(book), constraints),
        *warn_of_uncovered(book, uncovered(book, variables)),
    )


def _provenance(problem: AllocationProblem) -> Provenance:
    return Provenance(problem_sha256=problem_sha256(problem), server_version=SERVER_VERSION)

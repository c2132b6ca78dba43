"""Given portfolios under random scenarios against a simulation in plain loops."""

import numpy as np
import pytest

from counterpoise.model import MeasureLiquidityRequest, StressPortfolioRequest
from optimizer.usecases.analyse import measure_liquidity, stress_portfolio
from tests.problems.stressed_given import given
from tests.reference.stress_book import StressBook
from tests.reference.stress_measured import coverages, leverages, pools, volatilities
from tests.reference.stress_postings import cash_posted, least_cash_posted
from tests.reference.stress_reports import orders, stresses
from tests.reference.stress_stated import limits, rooted, unequal, violations, warned
from tests.reference.stress_structure import collateral_misses

SEEDS_PER_CHUNK = 60
CHUNKS = 5
HORIZONS = (200, 1, 10, 45, 63)


def book_at(problem, pool_margins):
    """Current positions, and what the response says is posted."""
    postings = {
        (posted.line_id, pool.margin_pool_id): posted.value
        for pool in pool_margins
        for posted in pool.posted_fractions
    }
    held = np.array([line.current_fraction for line in problem.portfolio.lines])
    return StressBook(problem, held, postings)


def posting_faults(book):
    """Postings that break a rule though some cover all margin, or that use more cash than needed."""
    least = least_cash_posted(book)
    missed = {name: miss for name, miss in collateral_misses(book).items() if miss > 1e-9}
    if least is None:
        missed = {name: miss for name, miss in missed.items() if not name.startswith("cover")}
    elif abs(cash_posted(book) - least) > 1e-8:
        yield f"{cash_posted(book)} of cash is posted, {least} would do"
    if missed:
        yield f"collateral rules are missed: {missed}"


def common_faults(book, response, days):
    """What both calls report."""
    yield from posting_faults(book)
    yield from unequal(pools(book, response.pool_margins), absolute=rooted(book))
    yield from unequal(stresses(book, response.stresses, days), absolute=rooted(book))
    yield from orders(book, response.stresses, days)


def stress_faults(problem):
    response = stress_portfolio(StressPortfolioRequest(problem=problem, request_id="given"))
    book = book_at(problem, response.pool_margins)
    yield from common_faults(book, response, book.days())
    yield from unequal(leverages(book, response.leverage_figures))
    yield from unequal(volatilities(book, response.risk.figures), absolute=1e-8)
    yield from unequal(limits(book, response.limits), absolute=rooted(book))
    yield from unequal(violations(book, response.limits), absolute=rooted(book))
    yield from warned(book, response.warnings)
    if response.request_id != "given":
        yield "the request id is not echoed"


def liquidity_faults(problem, horizons):
    response = measure_liquidity(MeasureLiquidityRequest(problem=problem, horizon_trading_days=horizons))
    book = book_at(problem, response.pool_margins)
    days = sorted(horizons) if horizons else book.days()
    yield from common_faults(book, response, days)
    yield from unequal(coverages(book, response.reserve.coverage_figures, days), absolute=rooted(book))


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_given_portfolio_is_measured_as_the_simulation_does(chunk):
    wrong = []
    for seed in range(SEEDS_PER_CHUNK * chunk, SEEDS_PER_CHUNK * (chunk + 1)):
        problem = given(seed)
        horizons = HORIZONS if seed % 2 else ()
        faults = [*stress_faults(problem), *liquidity_faults(problem, horizons)]
        wrong += [f"{seed}: {fault}" for fault in faults]
    assert not wrong, "\n".join(wrong)

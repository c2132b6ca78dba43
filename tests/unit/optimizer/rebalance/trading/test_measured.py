"""A portfolio measured is what an allocation says of the same positions."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import StressPortfolioRequest
from optimizer.measures.book import open_book
from optimizer.rebalance.trading.measured import measure_portfolio
from optimizer.usecases.analyse import stress_portfolio
from optimizer.usecases.posted import with_postings
from tests.answers import assert_optimal
from tests.golden_problems import funded, gross_limit, tier
from tests.problems.stressed import stressed_case
from tests.unit.optimizer.rebalance.hand_made import problem


@pytest.mark.parametrize("seed", [3, 11])
def test_it_says_what_an_answer_says_of_its_positions(allocate, seed):
    asked = stressed_case(seed, scenarios=3).problem
    answer = allocate(asked)
    assert_optimal(answer)
    book = open_book(asked)
    found = measure_portfolio(
        asked, with_postings(book, np.array([item.fraction for item in answer.positions]))
    )
    assert found.positions == answer.positions
    assert found.exposures == answer.exposures
    assert found.leverage_figures == answer.leverage_figures
    assert found.risk == answer.risk
    assert found.reserve.reserve_fraction == answer.reserve.reserve_fraction
    assert found.reserve.coverage_figures


def test_the_current_portfolio_is_measured_as_under_stress():
    known = stressed_case(5, scenarios=4)
    lines = tuple(
        replace(line, current_fraction=float(fraction))
        for line, fraction in zip(known.problem.portfolio.lines, known.positions, strict=True)
    )
    asked = replace(known.problem, portfolio=replace(known.problem.portfolio, lines=lines))
    told = stress_portfolio(StressPortfolioRequest(problem=asked))
    found = measure_portfolio(asked, with_postings(open_book(asked), known.positions))
    assert found.stresses == told.stresses
    assert found.limits == told.limits
    assert found.pool_margins == told.pool_margins
    assert {item.change_fraction for item in found.positions} == {0.0}


def test_changes_are_from_what_is_held_and_a_broken_limit_says_by_how_much():
    asked = problem({funded("fund", "equity"): 0.5, tier("cash", posts=True): 0.5}, (gross_limit(0.6),))
    found = measure_portfolio(asked, with_postings(open_book(asked), np.array([0.7, 0.3])))
    assert [item.change_fraction for item in found.positions] == pytest.approx([0.2, -0.2])
    (cap,) = found.limits
    assert cap.violation == pytest.approx(0.1)
    assert cap.upper_shadow_price is None
    assert found.expected_return.annual_net_return == pytest.approx(0.04 + 0.7 * 0.05)

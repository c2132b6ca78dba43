"""Random problems with everything that the contract has: costs, fees, uncertainty, budgets, priorities."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import AllocationProblem, Mandate, MinimizeRisk, Objective
from tests.problems.books import random_book
from tests.problems.draw import Draw
from tests.problems.everything_goals import random_goal
from tests.problems.everything_limits import everything_limits
from tests.problems.everything_lines import (
    everything_lines,
    random_counterparties,
    random_features,
    random_pools,
)
from tests.problems.everything_market import everything_market, with_residual_correlation
from tests.problems.randomized import (
    RandomCase,
    random_evidence_rule,
    random_portfolio,
    random_reference,
)
from tests.reference.book import Book


def everything(seed: int) -> AllocationProblem:
    """A problem of 8 to 25 lines whose hard limits can be met; equal seeds give equal problems."""
    return everything_case(seed).problem


def everything_case(seed: int) -> RandomCase:
    """A problem with the book that its hard limits were built around."""
    draw = Draw(seed)
    case = everything_without_limits(draw)
    book = Book(case.problem, case.positions, case.postings)
    mandate = dataclasses.replace(case.problem.mandate, limits=everything_limits(draw, book))
    return dataclasses.replace(case, problem=dataclasses.replace(case.problem, mandate=mandate))


def everything_without_limits(draw: Draw, *, budgets: bool = True) -> RandomCase:
    """The market, the lines, the goal, which may be a risk budget; the mandate has no limits yet."""
    market = everything_market(draw)
    book = random_book(draw, draw.count(8, 25))
    nav_amount = draw.magnitude(1e6, 1e11)
    features = random_features(draw)
    lines = everything_lines(draw, book, market, features, nav_amount)
    positions = np.array(book.positions)
    postings = {(lines[item.tier].line_id, item.pool): item.value / (1 - item.haircut) for item in book.terms}
    portfolio = dataclasses.replace(
        random_portfolio(draw, book, market, lines, nav_amount),
        margin_pools=random_pools(draw, book, features),
        counterparties=random_counterparties(features),
    )
    reference = random_reference(draw, market, portfolio, positions)
    problem = AllocationProblem(
        market=with_residual_correlation(draw, market.model, lines),
        portfolio=portfolio,
        mandate=Mandate(
            mandate_id="everything",
            reference_exposures=reference,
            evidence_rule=random_evidence_rule(draw),
        ),
        objective=Objective(minimize_risk=MinimizeRisk()),
    )
    return RandomCase(
        problem=random_goal(draw, problem, positions, budgets=budgets), positions=positions, postings=postings
    )

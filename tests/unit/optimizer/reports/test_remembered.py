"""What is remembered of one request never shows in the answer to another."""

import copy
import dataclasses

import numpy as np
import pytest

from counterpoise.model import (
    AllocateRequest,
    AllocationView,
    DriverValue,
    EvidenceRule,
    SolveParameters,
)
from optimizer.measures.book import open_book
from optimizer.measures.box import box_of
from optimizer.measures.limits import constraints_of
from optimizer.reports.coverage import coverage_horizons, report_coverage
from optimizer.reports.exposures import report_exposures
from optimizer.reports.leverage import report_leverage
from optimizer.reports.limits import report_measured
from optimizer.reports.margin import report_pool_margins, report_reserve
from optimizer.reports.notes import warn_of_request
from optimizer.reports.positions import report_capital_uses, report_positions
from optimizer.reports.returns import report_return
from optimizer.reports.risk import report_risk
from optimizer.reports.stress import report_stresses
from optimizer.reports.trading import report_counterparties
from optimizer.reports.verdicts import report_verdicts
from tests.problems import SIZES, generate, random_problem
from tests.problems.everything import everything
from tests.problems.stressed import stressed

PROBLEMS = {
    "everything": lambda: everything(2),
    "random": lambda: random_problem(7),
    "stressed": lambda: stressed(4),
    "sized": lambda: generate(SIZES[20], seed=1),
}


def with_limits(problem, change):
    limits = tuple(change(limit) for limit in problem.mandate.limits)
    return dataclasses.replace(problem, mandate=dataclasses.replace(problem.mandate, limits=limits))


def wider(limit):
    return limit if limit.upper is None else dataclasses.replace(limit, upper=0.9 * limit.upper)


def with_mandate(problem, **changes):
    return dataclasses.replace(problem, mandate=dataclasses.replace(problem.mandate, **changes))


def without_half_of_the_scenarios(problem):
    # Limits that may name scenarios go with them.
    limits = tuple(
        limit
        for limit in problem.mandate.limits
        if not (limit.scenario_loss or limit.liquidity_coverage or limit.leverage or limit.illiquid_share)
    )
    return dataclasses.replace(with_mandate(problem, limits=limits), scenarios=problem.scenarios[::2])


CHANGES = {
    "limits": lambda problem: with_limits(problem, wider),
    "evidence rule": lambda problem: with_mandate(
        problem,
        evidence_rule=EvidenceRule(
            charge_r_squared=0.01,
            reclassify_r_squared=0.05,
            minimum_observation_count=500,
            maximum_evidence_age_days=0,
        ),
    ),
    "age of marks": lambda problem: with_mandate(problem, maximum_valuation_age_days=0),
    "reference": lambda problem: with_mandate(
        problem,
        reference_exposures=tuple(
            DriverValue(driver_id=driver.driver_id, value=0.1 * (place + 1))
            for place, driver in enumerate(problem.market.drivers)
            if not driver.in_basis_points
        ),
    ),
    "holding period": lambda problem: dataclasses.replace(
        problem, objective=dataclasses.replace(problem.objective, holding_period_years=0.5)
    ),
    "scenarios": without_half_of_the_scenarios,
    "market": lambda problem: dataclasses.replace(
        problem, market=dataclasses.replace(problem.market, annual_risk_free_rate=0.07)
    ),
    "portfolio": lambda problem: dataclasses.replace(
        problem, portfolio=dataclasses.replace(problem.portfolio, nav_amount=7e7)
    ),
}


def told(problem):
    """Every report on a book that holds a little of everything, as text: all digits, and signs of zeros."""
    book = open_book(problem)
    constraints = constraints_of(book)
    variables = np.random.default_rng(1).uniform(0.01, 0.1, book.variable_count)
    figures = report_coverage(book, variables, coverage_horizons(problem))
    return {
        "coverage": repr(figures),
        "exposures": repr(report_exposures(book, variables)),
        "leverage": repr(report_leverage(book, variables)),
        "limits": repr(report_measured(constraints, variables)),
        "pool margins": repr(report_pool_margins(book, variables)),
        "reserve": repr(report_reserve(book, variables, figures)),
        "positions": repr(report_positions(book, variables)),
        "capital uses": repr(report_capital_uses(book, variables)),
        "return": repr(report_return(book, variables)),
        "risk": repr(report_risk(book, variables)),
        "stresses": repr(report_stresses(book, variables, figures)),
        "counterparties": repr(report_counterparties(book, variables)),
        "verdicts": repr(report_verdicts(book)),
        "warnings": repr(warn_of_request(book, box_of(book), constraints)),
    }


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("change", CHANGES)
def test_reports_are_those_of_a_problem_that_was_never_seen(name, change):
    first = PROBLEMS[name]()
    fresh = copy.deepcopy(first)
    before = told(first)
    changed = CHANGES[change](first)
    assert told(changed) == told(copy.deepcopy(changed))
    assert told(first) == before == told(fresh)


def test_each_change_shows_in_some_report():
    shown = {
        change
        for change, changed in CHANGES.items()
        for problem in (make() for make in PROBLEMS.values())
        if told(problem) != told(changed(problem))
    }
    assert shown == set(CHANGES)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_basic_view_is_a_part_of_the_full_one(allocator, name):
    problem = PROBLEMS[name]()
    full, basic = (
        allocator.allocate(AllocateRequest(problem=problem, parameters=SolveParameters(view=view))).allocation
        for view in (AllocationView.FULL, AllocationView.BASIC)
    )
    assert basic.positions == full.positions
    assert basic.objective == full.objective
    assert basic.warnings == full.warnings
    assert basic.trading == full.trading
    assert basic.limits == tuple(limit for limit in full.limits if limit.binding)
    assert basic.risk == dataclasses.replace(full.risk, shares=())
    assert basic.leverage_figures == tuple(item for item in full.leverage_figures if not item.scenario_id)
    assert full.capital_uses
    assert not basic.capital_uses
    assert not basic.stresses
    assert basic.reserve is None


def test_answers_to_the_same_problem_are_the_same_however_often_it_is_asked(allocate):
    problem = stressed(11)
    first = allocate(problem)
    assert repr(allocate(problem)) == repr(first)
    assert repr(allocate(copy.deepcopy(problem))) == repr(first)

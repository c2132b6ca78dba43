"""What is remembered of equal sections gives the same bits as what is laid out afresh."""

import copy
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
import scipy.sparse as sp

from counterpoise.model import (
    DriverValue,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeRisk,
    Objective,
    TradingCost,
)
from optimizer.program import Attempt, Engine, prepare, run_attempt
from optimizer.program.assemble import assemble
from optimizer.program.lines import read_lines
from optimizer.usecases.question import Question
from tests.golden_problems import pension
from tests.problems import SIZES, generate, random_problem
from tests.problems.everything import everything
from tests.problems.stressed import stressed

PROBLEMS = [
    *(everything(seed) for seed in range(12)),
    *(stressed(seed, scenarios=3) for seed in range(12)),
    *(random_problem(seed) for seed in range(12)),
    *(generate(SIZES[lines], seed=1) for lines in (20, 63)),
    pension(),
]


def bits(value):
    """Everything in a value, arrays by their bytes."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if sp.issparse(value):
        square = value.tocsc()
        return bits((square.shape, square.indptr, square.indices, square.data))
    if isinstance(value, tuple | list):
        return tuple(bits(item) for item in value)
    if isinstance(value, dict):
        return tuple((key, bits(item)) for key, item in value.items())
    if is_dataclass(value):
        return tuple((field.name, bits(getattr(value, field.name))) for field in fields(value))
    return value


def laid_out(problem):
    """The numbers of a problem, what an engine gets of them, and the way back from raw vectors of ones."""
    prepared = Question(problem).prepared
    data = assemble(prepared.numbers)
    layout = prepared._form.layout
    return bits((prepared.numbers, data, layout.slots, layout.pieces, layout.columns.fixed))


def other_bounds(problem):
    """Every bound of the mandate but targets a little wider, by limits that were read again."""
    limits = tuple(wider(copy.deepcopy(limit)) for limit in problem.mandate.limits)
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def wider(limit):
    if limit.lower is not None and limit.lower == limit.upper:
        return limit
    lower = None if limit.lower is None else limit.lower - 1e-3 * abs(limit.lower)
    return replace(
        limit, lower=lower, upper=None if limit.upper is None else limit.upper + 1e-3 * abs(limit.upper)
    )


def one_bound(problem):
    """The last limit wider, the others the same objects."""
    *others, last = problem.mandate.limits or (None,)
    if last is None:
        return problem
    return replace(problem, mandate=replace(problem.mandate, limits=(*others, wider(last))))


def other_sides(problem):
    """Limits of positions and exposures held from the other side."""
    limits = tuple(
        replace(limit, lower=None if limit.lower is not None else -1.0, upper=limit.upper or 1.0)
        if limit.position is not None or limit.exposure is not None
        else limit
        for limit in problem.mandate.limits
    )
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def fewer_limits(problem):
    return replace(problem, mandate=replace(problem.mandate, limits=problem.mandate.limits[1:]))


def renamed_limits(problem):
    limits = tuple(replace(limit, limit_id=f"{limit.limit_id}-b") for limit in problem.mandate.limits)
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def other_reference(problem):
    exposures = tuple(
        DriverValue(driver_id=item.driver_id, value=0.9 * item.value)
        for item in problem.mandate.reference_exposures
    )
    return replace(problem, mandate=replace(problem.mandate, reference_exposures=exposures))


def other_objective(problem):
    goals = {
        "maximize_utility": MaximizeUtility(total_risk_aversion=3.0),
        "maximize_alpha": MaximizeAlpha(),
        "maximize_net_return": MaximizeNetReturn(),
        "minimize_risk": MinimizeRisk(),
    }
    objective, goal = problem.objective, problem.objective.goal
    if isinstance(goal, MaximizeUtility) and goal.active_risk_aversion is not None:
        return replace(
            problem,
            objective=replace(
                objective, maximize_utility=replace(goal, active_risk_aversion=goal.active_risk_aversion * 2)
            ),
        )
    own = next(field.name for field in fields(objective) if getattr(objective, field.name) is goal)
    other = next(name for name in goals if name != own)
    return replace(problem, objective=replace(objective, **{own: None, other: goals[other]}))


def other_market(problem):
    risk_free = problem.market.annual_risk_free_rate + 0.001
    return replace(problem, market=replace(problem.market, annual_risk_free_rate=risk_free))


def other_portfolio(problem):
    """The first line that may go below what it holds at most, pinned."""
    lines = list(problem.portfolio.lines)
    for index, line in enumerate(lines):
        if line.minimum_fraction is not None and line.maximum_fraction is not None:
            lines[index] = replace(line, maximum_fraction=line.minimum_fraction)
            break
    return replace(problem, portfolio=replace(problem.portfolio, lines=tuple(lines)))


def other_scenarios(problem):
    return replace(problem, scenarios=tuple(copy.deepcopy(item) for item in problem.scenarios))


EXCHANGES = (
    one_bound,
    other_objective,
    other_bounds,
    other_reference,
    other_sides,
    other_scenarios,
    other_portfolio,
    fewer_limits,
    other_market,
    renamed_limits,
)


@pytest.mark.parametrize("number", range(len(PROBLEMS)))
def test_exchanging_one_section_at_a_time_gives_the_bits_of_a_fresh_layout(number):
    problem = PROBLEMS[number]
    draw = np.random.default_rng(number)
    fresh = laid_out(copy.deepcopy(problem))
    for exchange in draw.permutation(np.array(EXCHANGES, dtype=object)):
        exchanged = exchange(problem)
        assert laid_out(exchanged) == laid_out(copy.deepcopy(exchanged)), exchange.__name__
        # Back to where it came from: nothing of the other section stays.
        assert laid_out(problem) == fresh, exchange.__name__
        if draw.uniform() < 0.5:
            # From there on.
            problem, fresh = exchanged, laid_out(exchanged)


@pytest.mark.parametrize("lines", [20, 63])
def test_another_bound_keeps_the_shape_and_what_engines_get_of_it(lines):
    problem = generate(SIZES[lines], seed=1)
    first, second = (Question(item).prepared.numbers for item in (problem, one_bound(problem)))
    assert first.shape is second.shape
    assert assemble(first).matrix is assemble(second).matrix
    assert not np.array_equal(first.limit, second.limit) or not np.array_equal(first.radii, second.radii)


def test_another_objective_number_keeps_the_shape():
    problem = generate(SIZES[20], seed=1)
    first, second = (Question(item).prepared.numbers for item in (problem, other_objective(problem)))
    assert first.shape is second.shape
    assert first.quadratic_weight != second.quadratic_weight


def test_a_bound_that_a_fixed_row_breaks_puts_the_row_back():
    problem = pension()
    lines = tuple(
        replace(line, minimum_fraction=0.1, maximum_fraction=0.1) for line in problem.portfolio.lines
    )
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    cap = next(limit for limit in problem.mandate.limits if limit.leverage is not None)
    for upper in (0.05, 2.0, 0.05):
        limits = tuple(
            replace(limit, upper=upper) if limit is cap else limit for limit in problem.mandate.limits
        )
        asked = replace(problem, mandate=replace(problem.mandate, limits=limits))
        assert laid_out(asked) == laid_out(copy.deepcopy(asked))


def test_other_bounds_of_the_same_lines_are_laid_out_anew():
    inputs = Question(pension())._inputs
    free = np.flatnonzero(inputs.lower < inputs.upper)
    for line, value in ((free[0], 0.02), (free[0], 0.05), (free[1], 0.02)):
        lower, upper = inputs.lower.copy(), inputs.upper.copy()
        lower[line] = upper[line] = value
        pinned = replace(inputs, lower=lower, upper=upper)
        afresh = replace(pinned, problem=copy.deepcopy(inputs.problem))
        assert bits(prepare(pinned).numbers) == bits(prepare(afresh).numbers)


@pytest.mark.parametrize("problem", [everything(seed) for seed in range(6)])
def test_goals_that_charge_other_things_are_laid_out_anew(problem):
    for goal in ({"maximize_alpha": MaximizeAlpha()}, {"maximize_net_return": MaximizeNetReturn()}) * 2:
        asked = replace(problem, objective=Objective(holding_period_years=1.0, **goal))
        assert laid_out(asked) == laid_out(copy.deepcopy(asked))


def test_lines_that_can_be_traded_one_way_only_are_laid_out_anew():
    problem = pension()
    lines = tuple(
        replace(line, current_fraction=0.05, trading_cost=TradingCost(linear_rate=0.01))
        for line in problem.portfolio.lines
    )
    problem = replace(
        problem,
        portfolio=replace(problem.portfolio, lines=lines),
        objective=Objective(holding_period_years=1.0, maximize_net_return=MaximizeNetReturn()),
    )
    inputs = Question(problem)._inputs
    free = inputs.lower < inputs.upper
    free[len(lines) :] = False
    assert free.any()
    for least in (0.01, 0.06, 0.04):
        lower = np.where(free, least, inputs.lower)
        asked = replace(inputs, lower=lower, upper=np.where(free, 0.5, inputs.upper))
        afresh = replace(asked, problem=copy.deepcopy(problem))
        assert bits(prepare(asked).numbers) == bits(prepare(afresh).numbers)


def test_nobody_can_change_what_is_remembered():
    question = Question(generate(SIZES[20], seed=1))
    shape = question.prepared.numbers.shape
    lines = read_lines(question._inputs)
    for array in (
        shape.at_most.value,
        shape.equal.column,
        shape.cones[0].offset,
        lines.loadings,
        lines.risk.factor,
        assemble(question.prepared.numbers).matrix.data,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_remembered_and_fresh_answers_have_the_same_bits():
    problem = generate(SIZES[20], seed=3)
    run_attempt(Attempt(Question(one_bound(problem)).prepared.numbers, Engine.CLARABEL))
    answers = []
    for asked in (problem, copy.deepcopy(problem)):
        prepared = Question(asked).prepared
        answers.append(prepared.outcome(run_attempt(Attempt(prepared.numbers, Engine.CLARABEL))))
    for first, second in zip(*(bits(replace(item, started_seconds=0.0)) for item in answers), strict=True):
        assert first == second

"""The program: two ways to an engine, repeatability, pins, what comes back."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import Driver, DriverValue, ExpectedReturn, Side, TradingCost
from optimizer.certificate import judge
from optimizer.program import Attempt, Engine, run_attempt
from optimizer.program.assemble import assemble
from optimizer.program.compile import compiled
from optimizer.usecases.ladder import RUNGS, claim_of
from optimizer.usecases.question import Question
from tests.golden_problems import exposure_target, funded, market, pension, problem_of, tier
from tests.problems import SIZES, generate, random_problem
from tests.problems.everything import everything
from tests.problems.stressed import stressed


def numbers_of(problem):
    return Question(problem).prepared.numbers


def solved(problem, engine=Engine.CLARABEL):
    question = Question(problem)
    raw = run_attempt(Attempt(question.prepared.numbers, engine))
    return question.case, question.prepared.outcome(raw)


def with_cap(problem, upper):
    limits = tuple(
        replace(limit, upper=upper) if limit.leverage is not None else limit
        for limit in problem.mandate.limits
    )
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def test_other_numbers_give_other_answers_and_the_same_numbers_the_same():
    tight, wide = with_cap(pension(), 1.25), with_cap(pension(), 1.28)
    results = [solved(problem)[1].variables for problem in (tight, wide, tight)]
    assert np.array_equal(results[0], results[2])
    assert np.abs(results[0] - results[1]).max() > 1e-3


@pytest.mark.parametrize(
    "problem",
    [
        *(everything(seed) for seed in range(40)),
        *(stressed(seed, scenarios=3) for seed in range(20)),
        generate(SIZES[63], seed=1),
    ],
)
def test_both_ways_to_an_engine_state_the_same_problem(problem):
    numbers = numbers_of(problem)
    direct, modelled = assemble(numbers), compiled(numbers)
    assert (direct.zero, direct.nonnegative, direct.second_order, direct.exponential, direct.powers) == (
        modelled.zero,
        modelled.nonnegative,
        modelled.second_order,
        modelled.exponential,
        modelled.powers,
    )
    order = columns_in_order(modelled, direct, numbers)
    np.testing.assert_allclose(modelled.matrix.toarray()[:, order], direct.matrix.toarray(), atol=1e-14)
    np.testing.assert_allclose(modelled.bound, direct.bound, atol=1e-14)
    np.testing.assert_allclose(modelled.cost[order], direct.cost, atol=1e-14)
    square = modelled.quadratic.toarray()
    square = square + np.triu(square, 1).T
    np.testing.assert_allclose(np.triu(square[np.ix_(order, order)]), direct.quadratic.toarray(), atol=1e-14)


def columns_in_order(modelled, direct, numbers):
    """Where the modelled problem has the columns of the direct one: variables in the order of use."""
    width, count = modelled.matrix.shape[1], len(numbers.cost)
    others = [column for column in range(width) if not 0 <= column - modelled.main_at < count]
    return np.concatenate([modelled.main_at + np.arange(count), np.array(others, dtype=int)])


@pytest.mark.parametrize("seed", range(5))
def test_the_same_attempt_gives_the_same_bits_whatever_ran_before(seed):
    _, first = solved(random_problem(seed))
    solved(random_problem(seed + 100))
    _, again = solved(random_problem(seed))
    assert first.variables.tobytes() == again.variables.tobytes()
    for key, weights in first.multipliers.items():
        assert weights.tobytes() == again.multipliers[key].tobytes()


@pytest.mark.parametrize("engine", RUNGS)
def test_every_engine_of_the_ladder_brings_an_answer_that_certifies(engine):
    case, outcome = solved(pension(), engine)
    judgement = judge(case, claim_of(outcome), 1e-5)
    assert judgement.verdict.name == "CERTIFIED", (outcome.status, judgement)
    assert outcome.engine.startswith("scs" if engine is Engine.SCS else "clarabel")


def test_pinned_lines_stay_exactly_where_they_are_pinned():
    problem = pension()
    pinned = {
        index: line.minimum_fraction
        for index, line in enumerate(problem.portfolio.lines)
        if line.minimum_fraction is not None and line.minimum_fraction == line.maximum_fraction
    }
    assert pinned
    variables = solved(problem)[1].variables
    for index, fraction in pinned.items():
        assert variables[index] == fraction


def test_a_problem_with_every_line_pinned_is_judged_like_any_other():
    problem = pension()
    free = solved(problem)[1].variables
    lines = tuple(
        replace(line, minimum_fraction=round(float(h), 6), maximum_fraction=round(float(h), 6))
        for line, h in zip(problem.portfolio.lines, free, strict=False)
    )
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    case, outcome = solved(problem)
    assert judge(case, claim_of(outcome), 1e-5).verdict.name == "CERTIFIED"
    off = replace(lines[0], minimum_fraction=0.5, maximum_fraction=0.5)
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=(off, *lines[1:])))
    case, outcome = solved(problem)
    assert outcome.infeasible
    assert judge(case, claim_of(outcome), 1e-5).verdict.name == "CERTIFIED"


@pytest.mark.parametrize("seed", [1, 2])
def test_exposures_through_those_of_other_lines_are_the_exposures_of_all(seed):
    lines = 203
    problem = generate(SIZES[lines], seed=seed)
    prepared = Question(problem).prepared
    columns, loadings = prepared._form.layout.columns, prepared._form.lines.loadings
    raw = run_attempt(Attempt(prepared.numbers, Engine.CLARABEL))
    held = np.zeros(lines)
    free = columns.place[:lines] >= 0
    held[free] = raw.main[columns.place[:lines][free]]
    held[~free] = columns.fixed[:lines][~free]
    sets = {counted: start for (_, counted), start in columns.exposure_start.items()}
    assert len(sets) == 2
    for counted, start in sets.items():
        own = np.frombuffer(counted, dtype=np.intp)
        found = raw.main[start : start + loadings.shape[1]]
        np.testing.assert_allclose(found, loadings[own].T @ held[own], atol=1e-7)
    # A line's loadings stand in the rows of one of them.
    smaller = min(sets, key=len)
    inner = columns.place[np.frombuffer(smaller, dtype=np.intp)]
    inner_x = sets[smaller] + np.arange(loadings.shape[1])
    equal = prepared.numbers.shape.equal
    through_inner = equal.row[np.isin(equal.column, inner_x) & (equal.value == -1.0)]
    assert len(through_inner) == loadings.shape[1]
    assert not np.any(np.isin(equal.row, through_inner) & np.isin(equal.column, inner))


def test_no_more_is_posted_than_margin_asks_for():
    for seed in range(10):
        problem = random_problem(seed)
        case, outcome = solved(problem)
        variables = outcome.variables
        cover = next(c for c in case.constraints if c.name == "rule/COLLATERAL_COVER")
        surplus = -cover.excess(Side.UPPER, variables)
        assert surplus.max() < 1e-9


def test_snapping_to_holdings_never_moves_the_whole_book():
    count = 2_000
    driver = Driver(driver_id="one", expected_return=ExpectedReturn(annual_excess=0.03))
    cost = TradingCost(linear_rate=0.01)
    exact = np.full(count, 1.0 / count)
    lines = tuple(
        replace(
            funded(f"fund-{index}", "one", annual_fee=1e-6 * index),
            current_fraction=round(float(share), 7),
            trading_cost=cost,
        )
        for index, share in enumerate(exact + 4e-10)
    )
    problem = problem_of("many", market((driver,), np.array([0.1]), np.eye(1)), lines, ())
    problem = replace(problem, objective=replace(problem.objective, holding_period_years=1.0))
    case, outcome = solved(problem)
    judgement = judge(case, claim_of(outcome), 1e-5)
    assert judgement.verdict.name == "CERTIFIED", judgement


def test_a_loading_that_is_float_noise_does_not_break_a_target():
    driver = Driver(driver_id="one", expected_return=ExpectedReturn(annual_excess=0.03))
    noise = replace(funded("noise", "one"), loadings=(DriverValue(driver_id="one", value=5.5e-17),))
    lines = (funded("fixed", "one", minimum=0.3, maximum=0.3), noise, tier("cash", posts=False))
    limits = (exposure_target("one", 0.1 * 3),)
    case, outcome = solved(problem_of("noise", market((driver,), np.array([0.1]), np.eye(1)), lines, limits))
    assert judge(case, claim_of(outcome), 1e-5).verdict.name == "CERTIFIED"

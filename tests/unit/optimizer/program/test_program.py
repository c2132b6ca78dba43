"""The compiled program: reuse by structure, repeatability, pins, what comes back."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import Side
from optimizer.certificate import judge
from optimizer.program import Attempt, Engine, run_attempt
from optimizer.program.compile import program_of
from optimizer.usecases.ladder import claim_of
from optimizer.usecases.question import Question
from tests.golden_problems import pension
from tests.problems import SIZES, generate, random_problem


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


def test_one_structure_is_compiled_once_and_other_numbers_give_other_answers():
    tight, wide = with_cap(pension(), 1.25), with_cap(pension(), 1.28)
    forms = [numbers_of(problem) for problem in (tight, wide)]
    assert program_of(forms[0]) is program_of(forms[1])
    results = [solved(problem)[1].variables for problem in (tight, wide, tight)]
    assert np.array_equal(results[0], results[2])
    assert np.abs(results[0] - results[1]).max() > 1e-3


def test_a_large_matrix_is_baked_in_and_its_content_is_the_key():
    problem = generate(SIZES[203], seed=1)
    other = replace(
        problem,
        portfolio=replace(
            problem.portfolio,
            lines=tuple(
                replace(line, annual_residual_volatility=line.annual_residual_volatility * 1.1)
                for line in problem.portfolio.lines
            ),
        ),
    )
    one, two = numbers_of(problem), numbers_of(other)
    assert program_of(one) is not program_of(two)
    assert program_of(one) is program_of(numbers_of(problem))


@pytest.mark.parametrize("seed", range(5))
def test_the_same_attempt_gives_the_same_bits_whatever_ran_before(seed):
    _, first = solved(random_problem(seed))
    solved(random_problem(seed + 100))
    _, again = solved(random_problem(seed))
    assert first.variables.tobytes() == again.variables.tobytes()
    for key, weights in first.multipliers.items():
        assert weights.tobytes() == again.multipliers[key].tobytes()


@pytest.mark.parametrize("engine", Engine)
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


def test_no_more_is_posted_than_margin_asks_for():
    for seed in range(10):
        problem = random_problem(seed)
        case, outcome = solved(problem)
        variables = outcome.variables
        cover = next(c for c in case.constraints if c.name == "rule/COLLATERAL_COVER")
        surplus = -cover.excess(Side.UPPER, variables)
        assert surplus.max() < 1e-9

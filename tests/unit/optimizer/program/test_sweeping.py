"""Sweeps: a compiled solver along neighbouring problems, and what its answers are worth."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from counterpoise.model import AttemptVerdict
from optimizer.certificate import judge
from optimizer.program import Attempt, Engine, run_attempt
from optimizer.usecases.ladder import RUNGS, claim_of
from optimizer.usecases.question import Question
from tests.problems import SIZES, generate, random_problem
from tests.problems.everything import everything

needs_moreau = pytest.mark.skipif(
    not Engine.MOREAU.is_installed, reason="moreau is an extra of the server, not installed here"
)


def capped(problem, upper):
    limits = tuple(
        replace(limit, upper=upper) if limit.leverage is not None and limit.upper is not None else limit
        for limit in problem.mandate.limits
    )
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def answered(problem, engine):
    question = Question(problem)
    outcome = question.prepared.outcome(run_attempt(Attempt(question.prepared.numbers, engine)))
    return judge(question.case, claim_of(outcome), 1e-5), outcome


def test_the_ladder_has_no_engine_that_remembers():
    assert Engine.MOREAU not in RUNGS


def test_an_engine_says_whether_it_is_installed():
    assert all(engine.is_installed for engine in RUNGS)
    assert Engine.MOREAU.is_installed == (find_spec("moreau") is not None)


@needs_moreau
@pytest.mark.parametrize("lines", [20, 63])
def test_every_point_of_a_sweep_certifies_and_agrees_with_a_cold_solve(lines):
    base = generate(SIZES[lines], seed=1)
    for upper in [*np.linspace(1.05, 1.5, 12), 1.1, 1.45]:
        problem = capped(base, float(upper))
        judged, outcome = answered(problem, Engine.MOREAU)
        cold, _ = answered(problem, Engine.CLARABEL)
        assert outcome.engine.startswith("moreau")
        assert judged.verdict is cold.verdict is AttemptVerdict.CERTIFIED
        if cold.certificate.optimality is not None:
            assert judged.certificate.optimality.objective == pytest.approx(
                cold.certificate.optimality.objective, abs=1e-6
            )


@needs_moreau
def test_a_sweep_through_an_infeasible_stretch_finds_its_way_back():
    base = generate(SIZES[20], seed=1)
    kinds = []
    for upper in (1.3, 1.2, 0.2, 0.1, 1.2, 1.25):
        judged, outcome = answered(capped(base, upper), Engine.MOREAU)
        assert judged.verdict is AttemptVerdict.CERTIFIED, (upper, outcome.status)
        kinds.append(judged.certificate.infeasibility is not None)
    assert kinds == [False, False, True, True, False, False]


@needs_moreau
@pytest.mark.parametrize("problem", [*map(random_problem, range(20)), *map(everything, range(20))])
def test_where_a_cold_solve_certifies_so_does_the_first_of_a_sweep(problem):
    cold, _ = answered(problem, Engine.CLARABEL)
    warm, outcome = answered(problem, Engine.MOREAU)
    if cold.verdict is AttemptVerdict.CERTIFIED:
        assert warm.verdict is AttemptVerdict.CERTIFIED, outcome.status

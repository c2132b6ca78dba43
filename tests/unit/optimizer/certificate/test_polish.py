"""Polished multipliers: still a bound, and a tighter one where the claimed ones were a little off."""

import numpy as np

from optimizer.certificate import Multiplier
from optimizer.certificate.bound import add_constraints, objective_lagrangian
from optimizer.certificate.members import Members
from optimizer.certificate.multipliers import borne_pieces, projected
from optimizer.certificate.polish import polished
from optimizer.program import Attempt, Engine, run_attempt
from optimizer.usecases.ladder import claim_of
from optimizer.usecases.question import Question
from tests.problems import random_problem


def bound_of(case, multipliers, variables):
    lagrangian = objective_lagrangian(case.objective, multipliers, variables)
    used = list(projected(case.constraints, multipliers, variables))
    add_constraints(lagrangian, Members(case.constraints), used, borne_pieces(used, multipliers, variables))
    return lagrangian.minimum(case.box)


def disturbed(multipliers, random, size):
    def noisy(values):
        return None if values is None else values * (1.0 + size * random.normal(size=values.shape))

    return {
        key: Multiplier(noisy(value.weights), noisy(value.components)) for key, value in multipliers.items()
    }


def lost(seed):
    """What the bound of disturbed multipliers loses, before and after; negative would beat the optimum."""
    question = Question(random_problem(seed))
    case = question.case
    claim = claim_of(
        question.prepared.outcome(run_attempt(Attempt(question.prepared.numbers, Engine.CLARABEL_TIGHT)))
    )
    value = case.objective.value(claim.variables)
    off = disturbed(claim.multipliers, np.random.default_rng(seed), 1e-5)
    mended = polished(case, off, claim.variables)
    return value - bound_of(case, off, claim.variables), value - bound_of(case, mended, claim.variables)


def test_disturbed_claims_are_often_mended_and_never_beat_the_optimum():
    losses = np.array([lost(seed) for seed in range(40)])
    assert losses.min() > -1e-8
    before, after = losses.T
    mended = after < np.maximum(0.1 * before, 1e-9)
    assert np.median(before) > 1e-8
    assert mended.mean() >= 0.5, mended.mean()

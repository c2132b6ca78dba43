"""From a proof that weighs everything to one that weighs little, without another solve."""

import time

import pytest

from counterpoise.model import ExplainInfeasibilityRequest, InfeasibilityVerdict
from optimizer.certificate.infeasibility import prove_infeasible
from optimizer.usecases.clock import clock_of
from optimizer.usecases.explain_infeasibility import explain_infeasibility
from optimizer.usecases.explaining.attempts import Engines, Feasibility
from optimizer.usecases.explaining.bounds import CEILING, loosened
from optimizer.usecases.explaining.few_bounds import with_few_bounds
from optimizer.usecases.question import Question
from tests.problems.contradictions import MAKERS
from tests.problems.draw import Draw
from tests.problems.sized import SIZES, generate
from tests.problems.stressed_contradictions import contradictory as stressed_contradiction

IGNORED = f"limit/{CEILING}"
KINDS = ("risk_against_target", "risk_cap", "no_collateral", "maxima_below_the_budget")
GAP = 0.02
FAR = 1e3


def ample():
    return clock_of(admitted=time.monotonic(), wanted=None, cap_seconds=60.0, deadline=None)


def contradictory(kind):
    return MAKERS[kind](Draw(5), generate(SIZES[63], seed=1), GAP)


def refuted(kind):
    """What an engine says of all bounds of a contradictory problem, each a limit."""
    loose = loosened(Question(contradictory(kind)).book, ())
    tried = Feasibility(loose.with_bounds(loose.bounds), Engines(ample()))
    assert tried.proof is not None
    return tried.question.case, tried.ended.claim.multipliers


def weighed(claim):
    return {key for key, multiplier in claim.items() if multiplier.weights.any()}


def proof_of(case, claim):
    middle = 0.5 * (case.box.lower + case.box.upper)
    hard = [constraint for constraint in case.hard if constraint.name != IGNORED]
    return prove_infeasible(hard, case.box.widened(FAR), claim, middle)


@pytest.mark.parametrize("kind", KINDS)
def test_few_bounds_prove_what_an_engine_proves_with_all(kind):
    case, claimed = refuted(kind)
    few = with_few_bounds(case, claimed, IGNORED)
    assert len(weighed(few)) < 0.5 * len(weighed(claimed))
    assert proof_of(case, few).contradiction > 1e-6


def test_tangents_that_lean_on_the_ceiling_are_mended_by_corners_of_their_balls():
    """Two caps on risk that an engine contradicts with a little help of the ceiling of leverage."""
    problem, _ = stressed_contradiction("risk", 30_001)
    loose = loosened(Question(problem).book, ())
    caps = [bound for bound in loose.bounds if bound.limit_id in {"stress-0", "active-risk"}]
    tried = Feasibility(loose.with_bounds(caps), Engines(ample()))
    case, claimed = tried.question.case, tried.ended.claim.multipliers
    assert proof_of(case, claimed) is None
    assert proof_of(case, with_few_bounds(case, claimed, IGNORED)).contradiction > 1e-6


def test_nothing_is_proven_of_what_can_be_had():
    loose = loosened(Question(generate(SIZES[20], seed=1)).book, ())
    case = Question(loose.with_bounds(loose.bounds)).case
    assert with_few_bounds(case, {}, IGNORED) is None


@pytest.mark.parametrize("kind", ["risk_against_target", "risk_cap", "no_collateral"])
def test_an_explanation_takes_fewer_solves_than_there_are_lines(monkeypatch, kind):
    solves, solve = [], Engines.solve

    def counting(*given):
        solves.append(given)
        return solve(*given)

    monkeypatch.setattr(Engines, "solve", counting)
    request = ExplainInfeasibilityRequest(problem=contradictory(kind))
    explained = explain_infeasibility(request, ample())
    assert explained.verdict is InfeasibilityVerdict.INFEASIBLE
    assert explained.minimal
    assert explained.relaxations
    assert 2 * len(solves) < SIZES[63].lines

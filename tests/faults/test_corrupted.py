"""Corrupted answers: moved, swapped, flipped, stale. Whatever matters is caught.

An answer matters when the second opinion finds it outside a rule by more than the certificate allows,
or further from the optimum than the gap that was asked. COUNTERPOISE_TEST_CORRUPTED_ANSWERS sets how many.
"""

import os

import numpy as np
import pytest

from counterpoise.model import AttemptVerdict, Side
from optimizer.certificate import Claim, Multiplier, judge, open_case
from optimizer.measures.book import open_book
from optimizer.program import Attempt, Engine, run_attempt
from optimizer.usecases.ladder import claim_of
from optimizer.usecases.question import Question
from tests.faults.figures import note
from tests.problems import random_problem
from tests.reference.book import Book
from tests.reference.structure import collateral_keys, structural_violations

COUNT = int(os.environ.get("COUNTERPOISE_TEST_CORRUPTED_ANSWERS", "2000"))
PER_PROBLEM = 50
GAP = 1e-5
TOLERANCE = 1e-7


def solved(seed):
    problem = random_problem(seed)
    question = Question(problem)
    case = question.case
    raw = run_attempt(Attempt(question.prepared.numbers, Engine.CLARABEL))
    claim = claim_of(question.prepared.outcome(raw))
    judgement = judge(case, claim, GAP)
    assert judgement.verdict is AttemptVerdict.CERTIFIED
    return problem, case, claim, judgement.certificate.optimality.objective


def opinion_of(problem, variables):
    """Objective and worst violation, measured by code that shares nothing with the certificate."""
    count = len(problem.portfolio.lines)
    keys = collateral_keys(problem)
    postings = {key: float(value) for key, value in zip(keys, variables[count:], strict=True)}
    book = Book(problem, variables[:count], postings)
    violations = [*structural_violations(book).values(), *(-value for value in variables[count:])]
    violations += [member.violation for limit in problem.mandate.limits for member in book.members(limit)]
    return book.objective(), max(violations)


def moved(claim, random):
    variables = claim.variables.copy()
    variables[random.integers(len(variables))] += 1e-5 * random.choice([-1.0, 1.0])
    return Claim(variables, claim.multipliers)


def swapped(claim, random):
    variables = claim.variables.copy()
    one, other = random.choice(len(variables), 2, replace=False)
    variables[[one, other]] = variables[[other, one]]
    return Claim(variables, claim.multipliers)


def flipped(claim, random):
    variables = claim.variables.copy()
    variables[random.integers(len(variables))] *= -1.0
    return Claim(variables, claim.multipliers)


def flipped_multipliers(claim, random):
    multipliers = {
        key: Multiplier(-value.weights, None if value.components is None else -value.components)
        for key, value in claim.multipliers.items()
    }
    variables = claim.variables + random.normal(scale=1e-5, size=len(claim.variables))
    return Claim(variables, multipliers)


def swapped_multipliers(claim, random):
    names = list(claim.multipliers)
    shuffled = [names[index] for index in random.permutation(len(names))]
    multipliers = {name: claim.multipliers[other] for name, other in zip(names, shuffled, strict=True)}
    return Claim(moved(claim, random).variables, multipliers)


def stale(claim, random):
    """What yesterday's answer would be: the whole vector drifted, multipliers kept."""
    drift = 1.0 + random.normal(scale=1e-3, size=len(claim.variables))
    return Claim(claim.variables * drift, claim.multipliers)


def resized(claim, random):
    """Dual vectors of other lengths than the norms that they are of."""
    multipliers = {
        key: Multiplier(
            value.weights, None if value.components is None else np.append(value.components, random.normal())
        )
        for key, value in claim.multipliers.items()
    }
    return Claim(moved(claim, random).variables, multipliers)


CORRUPTIONS = (moved, swapped, flipped, flipped_multipliers, swapped_multipliers, resized, stale)


@pytest.mark.timeout(300 + COUNT // 10)
def test_corrupted_answers_are_caught_when_they_matter():
    random = np.random.default_rng(20251128)
    matters = caught = 0
    for seed in range(COUNT // PER_PROBLEM):
        problem, case, claim, optimum = solved(seed)
        scale = max(abs(optimum), 0.01)
        for index in range(PER_PROBLEM):
            corrupted = CORRUPTIONS[index % len(CORRUPTIONS)](claim, random)
            accepted = judge(case, corrupted, GAP).verdict is AttemptVerdict.CERTIFIED
            objective, violation = opinion_of(problem, corrupted.variables)
            loading = max(np.abs(case.book.loadings).max(initial=1.0), 4.0)
            # A limit's violation is judged over its slope, which is at most the largest coefficient.
            harmful = violation > TOLERANCE * loading or abs(objective - optimum) > 1.001 * GAP * scale
            matters += harmful
            caught += harmful and not accepted
            assert not (harmful and accepted), (seed, index, violation, objective, optimum)
    note({"corrupted answers": COUNT, "of them matter": int(matters), "of these caught": int(caught)})
    assert matters > COUNT / 4
    assert caught == matters


def test_an_answer_to_another_problem_is_refused():
    refused = total = 0
    for seed in range(12):
        _, _, claim, _ = solved(seed)
        for other_seed in range(12):
            case = open_case(open_book(random_problem(other_seed)))
            if other_seed != seed:
                total += 1
                refused += judge(case, claim, GAP).verdict is not AttemptVerdict.CERTIFIED
    assert refused == total


@pytest.mark.parametrize("seed", range(10))
def test_swapped_sides_cannot_make_a_better_bound(seed):
    _, case, claim, _ = solved(seed)
    other = {Side.LOWER: Side.UPPER, Side.UPPER: Side.LOWER}
    swapped_sides = {(name, other[side]): value for (name, side), value in claim.multipliers.items()}
    honest = judge(case, claim, GAP)
    judgement = judge(case, Claim(claim.variables, swapped_sides), GAP)
    assert judgement.relative_gap >= honest.relative_gap - 1e-9

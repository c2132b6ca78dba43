"""Infeasible problems by construction come back INFEASIBLE with a proof that holds in exact arithmetic."""

import math

import pytest

from counterpoise.model import TerminationReason
from tests.answers import describe
from tests.problems.contradictions import MAKERS, contradictory_problem
from tests.reference.conic import ConicStatus, solve_conic
from tests.reference.exact_proof import check_proof

PER_KIND = 12
SEEDS = range(5000, 5000 + 31 * PER_KIND, 31)


@pytest.mark.parametrize("kind", MAKERS)
def test_the_contradiction_is_one_for_the_second_solver(kind):
    for seed in SEEDS:
        problem = contradictory_problem(kind, seed)
        assert not problem.validate(), seed
        assert solve_conic(problem).status == ConicStatus.INFEASIBLE, seed


@pytest.mark.parametrize("kind", MAKERS)
def test_infeasible_with_a_proof_that_holds(allocate, kind):
    wrong = []
    for seed in SEEDS:
        problem = contradictory_problem(kind, seed)
        wrong += [f"{kind} {seed}: {fault}" for fault in faults(problem, allocate(problem))]
    assert not wrong, "\n".join(wrong)


def faults(problem, allocation):
    if allocation.termination.reason != TerminationReason.INFEASIBLE:
        yield describe(allocation)
        return
    if allocation.positions or allocation.objective is not None:
        yield "an infeasible answer carries positions"
    proof = allocation.certificate.infeasibility
    if not math.isclose(sum(item.weight for item in proof.weights), 1.0, abs_tol=1e-9):
        yield f"weights sum to {sum(item.weight for item in proof.weights)}"
    if not proof.contradiction > proof.error_bound >= 0:
        yield f"contradiction {proof.contradiction}, error {proof.error_bound}"
    if proof.contradiction <= 1e-7:
        yield f"contradiction {proof.contradiction} is within what a feasible answer may miss"
    checked = check_proof(problem, proof)
    if not checked.holds:
        named = [f"{item.key} {item.side.name} {item.weight:.3g}" for item in proof.weights]
        found = f"exact {float(checked.contradiction)} +- {float(checked.error)}"
        yield f"{found}, said {proof.contradiction}: {named}"

"""Random problems against a conic form written on its own and solved without the service.

1,000 problems; COUNTERPOISE_RANDOM_PROBLEMS asks for another number, in hundreds.
"""

import os

import pytest

from counterpoise.model import LeverageDefinition, RiskStatistic, TerminationReason
from tests.answers import book_of, describe, leverage, objective, optimality, volatility
from tests.problems import random_problem
from tests.reference.book import ACTIVE, TOTAL
from tests.reference.conic import ConicStatus, solve_conic
from tests.reference.structure import structural_violations

HUNDREDS = max(1, int(os.environ.get("COUNTERPOISE_RANDOM_PROBLEMS", "1000")) // 100)
REFUSALS_PER_HUNDRED = 1
OBJECTIVE_TOLERANCE = 1e-6


@pytest.mark.timeout(600)
@pytest.mark.parametrize("hundred", range(HUNDREDS))
def test_answers_agree_with_the_conic_form(allocate, hundred):
    refused, wrong = [], []
    for seed in range(100 * hundred, 100 * hundred + 100):
        problem = random_problem(seed)
        allocation = allocate(problem)
        reason = allocation.termination.reason
        if reason == TerminationReason.OPTIMAL:
            wrong += [f"{seed}: {fault}" for fault in faults(problem, allocation)]
        elif reason == TerminationReason.INFEASIBLE:
            wrong.append(f"{seed}: a feasible problem came back {describe(allocation)}")
        else:
            refused.append(f"{seed}: {describe(allocation)}")
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= REFUSALS_PER_HUNDRED, "\n".join(refused)


def faults(problem, allocation):
    """What an answer says that the second opinion does not."""
    conic = solve_conic(problem)
    if conic.status != ConicStatus.OPTIMAL:
        yield f"certified, while the conic form is {conic.solver_status}"
        return
    scale = max(1.0, abs(conic.objective))
    if abs(objective(allocation) - conic.objective) > OBJECTIVE_TOLERANCE * scale:
        yield f"objective {objective(allocation)}, conic {conic.objective}"
    proof = optimality(allocation)
    if proof.relative_gap > 1e-5 or proof.gap_scale != pytest.approx(max(abs(proof.objective), 0.01)):
        yield f"gap {proof.relative_gap} of {proof.gap_scale}"
    better = 1 if problem.objective.maximizes else -1
    if better * (conic.objective - proof.objective_bound) > 1e-8 * scale:
        yield f"bound {proof.objective_bound} is beaten by {conic.objective}"
    yield from book_faults(problem, allocation)


def book_faults(problem, allocation):
    """Numbers of the report that are not those of its own positions, and limits that these violate."""
    book = book_of(problem, allocation)
    # A violation counts divided by its constraint's slope where that is above one.
    largest_slope = max(1.0, float(abs(book.numbers.loadings).sum(axis=0).max()))
    found = structural_violations(book) | {
        f"{member.limit_id} {member.line_id}{member.driver_id}": member.violation / largest_slope
        for limit in problem.mandate.limits
        for member in book.members(limit)
    }
    for name, violation in found.items():
        if violation > 1.01e-7:
            yield f"{name} is violated by {violation}"
    stated = {"objective": (objective(allocation), book.objective())}
    stated["net return"] = (allocation.expected_return.annual_net_return, book.net_return())
    total = volatility(allocation, RiskStatistic.TOTAL_VOLATILITY)
    stated["total volatility"] = (total, book.volatility(TOTAL))
    if problem.mandate.reference_exposures:
        active = volatility(allocation, RiskStatistic.ACTIVE_VOLATILITY)
        stated["active volatility"] = (active, book.volatility(ACTIVE))
    for definition in LeverageDefinition:
        stated[definition.name] = (leverage(allocation, definition), book.leverage(definition))
    exposures = book.numbers.loadings.T @ book.h
    for report, exposure in zip(allocation.exposures, exposures, strict=True):
        total = report.funded + report.overlay + report.alpha_look_through
        stated[f"exposure to {report.driver_id}"] = (total, float(exposure))
    reported = {
        (report.key.limit_id, report.key.line_id, report.key.driver_id): report.value
        for report in allocation.limits
    }
    for limit in problem.mandate.limits:
        for member in book.members(limit):
            value = reported.get((member.limit_id, member.line_id, member.driver_id))
            stated[f"{member.limit_id}[{member.line_id}{member.driver_id}]"] = (value, member.value)
    for name, (said, measured) in stated.items():
        # Square roots near zero lose half of the digits.
        if said is None or said != pytest.approx(measured, abs=1e-8, rel=1e-9):
            yield f"{name} is said to be {said}, is {measured}"

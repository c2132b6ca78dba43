"""An answer beside the second solver: violations, stages of soft limits, objective and bound.

The second solver is asked for the best that is possible where every priority is held at what the answer
violates, which is what the answer's proof speaks of. An answer may miss constraints by its tolerance, and
so may the second solver's point: what that is worth is known from the prices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from counterpoise.model import Allocation, AllocationProblem
from tests.answers import book_of, objective, optimality
from tests.reference.book import Book
from tests.reference.conic import HELD, ConicAnswer, ConicStatus, Stage, solve_conic
from tests.reference.soft import weighted_violations
from tests.reference.stated import differences
from tests.reference.structure import structural_violations

LARGEST_VIOLATION = 1.01e-7
STAGE_TOLERANCE = 1e-6
TOLERANCE = 1e-6
LARGEST_GAP = 1e-5


def hard_violations(book: Book) -> dict[str, float]:
    """How far rules and hard limits are missed, by name; divided by the largest slope where above one."""
    slope = largest_slope(book)
    return structural_violations(book) | {
        f"{member.limit_id} {member.line_id}{member.driver_id}{member.counterparty_id}": member.violation
        / slope
        for limit in book.problem.mandate.limits
        if limit.soft is None
        for member in book.members(limit)
    }


def largest_slope(book: Book) -> float:
    """Most that a constraint moves with positions: loadings, beta, and what leverage counts lines by."""
    numbers = book.numbers
    weights = [1.0, float(abs(numbers.loadings).sum(axis=0).max())]
    if any(limit.reference_beta is not None for limit in book.problem.mandate.limits):
        covariances = numbers.covariance @ numbers.reference
        betas = numbers.loadings @ covariances / float(numbers.reference @ covariances)
        weights.append(float(abs(betas).max()))
    for line in book.problem.portfolio.lines:
        if line.overlay is not None:
            weights.append(line.overlay.leverage_weight or 1.0)
        if line.alpha_sleeve is not None:
            weights.append(line.alpha_sleeve.look_through_leverage or 1.0)
    return max(weights)


INCONCLUSIVE = "inconclusive"
"""In a fault that says only that the second solver found no answer to compare with."""


def book_faults(
    problem: AllocationProblem, allocation: Allocation, *, largest_violation: float = LARGEST_VIOLATION
) -> Iterator[str]:
    """Constraints that the answer misses, and numbers that its own positions do not have."""
    book = book_of(problem, allocation)
    for name, violation in hard_violations(book).items():
        if violation > largest_violation:
            yield f"{name} is violated by {violation}"
    yield from differences(book, allocation)


def proof_faults(problem: AllocationProblem, allocation: Allocation) -> Iterator[str]:
    """Where stages, objective and bound are not those of the second solver."""
    book, proof = book_of(problem, allocation), optimality(allocation)
    measured = weighted_violations(book)
    if [stage.priority for stage in proof.soft_stages] != list(measured):
        yield f"stages {[stage.priority for stage in proof.soft_stages]} of {list(measured)}"
        return
    held: dict[int, float] = {}
    for stage in proof.soft_stages:
        if abs(stage.violation - measured[stage.priority]) > 1e-8 * max(1.0, stage.violation):
            yield f"priority {stage.priority} is said to be missed by {stage.violation}, is by {measured}"
        if stage.violation > stage.violation_bound + held_room(stage.violation) * (1 + 1e-9):
            yield f"priority {stage.priority}: violation {stage.violation}, proven {stage.violation_bound}"
        said = Said(
            priority=stage.priority,
            value=stage.violation,
            bound=stage.violation_bound,
            allowed=held_room(stage.violation),
        )
        yield from _faults(book, said, dict(held))
        held[stage.priority] = stage.violation
    if abs(proof.gap_scale - max(abs(proof.objective), 0.01)) > 1e-9 * proof.gap_scale:
        yield f"gap scale {proof.gap_scale} of {proof.objective}"
    if proof.relative_gap > LARGEST_GAP:
        yield f"gap {proof.relative_gap}"
    said = Said(
        priority=None,
        value=objective(allocation),
        bound=proof.objective_bound,
        allowed=proof.relative_gap * proof.gap_scale,
    )
    yield from _faults(book, said, held)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a certificate says of a priority, or of the goal: value, bound, and how far apart they may be."""

    priority: int | None
    value: float
    bound: float
    allowed: float


def _faults(book: Book, said: Said, held: dict[int, float]) -> Iterator[str]:
    """The value is what is possible with earlier priorities held, and nothing possible beats the bound."""
    name = "objective" if said.priority is None else f"priority {said.priority}"
    stage = Stage(priority=said.priority, held=held)
    conic = solve_conic(book.problem, stage)
    if conic.status != ConicStatus.OPTIMAL:
        # With priorities held the answer itself is in the set, which may be too thin for an engine to find.
        verdict = INCONCLUSIVE if held else "certified"
        yield f"{name}: {verdict}, while the conic form is {conic.solver_status}"
        return
    room = TOLERANCE * max(1.0, abs(conic.objective)) + uncertainty(book, conic, stage)
    sign = -1 if said.priority is None and book.problem.objective.maximizes else 1
    if sign * (conic.objective - said.value) > room:
        yield f"{name}: {said.value} is better than what is possible, {conic.objective}"
    if sign * (said.value - conic.objective) > room + said.allowed:
        yield f"{name}: {said.value} is worse than what is possible, {conic.objective}"
    if sign * (said.bound - conic.objective) > room:
        yield f"{name}: bound {said.bound} is beaten by {conic.objective}"


def uncertainty(book: Book, conic: ConicAnswer, stage: Stage) -> float:
    """How far apart two right answers may be: what their violations are worth, and the conic form's own gap.

    A violation is worth its price at most, of whichever constraint it is. Earlier priorities may be held
    anywhere within what later ones may worsen them by.
    """
    missed = [max(hard_violations(each).values()) for each in (book, Book(book.problem, *conic.book))]
    at_conic = weighted_violations(Book(book.problem, *conic.book))
    missed += [max(at_conic[priority] - most, 0.0) for priority, most in stage.held.items()]
    prices = {name: abs(price) for name, price in conic.prices.items()}
    held = sum(held_room(most) * prices[f"{HELD}{priority}"] for priority, most in stage.held.items())
    return sum(missed) * sum(prices.values()) + held + abs(conic.bound - conic.objective)


def held_room(violation: float) -> float:
    """What later priorities may worsen a violation by."""
    return STAGE_TOLERANCE * max(1.0, violation)

"""Bounds that cannot hold together, fewer and fewer, until each of them is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np

from counterpoise.model import InfeasibilityProof, Side
from optimizer.certificate.infeasibility import prove_infeasible
from optimizer.certificate.multipliers import Multiplier, Multipliers
from optimizer.usecases.explaining.attempts import Engines, Feasibility
from optimizer.usecases.explaining.bounds import CEILING, HIGHER, Bound, LooseProblem
from optimizer.usecases.explaining.few_bounds import with_few_bounds
from optimizer.usecases.ladder import OutOfTime
from optimizer.usecases.question import Question

_FAR = 1_000.0
"""Bounds of lines that follow from the ceiling are moved so far that no proof can lean on them."""


@dataclass(frozen=True, eq=False)
class Conflict:
    """Bounds that contradict each other and the facts, with a proof that names no other."""

    members: tuple[Bound, ...]
    proof: InfeasibilityProof
    minimal: bool
    """Whether without any one member the others have an allocation, each shown by a certified point."""


def find_conflict(
    loose: LooseProblem, question: Question, engines: Engines, tell: Callable[[Conflict], object]
) -> Conflict | None:
    """A conflict as small as time allows; None where not even a first one was proven.

    Each that is found is told at once. Starts from the bounds in a proof that leans on few. Leaves out one
    member after the other: where the others still contradict, those in the new proof are left; where they
    have an allocation, the member is needed in every smaller set as well.
    """
    found: Conflict | None = None
    try:
        proven, _ = _among(loose, question, list(loose.bounds), engines)
        if proven is None:
            return None
        found, needed, decided = proven, set[Bound](), True
        tell(found)
        while waiting := [member for member in found.members if member not in needed]:
            left_out = waiting[-1]
            others = [member for member in found.members if member is not left_out]
            smaller, shown = _among(loose, question, others, engines)
            if smaller is not None:
                found = smaller
                tell(found)
                continue
            needed.add(left_out)
            decided = decided and shown
        found = Conflict(found.members, found.proof, minimal=decided and bool(found.members))
    except OutOfTime:
        pass
    return found


def _among(
    loose: LooseProblem, question: Question, others: list[Bound], engines: Engines
) -> tuple[Conflict | None, bool]:
    """A conflict among these bounds, and whether they have an allocation for sure. Raises OutOfTime."""
    for ceilings in (loose, loose.raised(HIGHER)):
        tried = Feasibility(ceilings.with_bounds(others), engines)
        if tried.point is not None:
            return None, True
        smaller = _named(ceilings, question, others, tried, engines)
        if tried.proof is None or smaller is not None:
            return smaller, False
        # The proof leans on the ceiling: there may be an allocation above.
    return None, False


def _named(
    loose: LooseProblem, question: Question, kept: list[Bound], tried: Feasibility, engines: Engines
) -> Conflict | None:
    """The bounds in a proof, and the proof in the request's own names; None where it does not carry over.

    Some facts come with a limit, such as that NAV is above zero after a scenario: where the bounds in
    the proof do not contradict each other without it, all that was kept stays.
    """
    if tried.proof is None or tried.ended.claim is None:
        return None
    claimed = _weighed(tried.ended.claim.multipliers)
    few = with_few_bounds(tried.question.case, claimed, f"limit/{CEILING}")
    found = None if few is None else _of_few(loose, question, kept, few)
    return found or _of_many(loose, question, kept, tried, engines)


def _of_few(
    loose: LooseProblem, question: Question, kept: Sequence[Bound], claimed: Multipliers
) -> Conflict | None:
    """The bounds that a claim weighs, fewer where its proof does with fewer; None where it proves nothing."""
    sides = {(name.removeprefix("limit/"), side) for name, side in claimed}
    members, found = _on(kept, sides), None
    while True:
        proof = _certified(loose, members, claimed)
        published = None if proof is None else _in_own_names(question, members, claimed)
        if proof is None or published is None:
            return found
        found = Conflict(tuple(members), published, minimal=False)
        fewer = _on(members, _sides_of(proof))
        if len(fewer) == len(members):
            return found
        members = fewer


def _of_many(
    loose: LooseProblem, question: Question, kept: list[Bound], tried: Feasibility, engines: Engines
) -> Conflict | None:
    """The bounds in an engine's own proof. Raises OutOfTime."""
    if tried.proof is None:
        return None
    members = _on(kept, _sides_of(tried.proof))
    if len(members) < len(kept):
        again = Feasibility(loose.with_bounds(members), engines)
        if again.proof is None:
            members = kept
        else:
            tried = again
    claimed = {} if tried.ended.claim is None else _weighed(tried.ended.claim.multipliers)
    if _certified(loose, members, claimed) is None:
        return None
    published = _in_own_names(question, members, claimed)
    return None if published is None else Conflict(tuple(members), published, minimal=False)


def _certified(
    loose: LooseProblem, members: Iterable[Bound], claimed: Multipliers
) -> InfeasibilityProof | None:
    """The proof that these bounds and the facts contradict each other, wherever the ceiling is."""
    case = Question(loose.with_bounds(members)).case
    middle = 0.5 * (case.box.lower + case.box.upper)
    hard = [constraint for constraint in case.hard if constraint.name != f"limit/{CEILING}"]
    return prove_infeasible(hard, case.box.widened(_FAR), claimed, middle)


def _sides_of(proof: InfeasibilityProof) -> set[tuple[str, Side]]:
    return {(weight.key.limit_id, weight.side) for weight in proof.weights if weight.key.limit_id is not None}


def _on(bounds: Iterable[Bound], sides: Set[tuple[str, Side]]) -> list[Bound]:
    """The bounds on these sides of limits; a mirrored one is on both."""
    return [
        bound
        for bound in bounds
        if (bound.limit_id, bound.side) in sides or (bound.mirrored and (bound.limit_id, Side.LOWER) in sides)
    ]


def _in_own_names(
    question: Question, members: Iterable[Bound], claimed: Multipliers
) -> InfeasibilityProof | None:
    """The proof of these bounds and the facts, of the request as it is: its boxes need no weight."""
    names: dict[str, str] = {}
    sides: set[tuple[str, Side]] = set()
    for bound in members:
        name = f"limit/{bound.limit_id}"
        rule = bound.key.structural_rule
        names[name] = name if rule is None else f"rule/{rule.name}"
        sides |= {(names[name], bound.side), (names[name], Side.LOWER if bound.mirrored else bound.side)}
    multipliers: dict[tuple[str, Side], Multiplier] = {
        (names.get(name, name), side): multiplier for (name, side), multiplier in claimed.items()
    }
    case = question.case
    used = [
        constraint
        for constraint in case.hard
        if constraint.name.startswith("rule/") or any((constraint.name, side) in sides for side in Side)
    ]
    allowed = {
        key: multiplier
        for key, multiplier in multipliers.items()
        if not key[0].startswith("limit/") or key in sides
    }
    middle = 0.5 * (case.box.lower + case.box.upper)
    return prove_infeasible(used, case.box, allowed, middle)


def _weighed(claimed: Multipliers) -> Multipliers:
    """Claims without what is not a number, which no proof can use."""
    return {key: item for key, item in claimed.items() if np.all(np.isfinite(item.weights))}

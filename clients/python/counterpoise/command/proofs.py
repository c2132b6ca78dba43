"""What was proven, what was not, and what is wrong with a question."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command import warnings
from counterpoise.command.glossary import explained
from counterpoise.command.layout import Entry, Section
from counterpoise.command.requirements import requirement
from counterpoise.errors import InfeasibleMandate, InvalidProblem, NotCertified
from counterpoise.model import (
    Allocation,
    AllocationProblem,
    OptimalityProof,
    ProofWeight,
    SoftStageProof,
    Unit,
    Violation,
)
from counterpoise.wording.figures import DUST, basis_points, percent, small
from counterpoise.wording.names import Names
from counterpoise.wording.words import ATTEMPT_VERDICTS, say

_SHOWN = 200
_LINES_NAMED = 5
_ROUNDING = 1e-12
_LEAST_TOLD = 1e-8


def certificate(allocation: Allocation, names: Names) -> Section | None:
    """How far the answer can be from the best, and how far from the rules."""
    proof = allocation.certificate.optimality if allocation.certificate is not None else None
    if proof is None:
        return None
    told = proof.worst_limit is not None and proof.worst_hard_violation > _ROUNDING
    where = f", at {names.limit(proof.worst_limit)}" if told and proof.worst_limit is not None else ""
    return Section(
        title="Certificate",
        sentences=(
            *[_soft_stage(stage) for stage in proof.soft_stages],
            f"No allocation within the rules{_as_little(proof)} is better by more than "
            f"{_shortfall(allocation, proof)} (relative gap {small(proof.relative_gap)}).",
            f"The worst violation of any rule is {small(proof.worst_hard_violation)} of NAV{where}.",
            "Both were computed from the question's own numbers by code that knows no solver.",
            f"Solved by {allocation.provenance.engine}; server {allocation.provenance.server_version}.",
            f"Problem {allocation.provenance.problem_sha256}",
        ),
    )


def _shortfall(allocation: Allocation, proof: OptimalityProof) -> str:
    """How far the objective can be from the best, in basis points where it is a rate."""
    short_of = max(abs(proof.objective_bound - proof.objective), _LEAST_TOLD)
    is_ratio = allocation.objective is not None and allocation.objective.unit is Unit.RATIO
    return small(short_of) if is_ratio else f"{basis_points(short_of, 4)} bp"


def _soft_stage(stage: SoftStageProof) -> str:
    if stage.violation < DUST:
        return f"Soft limits of priority {stage.priority} are met."
    return (
        f"Soft limits of priority {stage.priority} are missed by {stage.violation:.6g}, weighted; less than "
        f"{max(stage.violation_bound, 0.0):.6g} is impossible."
    )


def _as_little(proof: OptimalityProof) -> str:
    missed = any(stage.violation >= DUST for stage in proof.soft_stages)
    return " that misses soft limits no more" if missed else ""


def infeasible(error: InfeasibleMandate, problem: AllocationProblem, names: Names) -> list[Section | None]:
    """Why there is no allocation: the bounds that contradict each other."""
    bounds = error.conflicting_bounds
    together = (
        "No positions within the lines' own minimum and maximum meet this bound."
        if len(bounds) == 1
        else "No positions within the lines' own minimum and maximum meet all of these bounds at once."
    )
    sections = [
        Section(
            title="Infeasible",
            sentences=(
                "No allocation satisfies this mandate. That is proven, not a failure of the search.",
                together,
            ),
            columns=("Bound", "Requires", "weight %"),
            rows=[
                (names.limit(bound.key), requirement(bound, problem, names), percent(bound.weight, 1))
                for bound in bounds
            ],
            left=(0, 1),
            footnotes=(
                f"The certificate proves that no allocation keeps {_all_of(bounds)}. "
                "The weights say how much each bound counts in that proof, not how far away it is.",
                *_made_soft(bounds, names),
                *_must_be_held(problem, names),
                "`counterpoise explain FILE` names bounds that conflict, as few as it finds, and the "
                "cheapest mending.",
            ),
        ),
        warnings.told(error.allocation.warnings, problem, names),
        Section(sentences=(f"Problem {error.allocation.provenance.problem_sha256}",)),
    ]
    return explained(sections)


def _all_of(bounds: Sequence[ProofWeight]) -> str:
    return "all of them together" if len(bounds) > 1 else "it"


def _made_soft(bounds: Sequence[ProofWeight], names: Names) -> tuple[str, ...]:
    """How to see by how much a limit would be missed; nothing where none of the bounds is a hard limit."""
    limits = [limit for bound in bounds if (limit := names.stated(bound.key)) is not None]
    if all(limit.soft is not None for limit in limits):
        return ()
    which = "one of them" if len(limits) > 1 else "it" if len(bounds) == 1 else "the limit"
    return (f"Make {which} soft to see by how much it would be missed.",)


def _must_be_held(problem: AllocationProblem, names: Names) -> tuple[str, ...]:
    """Lines with a minimum: the part of a contradiction that is in no bound."""
    held = [(line.minimum_fraction or 0.0, names.line(line.line_id)) for line in problem.portfolio.lines]
    held = sorted((item for item in held if item[0] > 0), reverse=True)
    if not held:
        return ()
    shown = ", ".join(f"{name} {percent(least)} %" for least, name in held[:_LINES_NAMED])
    return (f"Lines that must be held: {shown}{' and others' if len(held) > _LINES_NAMED else ''}.",)


def not_certified(error: NotCertified, problem: AllocationProblem, names: Names) -> list[Section | None]:
    """What was tried."""
    sections = [
        Section(
            title="Not certified",
            sentences=("There is no answer to act on.", f"The reason: {error}"),
            columns=("Engine", "Its own word", "Verdict", "worst violation", "gap"),
            rows=[
                (
                    attempt.engine,
                    attempt.engine_status,
                    say(attempt.verdict, ATTEMPT_VERDICTS),
                    small(attempt.worst_hard_violation) if attempt.worst_hard_violation is not None else "",
                    small(attempt.relative_gap) if attempt.relative_gap is not None else "",
                )
                for attempt in error.allocation.termination.attempts
            ],
            left=(0, 1, 2),
        ),
        warnings.told(error.allocation.warnings, problem, names),
    ]
    return explained(sections)


def violations(error: InvalidProblem) -> list[Section | None]:
    """Every violation: where, what kind, and how to mend it."""
    if not error.violations:
        return [Section(sentences=(str(error),))]
    count = error.violation_count
    hidden = count - min(len(error.violations), _SHOWN)
    return [
        Section(
            title=f"{count} violation{'s' if count != 1 else ''}",
            entries=[_violation(item) for item in error.violations[:_SHOWN]],
            footnotes=(f"and {hidden} more",) if hidden else (),
        )
    ]


def _violation(violation: Violation) -> Entry:
    reason = violation.reason.name.lower().replace("_", " ")
    subjects = [
        f"{name} {value}" for subject in violation.subjects for name, value in vars(subject).items() if value
    ]
    about = (f"about {', '.join(subjects)}",) if subjects else ()
    return Entry(head=violation.field or "(problem)", sentences=(f"{reason}: {violation.message}", *about))

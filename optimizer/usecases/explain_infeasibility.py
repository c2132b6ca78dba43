"""ExplainInfeasibility: whether there is an allocation, what stands in its way, what would make room."""

from __future__ import annotations

from dataclasses import replace

from counterpoise.model import (
    Certificate,
    ConflictMember,
    ExplainInfeasibilityRequest,
    ExplainInfeasibilityResponse,
    InfeasibilityProof,
    InfeasibilityVerdict,
    LimitKey,
    LineKind,
    Provenance,
    Relaxation,
    Side,
    SolveAttempt,
    StructuralRule,
    Termination,
    TerminationReason,
)
from counterpoise.validate import request_violations
from optimizer.measures.constraint import Constraint
from optimizer.telemetry.traces import span
from optimizer.usecases.allocate import SERVER_VERSION
from optimizer.usecases.clock import Clock
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from optimizer.usecases.explaining.apparent import apparent_contradiction
from optimizer.usecases.explaining.attempts import Engines, Feasibility
from optimizer.usecases.explaining.bounds import HIGHER, Bound, LooseProblem, loosened
from optimizer.usecases.explaining.conflict import Conflict, find_conflict
from optimizer.usecases.explaining.relaxing import cheapest_moves, worst_member
from optimizer.usecases.ladder import OutOfTime
from optimizer.usecases.question import Question
from optimizer.usecases.solving import SoFar
from optimizer.workers import note

_HAIR = 1e-7
"""Added to every move, over the unit's weight: what moves by the least alone leaves a point, not a room."""
_NO_TIME = "time ran out before moves were shown to leave an allocation"
_NEGLIGIBLE = 1e-6
"""Moves below this, weighed by their unit, are left out where the others do without them."""


def explain_infeasibility(request: ExplainInfeasibilityRequest, clock: Clock) -> ExplainInfeasibilityResponse:
    """Verdict and proof first, then the conflict, then the least relaxation, as far as time allows.

    Raises RequestInvalid, and DeadlinePassed where the caller's deadline ends the work before a verdict.
    """
    with span("validate"):
        violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    engines = Engines(clock)
    limits = tuple(limit for limit in request.problem.mandate.limits if limit.soft is None)
    mandate = replace(request.problem.mandate, limits=limits)
    question = Question(replace(request.problem, mandate=mandate))
    with span("verdict"):
        proof = apparent_contradiction(question.case)
        if proof is None:
            try:
                decided = Feasibility(question.problem, engines)
            except OutOfTime as over:
                return explained_nothing(request, clock, over.attempts)
            if decided.proof is None:
                verdict = InfeasibilityVerdict.FEASIBLE
                if decided.point is None:
                    verdict = InfeasibilityVerdict.UNDETERMINED
                return _bare(request, verdict)
            proof = decided.proof
    loose = loosened(question.book, request.weights)
    late = _ended(TerminationReason.TIME_LIMIT, _NO_TIME, ())
    bare = replace(_bare(request, InfeasibilityVerdict.INFEASIBLE), relaxation_termination=late)

    def tell(conflict: Conflict | None) -> ExplainInfeasibilityResponse:
        response = _explained(bare, question, loose, proof, conflict)
        note(SoFar(response))
        return response

    tell(None)
    with span("conflict"):
        conflict = find_conflict(loose, question, engines, tell)
    response = tell(conflict)
    with span("relaxation"):
        return _relaxed(request, response, loose, engines)


def explained_nothing(
    request: ExplainInfeasibilityRequest, clock: Clock, attempts: tuple[SolveAttempt, ...]
) -> ExplainInfeasibilityResponse:
    """The answer to a valid request whose time ran out before a verdict. Raises DeadlinePassed."""
    del attempts  # The answer has no place for them.
    if clock.deadline_comes_first:
        raise DeadlinePassed
    return _bare(request, InfeasibilityVerdict.UNDETERMINED)


def _bare(
    request: ExplainInfeasibilityRequest, verdict: InfeasibilityVerdict
) -> ExplainInfeasibilityResponse:
    return ExplainInfeasibilityResponse(
        verdict=verdict, request_id=request.request_id, provenance=_provenance(request)
    )


def _provenance(request: ExplainInfeasibilityRequest) -> Provenance:
    return Provenance(problem_sha256=Question(request.problem).sha256, server_version=SERVER_VERSION)


def _explained(
    bare: ExplainInfeasibilityResponse,
    question: Question,
    loose: LooseProblem,
    proof: InfeasibilityProof,
    conflict: Conflict | None,
) -> ExplainInfeasibilityResponse:
    """The conflict; where only facts contradict each other, or time ran out, what the first proof names."""
    if conflict is not None and conflict.members:
        members = tuple(_member(bound) for bound in conflict.members)
    else:
        members = _named(question.case.hard, loose, proof)
    return replace(
        bare,
        certificate=Certificate(infeasibility=proof if conflict is None else conflict.proof),
        conflict_members=members,
        minimal=conflict is not None and conflict.minimal,
    )


def _member(bound: Bound) -> ConflictMember:
    return ConflictMember(key=bound.key, side=bound.side, bound=bound.value, unit=bound.unit)


def _named(
    constraints: tuple[Constraint, ...], loose: LooseProblem, proof: InfeasibilityProof
) -> tuple[ConflictMember, ...]:
    """The bounds that a proof weighs, one for each side of each limit or rule."""
    by_name = {(bound.key.limit_id, bound.side): bound for bound in loose.bounds}
    members: dict[object, ConflictMember] = {}
    owners = {key: constraint for constraint in constraints for key in constraint.keys}
    for weight in proof.weights:
        bound = by_name.get((weight.key.limit_id, weight.side)) if weight.key.limit_id else None
        constraint = owners[weight.key]
        if bound is not None:
            members[bound] = _member(bound)
        else:
            members[weight.key, weight.side] = ConflictMember(
                key=weight.key, side=weight.side, bound=constraint.bound(weight.side), unit=constraint.unit
            )
    return tuple(members.values())


def _relaxed(
    request: ExplainInfeasibilityRequest,
    response: ExplainInfeasibilityResponse,
    loose: LooseProblem,
    engines: Engines,
) -> ExplainInfeasibilityResponse:
    """With a relaxation that was shown to leave an allocation, and what any costs at least."""
    try:
        cheapest = cheapest_moves(loose, engines)
        if cheapest.leans:
            loose = loose.raised(HIGHER)
            cheapest = cheapest_moves(loose, engines)
        if cheapest.moves is None:
            facts_alone = cheapest.impossible and not cheapest.leans
            reason = TerminationReason.INFEASIBLE if facts_alone else TerminationReason.UNDETERMINED
            detail = "what must not move contradicts itself" if facts_alone else "no moves found that suffice"
            return replace(response, relaxation_termination=_ended(reason, detail, cheapest.attempts))
        large = {
            bound: move for bound, move in cheapest.moves.items() if move * bound.unit.weight > _NEGLIGIBLE
        }
        for moves in (large, cheapest.moves):
            wider = {bound: move + _HAIR / bound.unit.weight for bound, move in moves.items()}
            shown = Feasibility(loose.with_bounds(loose.bounds, wider), engines)
            if shown.point is not None:
                break
        else:
            detail = "the cheapest moves could not be shown to leave an allocation"
            ended = _ended(TerminationReason.UNDETERMINED, detail, cheapest.attempts)
            return replace(response, relaxation_termination=ended)
    except OutOfTime as over:
        ended = _ended(TerminationReason.TIME_LIMIT, _NO_TIME, over.attempts)
        return replace(response, relaxation_termination=ended)
    constraints, point = shown.question.case.constraints, shown.point
    relaxations = [
        _relaxation(request, bound, move, worst_member(bound, constraints, point))
        for bound, move in sorted(wider.items(), key=lambda item: -_cost(*item))
    ]
    proven = cheapest.proven and not cheapest.leans
    reason = TerminationReason.OPTIMAL if proven else TerminationReason.UNDETERMINED
    detail = "the cheapest relaxation within the certified gap"
    if not proven:
        detail = "these moves leave an allocation; that none are cheaper was not proven"
    return replace(
        response,
        relaxations=tuple(relaxations),
        relaxation_cost=sum(_cost(bound, move) for bound, move in wider.items()),
        relaxation_cost_bound=None if cheapest.leans else cheapest.least_cost,
        relaxation_termination=_ended(reason, detail, cheapest.attempts),
    )


def _relaxation(request: ExplainInfeasibilityRequest, bound: Bound, move: float, key: LimitKey) -> Relaxation:
    """A move, as the request could ask for it: no line but an overlay has a minimum below zero."""
    relaxed = bound.value + bound.direction * move
    if key.structural_rule is StructuralRule.LINE_BOX and bound.side is Side.LOWER:
        line = next(line for line in request.problem.portfolio.lines if line.line_id == key.line_id)
        relaxed = relaxed if line.kind is LineKind.OVERLAY else max(relaxed, 0.0)
    return Relaxation(
        key=key, side=bound.side, amount=abs(relaxed - bound.value), relaxed_bound=relaxed, unit=bound.unit
    )


def _cost(bound: Bound, move: float) -> float:
    return (bound.weight or 0.0) * move


def _ended(reason: TerminationReason, detail: str, attempts: tuple[SolveAttempt, ...]) -> Termination:
    return Termination(reason=reason, detail=detail, attempts=attempts)

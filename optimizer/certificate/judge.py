"""The judgement on one claim of a solver: optimal, infeasible, or not proven."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from counterpoise.model import (
    AttemptVerdict,
    Certificate,
    FloatArray,
    OptimalityProof,
    SoftStageProof,
)
from optimizer.certificate.case import Case
from optimizer.certificate.infeasibility import prove_infeasible
from optimizer.certificate.multipliers import Multipliers
from optimizer.certificate.polish import polished
from optimizer.certificate.residuals import VIOLATION_TOLERANCE, residual_of
from optimizer.certificate.soft import STAGE_GAP
from optimizer.measures.constraint import Prices
from optimizer.measures.convex import Point
from optimizer.measures.objective import GAP_FLOOR

_WORTH_POLISHING = 1.0
"""Above this gap the point is no optimum, and better multipliers would not make it one."""


@dataclass(frozen=True, eq=False)
class Claim:
    """What a solver brings: a point (positions, then postings) or none, and multipliers."""

    variables: FloatArray | None
    multipliers: Multipliers
    infeasible: bool = False
    """Whether the multipliers are meant as a proof that there is no point."""


@dataclass(frozen=True)
class Judgement:
    """The verdict; with CERTIFIED the certificate."""

    verdict: AttemptVerdict
    certificate: Certificate | None = None
    worst_hard_violation: float | None = None
    relative_gap: float | None = None
    prices: Prices | None = None
    """With CERTIFIED and a point."""


def judge(case: Case, claim: Claim, maximum_relative_gap: float) -> Judgement:
    """Checks a claim by residuals and weak duality; what the solver called it does not matter."""
    ray, point = partial(_judge_ray, case, claim), partial(_judge_best, case, claim, maximum_relative_gap)
    first, second = (ray, point) if claim.infeasible else (point, ray)
    judged = first()
    if judged.certificate is not None:
        return judged
    other = second()
    return judged if other.certificate is None else other


def _judge_best(case: Case, claim: Claim, maximum_relative_gap: float) -> Judgement:
    """The point with the claimed multipliers, and where they fall short with polished ones."""
    judged = _judge_point(case, claim, maximum_relative_gap)
    gap = judged.relative_gap
    if judged.verdict is not AttemptVerdict.GAP_TOO_WIDE or claim.variables is None or gap is None:
        return judged
    if not gap < _WORTH_POLISHING:
        return judged
    multipliers = polished(case, claim.multipliers, claim.variables)
    better = _judge_point(case, replace(claim, multipliers=multipliers), maximum_relative_gap)
    return better if better.relative_gap is not None and better.relative_gap < gap else judged


def _judge_ray(case: Case, claim: Claim) -> Judgement:
    """Whether the multipliers prove that there is no allocation."""
    middle = 0.5 * (case.box.lower + case.box.upper)
    proof = prove_infeasible(case.hard, case.box, claim.multipliers, middle)
    if proof is None:
        return Judgement(AttemptVerdict.RAY_NOT_VALID)
    return Judgement(AttemptVerdict.CERTIFIED, Certificate(infeasibility=proof))


def _judge_point(case: Case, claim: Claim, maximum_relative_gap: float) -> Judgement:
    """Whether the point is feasible and the multipliers prove that none is better by the gap."""
    variables, multipliers = claim.variables, claim.multipliers
    if (
        variables is None
        or variables.shape != (case.book.variable_count,)
        or not np.all(np.isfinite(variables))
    ):
        return Judgement(AttemptVerdict.NO_CLAIM)
    point = Point(variables)
    residual = residual_of(case.book, case.box, case.hard_members, point)
    lagrangian, used = case.lagrangian(multipliers, point)
    value = case.value(point)
    bound = lagrangian.minimum(case.box) - lagrangian.rounding(case.box)
    bound, part = case.less_held(bound, value, used, point)
    scale = max(abs(value), GAP_FLOOR)
    if case.stage.minimised is not None:
        bound, scale, maximum_relative_gap = max(bound, 0.0), max(1.0, value), STAGE_GAP
    gap = abs(value - bound) / scale
    stages = []
    for held in case.stage.held:
        violation = case.violation(held.priority, point)
        held_at = held.at + part * (violation - held.at)
        stages.append(
            SoftStageProof(
                priority=held.priority, violation=violation, violation_bound=held.bound, held_at=held_at
            )
        )
    verdict = AttemptVerdict.CERTIFIED
    broken = any(held.broken(case.constraints, point) for held in case.stage.held)
    if residual.violation > VIOLATION_TOLERANCE or broken:
        verdict = AttemptVerdict.NOT_FEASIBLE
    elif not gap <= maximum_relative_gap:
        verdict = AttemptVerdict.GAP_TOO_WIDE
    certificate = prices = None
    if verdict is AttemptVerdict.CERTIFIED:
        sign = case.objective.sign if case.stage.minimised is None else 1.0
        proof = OptimalityProof(
            objective=sign * value,
            objective_bound=sign * bound,
            relative_gap=gap,
            gap_scale=scale,
            worst_hard_violation=residual.violation,
            worst_limit=residual.key,
            soft_stages=tuple(stages),
        )
        certificate = Certificate(optimality=proof)
        by_side = {(constraint.name, side): multiplier.weights for constraint, side, multiplier in used}
        prices = Prices(by_side, *lagrangian.box_prices(case.box))
    return Judgement(verdict, certificate, residual.violation, gap, prices)

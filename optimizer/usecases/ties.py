"""The choice among equal optima: the one that earns most after costs.

A goal that ignores cost (risk, alpha) may have many optima, and an interior point ends in their
middle: idle cash beside drawn credit. A second solve maximises net return with the goal held within
a part of the gap that the certificate allows; the multipliers of the first solve certify its point.
"""

from __future__ import annotations

from dataclasses import replace

from counterpoise.model import AttemptVerdict
from optimizer.certificate import Claim, judge
from optimizer.measures.objective import GAP_FLOOR
from optimizer.program import Engine
from optimizer.telemetry.traces import span
from optimizer.usecases.ladder import Climb, recorded
from optimizer.usecases.priorities import Ended
from optimizer.usecases.question import Question
from optimizer.usecases.solving import Solve
from optimizer.workers import note

_PART_OF_GAP = 0.1
"""What of the allowed gap the choice may use."""


def cheapest(
    question: Question,
    answered: Ended,
    solve: Solve,
    maximum_relative_gap: float,
) -> Climb:
    """The certified answer that earns most, or the first one where the second solve brings none.

    Raises what `solve` raises, but for TimeoutError: a certified answer is at hand by then.
    """
    ended, case = answered.climb, answered.case
    certificate = ended.judgement.certificate
    proof = certificate.optimality if certificate is not None else None
    if proof is None or ended.variables is None or ended.claim is None or not question.ignores_cost:
        return ended
    sign = case.objective.sign
    room = _PART_OF_GAP * maximum_relative_gap * max(abs(proof.objective), GAP_FLOOR)
    held_at = max(sign * proof.objective, sign * proof.objective_bound + room)
    stage = case.stage if answered.staged else None
    for prepared in question.prepared_for_return(stage, ended.variables, held_at):
        try:
            outcome = solve(prepared, Engine.CLARABEL)
        except TimeoutError:
            return ended
        claim = Claim(outcome.variables, ended.claim.multipliers)
        with span("certificate"):
            judgement = judge(case, claim, maximum_relative_gap)
        attempt = recorded(outcome, judgement)
        note(attempt)
        ended = replace(ended, attempts=(*ended.attempts, attempt))
        if judgement.verdict is AttemptVerdict.CERTIFIED and judgement.prices is not None:
            return replace(ended, judgement=judgement, engine=outcome.engine, variables=outcome.variables)
    return ended

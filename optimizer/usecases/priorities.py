"""Soft limits before the goal, one priority after the other.

First as if every soft limit could be met: then one solve is enough. Where they cannot, each priority
is minimised with the earlier ones held where they were proven to be least, and the goal comes last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from optimizer.certificate import Case, Held, Stage, held_after, judge
from optimizer.program import Engine
from optimizer.usecases.ladder import RUNGS, Climb, climb
from optimizer.usecases.question import Question
from optimizer.usecases.solving import Solve

_WAYS = ((None, RUNGS[:1]), (1e3, RUNGS[:2]), (1e4, RUNGS[:2]), (None, RUNGS[1:]))
"""How the last held priority is kept, and with which engines: in a row (None), whose feasible set is a
sliver, or by a penalty over the largest cost, which is exact where it is large enough."""


@dataclass(frozen=True, eq=False)
class Ended:
    """How it ended, and the case that the last claim was judged by."""

    climb: Climb
    case: Case
    staged: bool
    """Whether soft limits were held at what they miss, instead of taken as hard."""


def climb_priorities(
    question: Question, solve: Solve, maximum_relative_gap: float, first: tuple[Engine, ...] = ()
) -> Ended:
    """Certified answer, proof that hard limits contradict each other, or neither.

    `first` are engines to try before those of the ladder, with soft limits met. Raises OutOfTime with all
    attempts so far.
    """
    rungs = (*first, *(RUNGS[:1] if question.priorities else RUNGS))
    ended = climb(
        lambda engine: solve(question.prepared, engine),
        lambda claim: judge(question.case, claim, maximum_relative_gap),
        rungs,
    )
    if ended.certified or not question.priorities:
        return Ended(ended, question.case, staged=False)
    case = question.case
    held: tuple[Held, ...] = ()
    stages: list[int | None] = [*question.priorities, None]
    for minimised in stages:
        case = replace(question.case, stage=Stage(held, minimised))
        ended = _climb_stage(question, case, solve, maximum_relative_gap, ended)
        judgement = ended.judgement
        proof = judgement.certificate.optimality if judgement.certificate else None
        if proof is None or judgement.prices is None or ended.variables is None:
            break
        if minimised is not None:
            least = (minimised, proof.objective_bound, case.constraints)
            held = (*held, held_after(*least, judgement.prices.by_side, ended.variables))
    return Ended(ended, case, staged=True)


def _climb_stage(
    question: Question,
    case: Case,
    solve: Solve,
    maximum_relative_gap: float,
    before: Climb,
) -> Climb:
    """Climbs one stage, earlier priorities held one way after the other."""
    ended = before
    for penalty, rungs in _WAYS:
        if penalty is not None and (not case.stage.held or case.stage.held[-1].all_met):
            continue
        prepared = question.prepared_at(case.stage, penalty)
        ended = climb(
            partial(solve, prepared),
            lambda claim: judge(case, claim, maximum_relative_gap),
            rungs,
            before=ended.attempts,
        )
        if ended.certified:
            break
    return replace(ended, first_start=before.first_start)

"""Soft limits before the goal, one priority after the other.

First as if every soft limit could be met: then one solve is enough. Where they cannot, each priority
is minimised with the earlier ones held where they were proven to be least, and the goal comes last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from optimizer.certificate import Case, Held, Stage, judge
from optimizer.program import Engine, Outcome, Prepared
from optimizer.usecases.ladder import RUNGS, Climb, climb
from optimizer.usecases.question import Question


@dataclass(frozen=True, eq=False)
class Ended:
    """How it ended, and the case that the last claim was judged by."""

    climb: Climb
    case: Case
    staged: bool
    """Whether soft limits were held at what they miss, instead of taken as hard."""


def climb_priorities(
    question: Question, solve: Callable[[Prepared, Engine], Outcome], maximum_relative_gap: float
) -> Ended:
    """Certified answer, proof that hard limits contradict each other, or neither.

    Raises OutOfTime with all attempts so far.
    """
    rungs = RUNGS[:1] if question.priorities else RUNGS
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
        stage = Stage(held, minimised)
        case = replace(question.case, stage=stage)
        ended = _climb_stage(question, case, solve, maximum_relative_gap, ended)
        proof = ended.judgement.certificate.optimality if ended.judgement.certificate else None
        if proof is None:
            break
        if minimised is not None:
            held = (*held, Held(minimised, proof.objective_bound))
    return Ended(ended, case, staged=True)


def _climb_stage(
    question: Question,
    case: Case,
    solve: Callable[[Prepared, Engine], Outcome],
    maximum_relative_gap: float,
    before: Climb,
) -> Climb:
    prepared = question.prepared_at(case.stage)
    ended = climb(
        lambda engine: solve(prepared, engine),
        lambda claim: judge(case, claim, maximum_relative_gap),
        before=before.attempts,
    )
    return replace(ended, first_start=before.first_start)

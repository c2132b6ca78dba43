"""Soft priorities: one solve where all are met, one stage after the other where they are not."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import Aggregation, Limit, LineScope, PositionMeasure, SoftLimit
from optimizer.program import Attempt, run_attempt
from optimizer.usecases.ladder import OutOfTime
from optimizer.usecases.priorities import climb_priorities
from optimizer.usecases.question import Question
from tests.golden_problems import pension

GAP = 1e-5


def wish(limit_id, line_id, lower, priority, weight=1.0):
    measure = PositionMeasure(lines=LineScope(line_ids=(line_id,)), aggregation=Aggregation.EACH)
    terms = SoftLimit(priority=priority, violation_weight=weight)
    return Limit(limit_id=limit_id, lower=lower, position=measure, soft=terms)


def question(*wishes):
    problem = pension()
    limits = (*problem.mandate.limits, *wishes)
    return Question(replace(problem, mandate=replace(problem.mandate, limits=limits)))


def solve(prepared, engine):
    return prepared.outcome(run_attempt(Attempt(prepared.numbers, engine)))


def test_wishes_that_can_be_met_take_one_solve():
    ended = climb_priorities(
        question(wish("cash", "cash", 0.05, 1), wish("fund", "bond_fund", 0.1, 2)), solve, GAP
    )
    assert ended.climb.certified
    assert not ended.staged
    assert len(ended.climb.attempts) == 1


def test_wishes_that_cannot_are_taken_in_order_and_every_attempt_is_on_record():
    asked = question(wish("later", "alpha", 0.29, 2), wish("first", "cash", 0.2, 1))
    ended = climb_priorities(asked, solve, GAP)
    assert ended.climb.certified
    assert ended.staged
    assert [held.priority for held in ended.case.stage.held] == [1, 2]
    assert [held.bound for held in ended.case.stage.held] == pytest.approx([0.0, 0.19], abs=1e-6)
    # As hard, then both priorities, then the goal.
    assert len(ended.climb.attempts) == 4
    assert ended.climb.first_start is not None


def test_time_that_runs_out_in_a_stage_keeps_the_attempts_before():
    calls = []

    def impatient(prepared, engine):
        calls.append(engine)
        if len(calls) == 3:
            raise TimeoutError
        return solve(prepared, engine)

    asked = question(wish("later", "alpha", 0.29, 2), wish("first", "cash", 0.2, 1))
    with pytest.raises(OutOfTime) as raised:
        climb_priorities(asked, impatient, GAP)
    assert len(raised.value.attempts) == 2


def test_members_that_every_least_solution_meets_are_hard_in_later_stages():
    asked = question(wish("far", "alpha", 0.9, 1), wish("near", "cash", 0.05, 1, weight=2.0))
    ended = climb_priorities(asked, solve, GAP)
    (held,) = ended.case.stage.held
    met = {name: bool(np.all(members)) for (name, _), members in held.met.items()}
    assert met == {"limit/far": False, "limit/near": True}

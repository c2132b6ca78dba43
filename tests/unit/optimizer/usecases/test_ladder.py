"""The ladder: the certificate alone decides, every attempt is on record, nothing unproven leaves."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import AttemptVerdict
from optimizer.certificate import judge
from optimizer.program import Attempt, Engine, Outcome, run_attempt
from optimizer.usecases.ladder import RUNGS, OutOfTime, climb
from optimizer.usecases.question import Question
from tests.golden_problems import pension

GAP = 1e-5


QUESTION = Question(pension())


def honest(engine):
    return QUESTION.prepared.outcome(run_attempt(Attempt(QUESTION.prepared.numbers, engine)))


def liar(_):
    """An engine that calls nonsense optimal."""
    nonsense = np.zeros(QUESTION.book.variable_count)
    return Outcome(engine="liar 1.0", status="Solved", infeasible=False, variables=nonsense)


def judged(claim):
    return judge(QUESTION.case, claim, GAP)


def test_the_first_certified_answer_ends_the_climb():
    ended = climb(honest, judged)
    assert ended.certified
    assert [attempt.verdict for attempt in ended.attempts] == [AttemptVerdict.CERTIFIED]
    assert ended.engine == ended.attempts[0].engine


def test_a_wrong_answer_called_optimal_is_passed_over_and_recorded():
    def run(engine):
        return liar(engine) if engine is Engine.CLARABEL else honest(engine)

    ended = climb(run, judged)
    assert ended.certified
    assert [attempt.verdict for attempt in ended.attempts] == [
        AttemptVerdict.NOT_FEASIBLE,
        AttemptVerdict.CERTIFIED,
    ]
    assert ended.attempts[0].engine == "liar 1.0"
    assert ended.attempts[0].engine_status == "Solved"


def test_a_right_answer_under_a_bad_status_is_taken():
    def run(engine):
        return replace(honest(engine), status="NumericalError")

    ended = climb(run, judged)
    assert ended.certified
    assert ended.attempts[0].engine_status == "NumericalError"


def test_where_every_engine_lies_nothing_leaves():
    ended = climb(liar, judged)
    assert not ended.certified
    assert ended.variables is None
    assert len(ended.attempts) == len(RUNGS)


def test_a_false_claim_of_infeasibility_is_refused():
    def run(engine):
        if engine is not Engine.SCS:
            return replace(honest(engine), infeasible=True, variables=None, status="PrimalInfeasible")
        return honest(engine)

    ended = climb(run, judged)
    assert [attempt.verdict for attempt in ended.attempts[:2]] == [AttemptVerdict.RAY_NOT_VALID] * 2
    assert ended.certified
    assert ended.variables is not None


def test_a_point_good_but_not_good_enough_is_refused_for_its_gap():
    def run(engine):
        outcome = honest(engine)
        return replace(outcome, multipliers={}, components={})

    ended = climb(run, judged)
    assert {attempt.verdict for attempt in ended.attempts} == {AttemptVerdict.GAP_TOO_WIDE}
    assert not ended.certified


def test_time_that_runs_out_keeps_the_attempts_before():
    def run(engine):
        if engine is Engine.CLARABEL:
            return liar(engine)
        raise TimeoutError

    with pytest.raises(OutOfTime) as caught:
        climb(run, judged)
    assert [attempt.engine for attempt in caught.value.attempts] == ["liar 1.0"]

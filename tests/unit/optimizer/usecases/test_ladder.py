"""The ladder: the certificate alone decides, every attempt is on record, nothing unproven leaves."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import AttemptVerdict
from optimizer.certificate import open_case
from optimizer.measures.book import open_book
from optimizer.program import Engine, Outcome, run_attempt
from optimizer.usecases.ladder import RUNGS, OutOfTime, climb
from tests.golden_problems import pension

GAP = 1e-5


def case_of(problem):
    return open_case(open_book(problem))


def liar(attempt):
    """An engine that calls nonsense optimal."""
    return Outcome(
        engine="liar 1.0", status="Solved", infeasible=False, variables=np.zeros(len(attempt.lower))
    )


def test_the_first_certified_answer_ends_the_climb():
    ended = climb(case_of(pension()), GAP, run_attempt)
    assert ended.certified
    assert [attempt.verdict for attempt in ended.attempts] == [AttemptVerdict.CERTIFIED]
    assert ended.engine == ended.attempts[0].engine


def test_a_wrong_answer_called_optimal_is_passed_over_and_recorded():
    def run(attempt):
        return liar(attempt) if attempt.engine is Engine.CLARABEL else run_attempt(attempt)

    ended = climb(case_of(pension()), GAP, run)
    assert ended.certified
    assert [attempt.verdict for attempt in ended.attempts] == [
        AttemptVerdict.NOT_FEASIBLE,
        AttemptVerdict.CERTIFIED,
    ]
    assert ended.attempts[0].engine == "liar 1.0"
    assert ended.attempts[0].engine_status == "Solved"


def test_a_right_answer_under_a_bad_status_is_taken():
    def run(attempt):
        return replace(run_attempt(attempt), status="NumericalError")

    ended = climb(case_of(pension()), GAP, run)
    assert ended.certified
    assert ended.attempts[0].engine_status == "NumericalError"


def test_where_every_engine_lies_nothing_leaves():
    ended = climb(case_of(pension()), GAP, liar)
    assert not ended.certified
    assert ended.variables is None
    assert len(ended.attempts) == len(RUNGS)


def test_a_false_claim_of_infeasibility_is_refused():
    def run(attempt):
        if attempt.engine is not Engine.SCS:
            honest = run_attempt(attempt)
            return replace(honest, infeasible=True, variables=None, status="PrimalInfeasible")
        return run_attempt(attempt)

    ended = climb(case_of(pension()), GAP, run)
    assert [attempt.verdict for attempt in ended.attempts[:2]] == [AttemptVerdict.RAY_NOT_VALID] * 2
    assert ended.certified
    assert ended.variables is not None


def test_a_point_good_but_not_good_enough_is_refused_for_its_gap():
    def run(attempt):
        outcome = run_attempt(attempt)
        return replace(outcome, multipliers={}, components={})

    ended = climb(case_of(pension()), GAP, run)
    assert {attempt.verdict for attempt in ended.attempts} == {AttemptVerdict.GAP_TOO_WIDE}
    assert not ended.certified


def test_time_that_runs_out_keeps_the_attempts_before():
    def run(attempt):
        if attempt.engine is Engine.CLARABEL:
            return liar(attempt)
        raise TimeoutError

    with pytest.raises(OutOfTime) as caught:
        climb(case_of(pension()), GAP, run)
    assert [attempt.engine for attempt in caught.value.attempts] == ["liar 1.0"]

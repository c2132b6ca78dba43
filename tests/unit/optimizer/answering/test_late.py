"""A question whose time is over is read by workers alone, and not for long."""

import datetime
import math
from concurrent.futures import Future

import pytest

from counterpoise import wire
from counterpoise.model import (
    AllocateRequest,
    AttemptVerdict,
    ErrorReason,
    ExplainInfeasibilityResponse,
    InfeasibilityVerdict,
    Provenance,
    SolveAttempt,
    SolveParameters,
    TerminationReason,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.answerer import LATE_SECONDS, Answerer
from optimizer.answering.tasks import LateQuestion, QuestionBytes, answer_bytes, late_bytes
from optimizer.usecases.clock import Clock
from optimizer.usecases.errors import DeadlinePassed, Refused, RequestInvalid
from optimizer.usecases.solving import SoFar
from optimizer.workers import Cancellation
from tests.golden_problems import sixty_forty_with_overlay

LIMIT = datetime.timedelta(seconds=0.05)
ATTEMPT = SolveAttempt(engine="clarabel", engine_status="slow", verdict=AttemptVerdict.NO_CLAIM)


class SlowPool:
    """Runs nothing but what writes late answers, and that only where it is not slow as well."""

    def __init__(self, *, late_is_slow=False, told=ATTEMPT):
        self.late_is_slow = late_is_slow
        self.told = told
        self.asked = []

    def submit(self, function, argument, *, timeout_seconds, on_note=None, cancellation=None, **_):
        self.asked.append((function, timeout_seconds, cancellation))
        done = Future()
        if function is answer_bytes:
            on_note(self.told)
        if function is answer_bytes or self.late_is_slow:
            done.set_exception(TimeoutError())
        else:
            done.set_result(function(argument))
        return done


def body_of(problem, request_id=""):
    request = AllocateRequest(
        problem=problem, parameters=SolveParameters(time_limit=LIMIT), request_id=request_id
    )
    return wire.to_message(request, allocation_service_pb2.AllocateRequest).SerializeToString()


def test_an_answer_that_time_ran_out_is_written_by_a_worker_with_what_was_attempted():
    pool, cancellation = SlowPool(), Cancellation()
    answer = Answerer(pool, time_limit_seconds=60.0).answer(
        "Allocate", body_of(sixty_forty_with_overlay()), cancellation=cancellation
    )
    message = allocation_service_pb2.AllocateResponse.FromString(answer.body)
    termination = wire.to_model(message).allocation.termination
    assert termination.reason is TerminationReason.TIME_LIMIT
    assert termination.attempts == (ATTEMPT,)
    # Who leaves meanwhile ends that, too, and it has an end of its own.
    assert pool.asked[1] == (late_bytes, LATE_SECONDS, cancellation)


def test_after_the_callers_deadline_nothing_is_read():
    pool = SlowPool()
    with pytest.raises(DeadlinePassed):
        Answerer(pool, time_limit_seconds=60.0).answer("Allocate", b"\xff", remaining_seconds=0.06)
    assert [function for function, *_ in pool.asked] == [answer_bytes]


def test_a_question_that_nobody_can_read_in_time_has_no_answer():
    pool = SlowPool(late_is_slow=True)
    with pytest.raises(DeadlinePassed):
        Answerer(pool, time_limit_seconds=60.0).answer("Allocate", body_of(sixty_forty_with_overlay()))
    assert [function for function, *_ in pool.asked] == [answer_bytes, late_bytes]


def test_the_late_answer_keeps_the_callers_deadline():
    pool = SlowPool()
    answerer = Answerer(pool, time_limit_seconds=60.0)
    answerer.answer("Allocate", body_of(sixty_forty_with_overlay()), remaining_seconds=2.0)
    assert 0.0 < pool.asked[1][1] < 2.0


@pytest.mark.parametrize(("body", "error"), [(b"\xff", Refused), (b"", RequestInvalid)])
def test_a_late_question_that_is_wrong_is_refused_all_the_same(body, error):
    clock = Clock(admitted=0.0, limit=1.0, deadline=math.inf)
    with pytest.raises(error) as caught:
        late_bytes(LateQuestion(QuestionBytes("Allocate", body, clock), ()))
    if error is RequestInvalid:
        assert caught.value.violations[0].reason is ErrorReason.FIELD_MISSING


def test_what_was_proven_before_is_the_answer_and_nothing_is_read_again():
    proven = ExplainInfeasibilityResponse(
        verdict=InfeasibilityVerdict.INFEASIBLE, request_id="one", provenance=Provenance()
    )
    pool = SlowPool(told=SoFar(proven))
    answer = Answerer(pool, time_limit_seconds=60.0).answer(
        "ExplainInfeasibility", b"\xff", remaining_seconds=1.0
    )
    message = allocation_service_pb2.ExplainInfeasibilityResponse.FromString(answer.body)
    assert wire.to_model(message) == proven
    assert answer.ending.result == "INFEASIBLE"
    assert [function for function, *_ in pool.asked] == [answer_bytes]

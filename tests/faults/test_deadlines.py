"""A deadline ends the work: the worker is gone when the caller's time is, waiting included.

COUNTERPOISE_TEST_DEADLINES says how often.
"""

import datetime
import os
import random
import time

import grpc
import pytest

from counterpoise import wire
from counterpoise.model import TerminationReason
from counterpoise.v1 import allocation_service_pb2
from tests.faults.figures import note_seconds
from tests.long_calls import Watch, calling, long_request, short_request
from tests.processes import AMPLE_SECONDS, is_running, wait_for, workers_of
from tests.serving import serving

DEADLINES = int(os.environ.get("COUNTERPOISE_TEST_DEADLINES", "4"))
SHORTEST_SECONDS, LONGEST_SECONDS = 0.3, 1.2
LONGEST_WAIT_SECONDS = 0.7
"""Less than a long call takes where its market is known: then it is the wait that the deadline ends."""
PROMISED_SECONDS = 0.25
SLACK_SECONDS = 0.5  # a machine that runs other tests meanwhile
SECONDS_EACH = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server") / "log", {"worker_count": "1"}) as running:
        yield running


@pytest.fixture
def allocate(server):
    with calling(server.address) as method:
        yield method


def seconds_beyond(deadline, worker):
    """How long after a moment of the clock a worker has gone."""
    assert wait_for(lambda: not is_running(worker))
    return time.monotonic() - deadline


@pytest.mark.timeout(60 + SECONDS_EACH * DEADLINES)
def test_the_worker_is_gone_with_the_deadline(server, allocate):
    generator = random.Random(20264)  # noqa: S311 - reproducible moments, not secrets
    body, beyond = long_request(1), []
    for _ in range(DEADLINES):
        watch = Watch(server.process.pid, 1)
        seconds = generator.uniform(SHORTEST_SECONDS, LONGEST_SECONDS)
        deadline = time.monotonic() + seconds
        call = allocate.future(body, timeout=seconds)
        worker = watch.one_at_work()
        beyond.append(seconds_beyond(deadline, worker))
        assert call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert allocate(short_request(), timeout=AMPLE_SECONDS)
    note_seconds("worker gone after the deadline", beyond)
    assert max(beyond) < PROMISED_SECONDS + SLACK_SECONDS


@pytest.mark.timeout(60 + SECONDS_EACH * DEADLINES)
def test_the_deadline_counts_the_wait_for_a_worker(server, allocate):
    generator = random.Random(20265)  # noqa: S311 - reproducible moments, not secrets
    body, beyond = long_request(1), []
    for _ in range(DEADLINES):
        watch = Watch(server.process.pid, 1)
        first = allocate.future(body, timeout=AMPLE_SECONDS)
        worker = watch.one_at_work()
        seconds = generator.uniform(SHORTEST_SECONDS, LONGEST_WAIT_SECONDS)
        deadline = time.monotonic() + seconds
        waiting = allocate.future(body, timeout=seconds)
        assert waiting.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        beyond.append(time.monotonic() - deadline)
        # Nobody else's solve ends for it.
        assert first.result(AMPLE_SECONDS)
        assert workers_of(server.process.pid) == {worker}
    note_seconds("waiting call ended after the deadline", beyond)
    assert max(beyond) < PROMISED_SECONDS + SLACK_SECONDS


def test_a_call_that_waited_has_what_is_left_of_its_time(server, allocate):
    body = long_request(1)
    watch = Watch(server.process.pid, 1)
    first = allocate.future(body, timeout=AMPLE_SECONDS)
    watch.one_at_work()
    begun = time.monotonic()
    second = allocate.future(body, timeout=AMPLE_SECONDS)
    assert first.result(AMPLE_SECONDS)
    waited = time.monotonic() - begun
    assert second.result(AMPLE_SECONDS)
    # As long as the first took, and half as much again: the wait ends, the solve does not.
    seconds = 1.5 * waited
    first = allocate.future(body, timeout=AMPLE_SECONDS)
    (worker,) = workers_of(server.process.pid)
    deadline = time.monotonic() + seconds
    late = allocate.future(body, timeout=seconds)
    assert late.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert first.result(AMPLE_SECONDS)
    assert seconds_beyond(deadline, worker) < PROMISED_SECONDS + SLACK_SECONDS


def test_the_time_limit_of_a_request_ends_the_work_with_an_answer(server, allocate):
    request = allocation_service_pb2.AllocateRequest.FromString(long_request(1))
    seconds = 0.8
    request.parameters.time_limit.FromTimedelta(datetime.timedelta(seconds=seconds))
    watch = Watch(server.process.pid, 1)
    limit = time.monotonic() + seconds
    call = allocate.future(request.SerializeToString(), timeout=AMPLE_SECONDS)
    worker = watch.one_at_work()
    assert seconds_beyond(limit, worker) < PROMISED_SECONDS + SLACK_SECONDS
    response = allocation_service_pb2.AllocateResponse.FromString(call.result(AMPLE_SECONDS))
    allocation = wire.to_model(response).allocation
    assert allocation.termination.reason is TerminationReason.TIME_LIMIT
    assert not allocation.positions

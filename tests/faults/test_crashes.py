"""One crash harms one request: a worker killed in the middle of a solve, and the server itself.

COUNTERPOISE_TEST_WORKER_KILLS and COUNTERPOISE_TEST_SERVER_CRASHES say how often.
"""

import os
import random
import signal
import statistics
import time

import grpc
import pytest

from tests.faults.figures import note, note_seconds
from tests.long_calls import Watch, calling, long_request, reason_of, short_request
from tests.processes import AMPLE_SECONDS, descendants, wait_for, wait_until_gone
from tests.serving import serving

KILLS = int(os.environ.get("COUNTERPOISE_TEST_WORKER_KILLS", "20"))
CRASHES = int(os.environ.get("COUNTERPOISE_TEST_SERVER_CRASHES", "3"))
PROMISED_SECONDS = 0.25
ORPHAN_SECONDS = 1.0
SLACK_SECONDS = 0.25  # a machine that runs other tests meanwhile
LATEST_KILL_SECONDS = 0.4
WORKERS = 2
SECONDS_EACH = 15


@pytest.mark.timeout(60 + SECONDS_EACH * KILLS)
def test_a_worker_killed_in_the_middle_of_a_solve_fails_that_request_only(tmp_path):
    generator = random.Random(20263)  # noqa: S311 - reproducible moments, not secrets
    told, answered = [], []
    doomed_request, neighbours_request = long_request(1), long_request(2)
    with (
        serving(tmp_path / "log", {"worker_count": str(WORKERS)}) as server,
        calling(server.address) as allocate,
    ):
        for _ in range(KILLS):
            watch = Watch(server.process.pid, WORKERS)
            doomed = allocate.future(doomed_request, timeout=AMPLE_SECONDS)
            worker = watch.one_at_work()
            neighbour = allocate.future(neighbours_request, timeout=AMPLE_SECONDS)
            watch.one_at_work(beside=frozenset({worker}))
            time.sleep(generator.uniform(0.0, LATEST_KILL_SECONDS))
            assert not doomed.done()
            os.kill(worker, signal.SIGKILL)
            killed = time.monotonic()
            assert doomed.code() is grpc.StatusCode.UNAVAILABLE
            told.append(time.monotonic() - killed)
            assert reason_of(doomed) == "WORKER_LOST"
            # The other worker has its own solve: only the slot that was lost can answer this.
            assert allocate(short_request(), timeout=AMPLE_SECONDS)
            answered.append(time.monotonic() - killed)
            watch.wait_until_replaced(worker)
            assert not neighbour.done(), "the neighbour's solve is too short to tell anything"
            assert neighbour.result(AMPLE_SECONDS)
    note_seconds("caller told", told)
    note_seconds("next call of the slot answered", answered)
    note({"workers killed": KILLS, "other calls that failed": 0})
    assert statistics.median(told) < PROMISED_SECONDS
    assert statistics.median(answered) < PROMISED_SECONDS + SLACK_SECONDS


@pytest.mark.parametrize("crash", range(CRASHES))
def test_a_server_killed_in_the_middle_of_solves_leaves_no_orphan(tmp_path, crash):
    settings = {"worker_count": str(WORKERS), "store_dsn": f"sqlite:///{tmp_path}/store.sqlite3"}
    with serving(tmp_path / "log", settings) as server, calling(server.address) as allocate:
        watch = Watch(server.process.pid, WORKERS)
        calls = [allocate.future(long_request(seed), timeout=AMPLE_SECONDS) for seed in (1, 2)]
        assert wait_for(lambda: len(watch.busy()) == WORKERS)
        below = descendants(server.process.pid)
        assert len(below) > WORKERS  # the fork server, too
        server.process.kill()
        killed = time.monotonic()
        left = wait_until_gone(below, ORPHAN_SECONDS + SLACK_SECONDS)
        note_seconds(f"last process gone, crash {crash}", [time.monotonic() - killed])
        assert not left
        assert {call.code() for call in calls} == {grpc.StatusCode.UNAVAILABLE}

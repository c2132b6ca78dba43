"""One crash harms one task, and the end of time is the end of the work."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from optimizer.workers import Cancellation, WorkerLost, WorkerPool
from tests import worker_tasks
from tests.processes import is_running

AMPLE_SECONDS = 60.0
PROMISED_SECONDS = 0.25
SLACK_SECONDS = 0.25  # a machine that runs other tests meanwhile
PRELOAD = ("pytest", "tests.worker_tasks")
KILLS = 200


@pytest.fixture
def pool():
    pool = WorkerPool(2, PRELOAD)
    pool.start()
    yield pool
    pool.stop()


def hang(pool, path, *, timeout_seconds=AMPLE_SECONDS, cancellation=None):
    """A task that never ends by itself, and the process it runs in."""
    future = pool.submit(
        worker_tasks.announce_and_hang, str(path), timeout_seconds=timeout_seconds, cancellation=cancellation
    )
    return future, int(read_when_there(path))


def read_when_there(path):
    limit = time.monotonic() + AMPLE_SECONDS
    while not path.exists():
        assert time.monotonic() < limit
        time.sleep(0.001)
    return path.read_text()


def wait_until_reaped(pid):
    # The first thread of a process is seen dead a moment before the last one is.
    limit = time.monotonic() + AMPLE_SECONDS
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < limit
        time.sleep(0.001)


def seconds_until_gone(pid):
    started = time.monotonic()
    while is_running(pid):
        assert time.monotonic() - started < AMPLE_SECONDS
        time.sleep(0.001)
    return time.monotonic() - started


def test_a_killed_worker_fails_its_own_task_only_and_its_slot_comes_back(pool, tmp_path):
    seconds = []
    for attempt in range(KILLS):
        neighbour = pool.submit(worker_tasks.sleep, 0.01, timeout_seconds=AMPLE_SECONDS)
        doomed, pid = hang(pool, tmp_path / str(attempt))
        os.kill(pid, signal.SIGKILL)
        started = time.monotonic()
        with pytest.raises(WorkerLost):
            doomed.result(timeout=AMPLE_SECONDS)
        assert neighbour.result() == 0.01
        # Both slots at once: neither is missing.
        both = [pool.submit(worker_tasks.sleep, 0.001, timeout_seconds=AMPLE_SECONDS) for _ in range(2)]
        assert [future.result() for future in both] == [0.001, 0.001]
        seconds.append(time.monotonic() - started)
    assert sorted(seconds)[KILLS // 2] < PROMISED_SECONDS


def test_workers_killed_at_any_moment_fail_at_most_one_task_each(pool):
    generator = random.Random(20260)  # noqa: S311 - reproducible moments, not secrets
    block = b"x" * 200_000
    kills = lost = 0
    for _ in range(KILLS):
        futures = [pool.submit(worker_tasks.echo, block, timeout_seconds=AMPLE_SECONDS) for _ in range(4)]
        time.sleep(generator.uniform(0, 0.002))
        victim = pool._slots[generator.randrange(2)].pid
        with contextlib.suppress(ProcessLookupError, TypeError):  # gone already, or about to be replaced
            os.kill(victim, signal.SIGKILL)
            kills += 1
        errors = [future.exception(timeout=AMPLE_SECONDS) for future in futures]
        assert all(error is None or isinstance(error, WorkerLost) for error in errors)
        lost += sum(error is not None for error in errors)
    assert lost <= kills
    both = [pool.submit(worker_tasks.echo, n, timeout_seconds=AMPLE_SECONDS) for n in range(2)]
    assert [future.result() for future in both] == [0, 1]


def test_an_idle_worker_that_is_killed_is_replaced_and_no_task_notices(pool):
    for _ in range(20):
        pid = pool.submit(worker_tasks.process_id, None, timeout_seconds=AMPLE_SECONDS).result()
        os.kill(pid, signal.SIGKILL)
        wait_until_reaped(pid)
        both = [pool.submit(worker_tasks.echo, n, timeout_seconds=AMPLE_SECONDS) for n in range(2)]
        assert [future.result() for future in both] == [0, 1]


def test_a_timeout_ends_the_process(pool, tmp_path):
    limit = 0.5
    started = time.monotonic()
    future, pid = hang(pool, tmp_path / "pid", timeout_seconds=limit)
    with pytest.raises(TimeoutError):
        future.result(timeout=AMPLE_SECONDS)
    seconds_until_gone(pid)
    assert time.monotonic() - started < limit + PROMISED_SECONDS + SLACK_SECONDS


def test_cancel_ends_the_process(pool, tmp_path):
    cancellation = Cancellation()
    future, pid = hang(pool, tmp_path / "pid", cancellation=cancellation)
    cancellation.cancel()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        future.result(timeout=AMPLE_SECONDS)
    seconds_until_gone(pid)
    assert time.monotonic() - started < PROMISED_SECONDS + SLACK_SECONDS


def test_cancellations_at_any_moment_lose_no_slot(pool):
    generator = random.Random(7)  # noqa: S311 - reproducible moments, not secrets
    for _ in range(100):
        cancellation = Cancellation()
        futures = [
            pool.submit(worker_tasks.sleep, 0.002, timeout_seconds=AMPLE_SECONDS, cancellation=cancellation)
            for _ in range(4)
        ]
        time.sleep(generator.uniform(0, 0.005))
        cancellation.cancel()
        for future in futures:
            error = future.exception(timeout=AMPLE_SECONDS)
            assert error is None or isinstance(error, CancelledError)
    both = [pool.submit(worker_tasks.echo, n, timeout_seconds=AMPLE_SECONDS) for n in range(2)]
    assert [future.result() for future in both] == [0, 1]


SERVER = """
import sys, time
from optimizer.workers import WorkerPool
from tests import worker_tasks

if __name__ == "__main__":
    pool = WorkerPool(2, ("tests.worker_tasks",))
    pool.start()
    idle = pool.submit(worker_tasks.process_id, None, timeout_seconds=60).result()
    pool.submit(worker_tasks.announce_and_hang, sys.argv[1], timeout_seconds=600)
    print(idle, flush=True)
    time.sleep(600)
"""


def test_a_killed_server_leaves_no_process_behind(tmp_path):
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "pid")],
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as server:
        server.stdout.readline()
        read_when_there(tmp_path / "pid")
        session = {
            int(entry.name) for entry in Path("/proc").glob("[0-9]*") if session_of(entry) == server.pid
        }
        assert len(session) >= 4  # server, fork server and two workers
        server.kill()
    limit = time.monotonic() + 1.0 + SLACK_SECONDS
    while any(is_running(pid) for pid in session) and time.monotonic() < limit:
        time.sleep(0.01)
    assert [pid for pid in session if is_running(pid)] == []


def session_of(process):
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except (FileNotFoundError, ProcessLookupError):
        return -1

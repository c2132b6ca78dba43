"""Answers a second at 63 lines on two workers, against twice what one worker can do.

What one worker can do is measured twice: by a process that answers one question after the other by itself,
from bytes to bytes, and by callers of a server with one worker. Callers are three per worker, threads of one
process that send prepared bytes; every question has a leverage cap of its own. Workers, server and callers
share the machine's processors: `client` and `server` are how many processors they kept busy themselves.
"""

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from optimizer.answering.tasks import QuestionBytes, answer_bytes
from optimizer.usecases.clock import clock_of
from tests.benchmarks.bench_allocate import variant
from tests.benchmarks.record import Row, publish
from tests.loading import body_of
from tests.problems import SIZES, generate
from tests.processes import cpu_seconds, descendants
from tests.serving import serving

LINES = 63
BODIES = 240
ROUNDS = 5
SECONDS = 4.0
CALLERS_PER_WORKER = 3
WORKERS = (1, 2)
LONGEST_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """What a server did for its callers in a round: answers a second, and processors kept busy."""

    per_second: float
    client: float
    server: float
    workers: float


@pytest.fixture
def bodies():
    problem = generate(SIZES[LINES], seed=1)
    return [body_of(variant(problem, number)) for number in range(BODIES)]


@pytest.fixture
def folder(tmp_path, bodies):
    made = tmp_path / "bodies"
    made.mkdir()
    for number, body in enumerate(bodies):
        (made / f"{number:04}.bin").write_bytes(body)
    return made


def alone(bodies):
    """Answers a second of this process, and processor milliseconds of one."""
    began, computed, count = time.monotonic(), time.process_time(), 0
    while time.monotonic() < began + SECONDS:
        clock = clock_of(time.monotonic(), None, LONGEST_SECONDS, None)
        answer_bytes(QuestionBytes("Allocate", bodies[count % len(bodies)], clock))
        count += 1
    taken, computed = time.monotonic() - began, time.process_time() - computed
    return count / taken, 1e3 * computed / count


def served(server, folder, workers, seconds=SECONDS):
    pid = server.process.pid
    below = descendants(pid)
    before = cpu_seconds(pid), sum(map(cpu_seconds, below))
    words = [server.address, folder, str(CALLERS_PER_WORKER * workers), str(seconds)]
    command = [sys.executable, "-m", "tests.benchmarks.steady_callers", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LONGEST_SECONDS)
    found = json.loads(done.stdout)
    after = cpu_seconds(pid), sum(map(cpu_seconds, below))
    taken = found["seconds"]
    return Served(
        per_second=found["answered"] / taken,
        client=found["cpu_seconds"] / taken,
        server=(after[0] - before[0]) / taken,
        workers=(after[1] - before[1]) / taken,
    )


def bench_throughput(tmp_path, bodies, folder):
    by_itself, rounds = [], {count: [] for count in WORKERS}
    with (
        serving(tmp_path / "one", {"worker_count": "1"}) as one,
        serving(tmp_path / "two", {"worker_count": "2"}) as two,
    ):
        servers = {1: one, 2: two}
        for count, server in servers.items():
            served(server, folder, count, seconds=2.0)
        alone(bodies)
        for _ in range(ROUNDS):
            by_itself.append(alone(bodies))
            for count, server in servers.items():
                rounds[count].append(served(server, folder, count))
    single = statistics.median(rate for rate, _ in by_itself)
    computed = min(milliseconds for _, milliseconds in by_itself)
    through_one = statistics.median(found.per_second for found in rounds[1])
    rows: list[Row] = []
    for count in WORKERS:
        rate = statistics.median(found.per_second for found in rounds[count])
        shares = {
            who: statistics.median(getattr(found, who) for found in rounds[count])
            for who in ("client", "server", "workers")
        }
        rows.append(
            {
                "lines": LINES,
                "workers": count,
                "callers": CALLERS_PER_WORKER * count,
                "answers /s": rate,
                "alone, one process /s": single,
                "/ workers x alone": rate / (count * single),
                "/ workers x one worker": rate / (count * through_one),
                "cpu ms alone": computed,
                "cpu ms of a worker": 1e3 * shares["workers"] / rate,
                "cpu ms of the server": 1e3 * shares["server"] / rate,
                "cpu ms of the client": 1e3 * shares["client"] / rate,
                **{f"{who} cores": share for who, share in shares.items()},
            }
        )
    publish(f"throughput at {LINES} lines", rows)

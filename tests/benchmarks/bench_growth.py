"""How Allocate grows with the number of lines, through gRPC, and what memory the largest take.

At 40 drivers from 203 to 2,003 lines; then thousands of lines by 50 drivers. Warm: the same worker, and
every round asks with another leverage cap.
"""

import re
from pathlib import Path

import pytest

from counterpoise import Client
from tests.benchmarks.bench_allocate import variant
from tests.benchmarks.record import Row, publish
from tests.benchmarks.timing import interleaved_medians
from tests.problems import generate
from tests.problems.sized import ProblemSize
from tests.serving import serving

SIZES = (
    ProblemSize(50, 50, 100, 3, 40),
    ProblemSize(200, 100, 200, 3, 40),
    ProblemSize(1000, 200, 800, 3, 40),
    ProblemSize(2500, 500, 1997, 3, 50),
    ProblemSize(5000, 1000, 3997, 3, 50),
)
ROUNDS = {203: 20, 503: 15, 2003: 9, 5000: 5, 10_000: 3}


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path / "log") as started:
        yield started


def peak_mebibytes(process_id):
    """Sum of the largest resident sizes of a process and of all below it."""
    status = Path(f"/proc/{process_id}/status").read_text()
    own = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return own + sum(peak_mebibytes(int(child)) for child in children)


@pytest.mark.timeout(1200)
def bench_growth_of_allocate(server):
    rows: list[Row] = []
    first_took = 0.0
    with Client(server.address) as client:
        for size in SIZES:
            problem = generate(size, seed=1)
            problems = [variant(problem, number) for number in range(1 + ROUNDS[size.lines])]
            first = client.allocate(problems[0])
            assert first.certificate.optimality.relative_gap <= 1e-5
            contestants = {"allocate": lambda number, problems=problems: client.allocate(problems[number])}
            took = interleaved_medians(contestants, rounds=ROUNDS[size.lines], warm_up=1)["allocate"]
            first_took = first_took or took
            rows.append(
                {
                    "lines": size.lines,
                    "drivers": size.drivers,
                    "allocate ms": took,
                    "ms per 1,000 lines": 1e3 * took / size.lines,
                    "per line against 203": took
                    / size.lines
                    / (rows[0]["allocate ms"] / 203 if rows else took / 203),
                    "peak MiB, all processes": peak_mebibytes(server.process.pid),
                }
            )
    publish("growth of allocate", rows)

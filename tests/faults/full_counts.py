"""Tests of faults and references at their full counts, for the record: `python -m tests.faults.full_counts`.

Words after it choose the runs whose names contain one of them. Each run is one pytest in a process of its
own, its counts given by the environment; figures that it noted are in its row. Exits with 1 where one failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.record import Row
from tests.faults.figures import VARIABLE, read_figures
from tests.faults.recording import keep

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Run:
    """Tests, the counts that they take from the environment, and what they show."""

    name: str
    counts: dict[str, int]
    tests: str
    what: str

    @property
    def command(self) -> str:
        """As somebody would type it."""
        counts = [f"COUNTERPOISE_TEST_{name}={count}" for name, count in self.counts.items()]
        return " ".join([*counts, "pytest", self.tests])


RUNS = (
    Run(
        "portfolios with known optima",
        {"PORTFOLIOS": 10_000},
        "tests/faults/test_known_optima.py",
        "primal-dual constructions over every unit's range: found or refused, none infeasible",
    ),
    Run(
        "portfolios over the ranges",
        {"PORTFOLIOS": 10_000},
        "tests/faults/test_over_ranges.py",
        "feasible by construction: limits by plain loops, every fifth proof beside the conic form",
    ),
    Run(
        "corrupted answers",
        {"CORRUPTED_ANSWERS": 10_000},
        "tests/faults/test_corrupted.py",
        "moved 1e-5, ids swapped, signs flipped, stale: whatever matters is refused",
    ),
    Run(
        "infeasible mandates",
        {"INFEASIBLE": 300},
        "tests/reference/test_explained.py",
        "made by one known limit: it is in the explanation, its moves mend, minimal by the second solver",
    ),
    Run(
        "bad requests",
        {"REQUESTS": 100_000},
        "tests/faults/test_damaged_requests.py",
        "damaged bytes and mistaken fields, one in twenty over gRPC: no INTERNAL, no UNKNOWN, in time",
    ),
    Run(
        "deadlines",
        {"DEADLINES": 50},
        "tests/faults/test_deadlines.py",
        "the worker is gone with the deadline, waiting included; no other solve ends for it",
    ),
    Run(
        "kills of workers and servers",
        {"WORKER_KILLS": 200, "SERVER_CRASHES": 20},
        "tests/faults/test_crashes.py",
        "in the middle of a solve: that request alone fails, its slot comes back, no orphan",
    ),
    Run(
        "store kills, SQLite and PostgreSQL",
        {"STORE_KILLS": 200},
        "tests/faults/test_store_killed.py",
        "at random points: nothing acknowledged lost, nothing half-written, audit chain valid",
    ),
    Run(
        "rounded random portfolios",
        {"LOTS": 500},
        "tests/reference/test_rounded.py",
        "every hard limit by plain loops, whole counts, tickets, not worse than nearest and repaired",
    ),
    Run(
        "orders of execution",
        {"ORDERS": 200},
        "tests/reference/test_execution_order.py",
        "rebalances simulated step by step: no limit breaks on the way, steps sum to trades",
    ),
    Run(
        "server kills",
        {"SERVER_KILLS": 20},
        "tests/integration/test_rebalance_server.py::test_a_killed_server_loses_no_run_and_ends_each_once",
        "a server with runs under work: each run ends once, with one proposal",
    ),
    Run(
        "a year of slots under three schedulers, SQLite and PostgreSQL",
        {"SLOTS": 250},
        "tests/faults/test_schedule_clocks.py",
        "clocks 2 h behind, right and 2 h ahead: every slot decided once, none lost",
    ),
    Run(
        "kills within a slot's run, SQLite and PostgreSQL",
        {},
        "tests/faults/test_slots_killed.py",
        "before every statement and commit from decision to proposal: every effect is there once",
    ),
    Run(
        "random histories of two schedulers",
        {"SLOT_MOVES": 1_000},
        "tests/properties/test_decided_slots.py",
        "clocks to and fro, pauses, revisions, kill switches, runs by hand; every slot decided once",
    ),
    Run(
        "overload",
        {"OVERLOAD_SECONDS": 30},
        "tests/faults/test_overload_rates.py",
        "twice the peak: 90 % of it answered, the rest refused in 50 ms, health in 100 ms, over in 5 s; "
        "tenants at ten times their share leave the others 95 %; beyond what the machine's timers are late",
    ),
)


def main(words: list[str]) -> int:
    """Every chosen run; how many failed."""
    chosen = [run for run in RUNS if not words or any(word in run.name for word in words)]
    if not chosen:
        sys.stderr.write("no run has such a name; they are " + ", ".join(run.name for run in RUNS) + "\n")
        return 1
    rows, failed = [], 0
    for run in chosen:
        row, code = _carry_out(run)
        failed += code != 0
        rows.append(row)
        sys.stdout.write(f"{run.name}: {row['result']}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{keep('full counts', rows)}\n")
    return failed


def _carry_out(run: Run) -> tuple[Row, int]:
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.jsonl"
        counts = {f"COUNTERPOISE_TEST_{name}": str(count) for name, count in run.counts.items()}
        started = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", run.tests],
            cwd=ROOT,
            env=os.environ | counts | {VARIABLE: str(figures)},
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            last = ""
            for line in process.stdout:
                sys.stdout.write(line)
                last = line.strip() or last
        row: Row = {"run": run.name, "command": run.command, "what": run.what, "result": last}
        row["seconds"] = round(time.monotonic() - started)
        return row | read_figures(figures), process.returncode


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))

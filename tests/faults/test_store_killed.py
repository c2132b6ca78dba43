"""A writer killed at any point: what it acknowledged is kept, nothing is half-written, the chain is valid."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from optimizer.store import (
    Proposal,
    RunOutcome,
    RunState,
    change_state,
    create_job,
    create_proposal,
    create_run,
    finish_run,
    get_job,
    list_proposals,
    list_runs,
    open_engine,
    opened,
    reading,
    verify_audit,
    writing,
)
from tests.sample_store import CONTENT, CONTENT_SHA256, JOB, LATER, TENANT, act, add_job, run_name

KILLS = int(os.environ.get("COUNTERPOISE_TEST_STORE_KILLS", "20"))
ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 0.2
NUMBERS_OF_A_WRITER = 1_000_000
STATEMENTS = 60
SECONDS_EACH = 15


@pytest.mark.timeout(SECONDS_EACH * KILLS)
def test_a_killed_writer_loses_nothing_that_it_acknowledged(store_dsn):
    engine = open_engine(store_dsn)
    with writing(engine) as connection:
        add_job(connection)
    engine.dispose()
    chance = random.Random(6)  # noqa: S311
    acknowledged: set[str] = set()
    for kill in range(KILLS):
        acknowledged |= _write_until_killed(
            store_dsn, kill * NUMBERS_OF_A_WRITER, chance.uniform(0, LONGEST_SECONDS)
        )
        # Opened anew, as by the server that starts after the crash.
        engine = open_engine(store_dsn)
        with reading(engine) as connection:
            head = verify_audit(connection)
            states = {row.name: row.state for row in connection.execute(text("SELECT name, state FROM runs"))}
            messages = (
                connection.execute(text("SELECT audit_sequence FROM outbox ORDER BY id")).scalars().all()
            )
        engine.dispose()
        assert acknowledged <= states.keys()
        assert set(states.values()) <= {"RUNNING"}, "a transaction was cut in two"
        assert messages == list(range(1, head.sequence + 1))
        assert head.sequence == 1 + 2 * len(states)
        # At most the one transaction whose acknowledgement was under way.
        assert len(states) - len(acknowledged) <= kill + 1
    assert len(acknowledged) >= KILLS


def test_a_deletion_killed_at_any_statement_is_whole_or_not_at_all(store_dsn):
    names = [f"{JOB}-{number}" for number in range(STATEMENTS)]
    with opened(store_dsn) as engine:
        with writing(engine) as connection:
            for name in names:
                _add_busy_job(connection, name)
            before = verify_audit(connection)
        command = [sys.executable, "-m", "tests.store_deleter", store_dsn, *names]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=_environment(), check=False
        )
        whole, code = (int(word) for word in done.stdout.split())
        with reading(engine) as connection:
            found = [_states(connection, name) for name in names]
            head = verify_audit(connection)
    assert (code, done.stderr) == (0, "")
    # Two runs, the proposal and the job, each changed, recorded and sent, lie between first and last.
    assert STATEMENTS > whole > 4 * 3
    assert found.pop(whole - 1) == ["CANCELLED", "CANCELLED", "DELETED", "SUPERSEDED"]
    assert set(map(tuple, found)) == {("ACTIVE", "OPEN", "PENDING", "RUNNING")}
    assert head.sequence == before.sequence + 4


def _add_busy_job(connection, name: str) -> None:
    """A job with an open proposal, a run that waits and one under work."""
    doing = act(connection)
    create_job(doing, name, "", CONTENT)
    for part in ("done", "working", "waiting"):
        create_run(doing, f"{name}/runs/{part}", name)
    for part in ("done", "working"):
        change_state(doing, f"{name}/runs/{part}", RunState.PENDING, RunState.RUNNING)
    finish_run(doing, f"{name}/runs/done", RunOutcome.PROPOSED, None)
    create_proposal(
        doing,
        Proposal(
            name=f"{name}/proposals/1",
            job_name=name,
            run_name=f"{name}/runs/done",
            plan_json="{}",
            measures_json="{}",
            content_sha256=CONTENT_SHA256,
            barred_approvers=[],
            expire_instant=LATER,
        ),
    )


def _states(connection, name: str) -> list[str]:
    """States of a job, its runs that had not ended and its proposal, in alphabetical order."""
    job = get_job(connection, TENANT, name)
    runs = list_runs(connection, TENANT, job_name=name, limit=10)
    proposals = list_proposals(connection, TENANT, job_name=name, limit=10)
    return sorted(row.state for row in (job, *runs, *proposals) if row.state != "SUCCEEDED")


def _write_until_killed(dsn: str, first: int, seconds: float) -> set[str]:
    command = [sys.executable, "-m", "tests.store_writer", dsn, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=_environment()) as writer:
        begun = writer.stdout.readline()
        time.sleep(seconds)
        writer.kill()
        rest = writer.stdout.read()
    lines = (begun + rest).split("\n")[:-1]  # a last line without its end was not acknowledged
    return {run_name(int(line)) for line in lines}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "clients" / "python")])}

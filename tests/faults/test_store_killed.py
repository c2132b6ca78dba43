"""A writer killed at any point: what it acknowledged is kept, nothing is half-written, the chain is valid."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import text

from optimizer.store import open_engine, reading, verify_audit, writing
from tests.sample_store import add_job, run_name

KILLS = int(os.environ.get("COUNTERPOISE_TEST_STORE_KILLS", "20"))
ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 0.2
NUMBERS_OF_A_WRITER = 1_000_000


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


def _write_until_killed(dsn: str, first: int, seconds: float) -> set[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "clients" / "python")])}
    command = [sys.executable, "-m", "tests.store_writer", dsn, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as writer:
        begun = writer.stdout.readline()
        time.sleep(seconds)
        writer.kill()
        rest = writer.stdout.read()
    lines = (begun + rest).split("\n")[:-1]  # a last line without its end was not acknowledged
    return {run_name(int(line)) for line in lines}

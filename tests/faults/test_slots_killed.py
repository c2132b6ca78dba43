"""Killed before any statement or commit of a slot's run: another ends it, and every effect is there once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from counterpoise.model import RebalanceJob
from optimizer.rebalance.jobs import content_of
from optimizer.store import (
    RunOutcome,
    audit_rows,
    create_job,
    list_proposals,
    opened,
    reading,
    verify_audit,
    writing,
)
from tests.sample_store import AUTHOR, act
from tests.scheduling import DAILY, DAY, EVERYTHING, old_fund, runs_of
from tests.slot_worker import LATER, SLOT

ROOT = Path(__file__).resolve().parents[2]
JOBS = 250
STAGES = {"undecided", "decided", "claimed", "begun", "ended"}


def test_a_slot_whose_worker_is_killed_anywhere_is_run_once(store_dsn):
    names = [f"tenants/pension/rebalanceJobs/daily-{number}" for number in range(JOBS)]
    content = content_of(RebalanceJob(problem=old_fund(), schedule=DAILY))
    with opened(store_dsn) as engine:
        with writing(engine) as connection:
            doing = replace(act(connection, AUTHOR), instant=SLOT - DAY / 2)
            for name in names:
                create_job(doing, name, "", content)
        command = [sys.executable, "-m", "tests.slot_worker", store_dsn, *names]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=_environment(), check=False
        )
        assert done.returncode == 0, done.stderr
        points, code = (int(word) for word in done.stdout.split())
        assert code == 0, done.stderr
        stages = [_stage(engine, name) for name in names[:points]]
        with reading(engine) as connection:
            head = verify_audit(connection)
            sent = connection.execute(text("SELECT audit_sequence FROM outbox ORDER BY id")).scalars().all()
    assert JOBS > points > 50
    assert sent == list(range(1, head.sequence + 1))
    # From the first point to the last, each stage before the next, and none left out.
    assert stages == sorted(stages, key=["undecided", "decided", "claimed", "begun", "ended"].index)
    assert set(stages) == STAGES


def _stage(engine, name: str) -> str:
    """How far the run of a job's slot had come when its first worker died; it has ended once by now."""
    (run,) = runs_of(engine, name)
    assert (run.slot_instant, run.outcome) == (SLOT, RunOutcome.PROPOSED)
    with reading(engine) as connection:
        (proposal,) = list_proposals(connection, "pension", job_name=name, limit=10)
        rows = audit_rows(connection, tenant="pension", prefix=name, limit=EVERYTHING)
    assert (proposal.run_name, run.proposal_name) == (run.name, proposal.name)
    when = {row.action: row.instant for row in rows}
    counts = Counter(row.action for row in rows)
    again = counts.pop("run.resume", 0)
    begun = counts.pop("run.begin")
    once = {"job.create", "run.create", "run.running", "run.succeeded", "proposal.create"}
    assert counts == dict.fromkeys(once, 1)
    assert again == (when["run.running"] == SLOT and when["run.succeeded"] == LATER)
    if when["run.succeeded"] == SLOT:
        return "ended"
    if begun == 2:
        return "begun"
    if when["run.running"] == SLOT:
        return "claimed"
    return "decided" if when["run.create"] == SLOT else "undecided"


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "clients" / "python")])}

"""Clocks that are wrong or jump, and three schedulers at once: each slot is decided once, none is lost."""

from __future__ import annotations

import datetime
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from counterpoise.model import (
    MonthlyCadence,
    OverlapPolicy,
    RebalanceJob,
    RunPolicy,
    RunRebalanceJobRequest,
    WeeklyCadence,
)
from optimizer.rebalance.clocks import LARGEST_CLOCK_ERROR, ClockIsWrong, check_clock
from optimizer.rebalance.desk import Desk
from optimizer.rebalance.lease import LEASE
from optimizer.rebalance.names import SERVER
from optimizer.rebalance.runner import Runner
from optimizer.rebalance.scheduling.due import NextSlots, decide_due
from optimizer.rebalance.scheduling.one_round import start_slot
from optimizer.rebalance.scheduling.scheduler import Scheduler
from optimizer.rebalance.scheduling.slots import slots_of
from optimizer.store import (
    Act,
    Engine,
    RunState,
    audit_rows,
    claim_run,
    database_instant,
    get_run,
    opened,
    reading,
    verify_audit,
    writing,
)
from optimizer.telemetry.job_metrics import JobMetrics
from tests.office import ADA, Office, new_id
from tests.scheduling import (
    DAILY,
    DAY,
    EVERYTHING,
    HOUR,
    MINUTE,
    TICK,
    UTC,
    decide_at,
    end_runs,
    hasty_office,
    rolling_fund,
    runs_of,
    schedule_job,
)

SLOTS = int(os.environ.get("COUNTERPOISE_TEST_SLOTS", "30"))
"""How many slots of the daily job three schedulers decide; a year has 250."""
ROOT = Path(__file__).resolve().parents[2]
START = datetime.datetime(2025, 1, 1, 12, tzinfo=UTC)
CLOCKS = (-2 * HOUR, 0 * HOUR, 2 * HOUR)
SHIFTS = (-2 * HOUR, -HOUR, 0 * HOUR, 2 * HOUR, 3 * HOUR)
AMPLE_SECONDS = 60.0
SECONDS_EACH = 3

Deciders = Callable[[datetime.datetime], list[int]]
"""All three look at once; how many jobs each decided."""


# Three schedulers


@contextmanager
def processes(dsn: str) -> Iterator[Deciders]:
    """Three programs on one database."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "clients" / "python")])}
    with ExitStack() as stack:
        running = []
        for ahead in CLOCKS:
            command = [sys.executable, "-m", "tests.slot_decider", dsn, str(int(ahead.total_seconds()))]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            running.append(process)

        def look(now: datetime.datetime) -> list[int]:
            for process in running:
                process.stdin.write(f"{int(now.timestamp())}\n")
                process.stdin.flush()
            return [int(process.stdout.readline()) for process in running]

        yield look
        for process in running:
            process.stdin.close()
            assert process.wait(AMPLE_SECONDS) == 0


@contextmanager
def threads(dsn: str) -> Iterator[Deciders]:
    """Three threads with an engine each."""
    with ExitStack() as stack:
        engines = [stack.enter_context(opened(dsn)) for _ in CLOCKS]
        known = [NextSlots() for _ in CLOCKS]
        pool = stack.enter_context(ThreadPoolExecutor(len(CLOCKS)))

        def decide(number: int, now: datetime.datetime) -> int:
            desk = Desk(engine=engines[number], now=lambda: now + CLOCKS[number], wake=lambda: None)
            return len(decide_due(desk, known[number]))

        def look(now: datetime.datetime) -> list[int]:
            return [item.result() for item in [pool.submit(decide, number, now) for number in range(3)]]

        yield look


def three_jobs(office: Office) -> list[RebalanceJob]:
    """Every day with whatever overlap and window, every Wednesday, and the ends of months with rolls."""
    weekly, monthly = WeeklyCadence(day_of_week=3), MonthlyCadence(business_day=-1)
    london = replace(DAILY, time_zone="Europe/London", exchange_code="XLON", daily=None, weekly=weekly)
    rolls = replace(DAILY, daily=None, monthly=monthly)
    cancelling = RunPolicy(catch_up_window=3 * DAY, overlap_policy=OverlapPolicy.CANCEL_RUNNING)
    queueing = RunPolicy(catch_up_window=DAY, overlap_policy=OverlapPolicy.QUEUE_LATEST)
    return [
        schedule_job(office, "daily", DAILY, cancelling),
        schedule_job(office, "weekly", london, RunPolicy(catch_up_window=DAY)),
        schedule_job(office, "rolls", rolls, queueing, problem=rolling_fund()),
    ]


def on_record(engine: Engine, job: RebalanceJob) -> tuple[Counter, Counter]:
    """How often each slot of a job was run, and how often it was skipped."""
    rows = runs_of(engine, job.name)
    skipped = [row.slot_instant for row in rows if row.state is RunState.SKIPPED]
    return Counter(row.slot_instant for row in rows if row.state is not RunState.SKIPPED), Counter(skipped)


@pytest.mark.timeout(60 + SECONDS_EACH * SLOTS)
def test_of_three_schedulers_one_decides_each_slot_and_none_is_lost(store_dsn):
    chance = random.Random(11)  # noqa: S311
    with opened(store_dsn) as engine:
        office = Office(engine, None, now=START)
        jobs = three_jobs(office)
        daily = [slot.instant for slot in slots_of(jobs[0], START, START + 366 * DAY)][:SLOTS]
        last = daily[-1]
        raced = 0
        with (threads if engine.dialect.name == "sqlite" else processes)(store_dsn) as look:
            for slot in daily:
                if chance.random() < 0.1:
                    continue  # nobody looks for a day
                # Seen by one, by two or by all three of them, some of them to the second.
                for shift in sorted(chance.sample(SHIFTS, chance.randint(1, 2))):
                    found = look(slot + shift)
                    raced += sum(found) > 0 and shift >= 2 * HOUR
                if chance.random() < 0.7:
                    office.now = slot + 4 * HOUR
                    end_runs(office.desk)
            look(last + 3 * HOUR)
        assert raced > SLOTS / 10, "all three hardly ever saw a slot at once"
        for job in jobs:
            wanted = {slot.instant for slot in slots_of(job, START + TICK, last + HOUR)}
            run, skipped = on_record(engine, job)
            assert wanted <= {*run, *skipped}, "a slot was lost"
            assert set((run + skipped).values()) == {1}, "a slot was decided twice"
            assert len(run) > len(wanted) / 3
        with reading(engine) as connection:
            verify_audit(connection)
            rows = audit_rows(connection, tenant=None, limit=EVERYTHING)
        made = [row.resource_name for row in rows if row.action == "run.create"]
        assert len(made) == len(set(made)) == sum(len(runs_of(engine, job.name)) for job in jobs)


# One scheduler whose clock is wrong


@pytest.mark.parametrize("ahead", CLOCKS, ids=str)
@pytest.mark.parametrize("window", [None, DAY])
def test_with_a_clock_two_hours_off_each_slot_is_decided_once(tmp_path, ahead, window):
    office = hasty_office(tmp_path)
    office.now = START
    job = schedule_job(office, run_policy=RunPolicy(catch_up_window=window))
    wanted = [slot.instant for slot in slots_of(job, START, START + 21 * DAY)]
    known, now = NextSlots(), START
    while now < START + 21 * DAY:
        decide_at(office, now + ahead, known)
        end_runs(office.desk)
        now += 4 * MINUTE if min(abs(now + ahead - slot) for slot in wanted) < HOUR else 30 * MINUTE
    run, skipped = on_record(office.engine, job)
    assert sorted(run.elements()) == wanted
    assert not skipped


@pytest.mark.parametrize("window", [None, DAY])
def test_a_clock_that_jumps_to_and_fro_decides_each_slot_once(tmp_path, window):
    office = hasty_office(tmp_path)
    office.now = START
    job = schedule_job(office, run_policy=RunPolicy(catch_up_window=window))
    end = START + 14 * DAY
    wanted = [slot.instant for slot in slots_of(job, START, end)]
    chance, now, known = random.Random(5), START, NextSlots()  # noqa: S311
    while now < end:
        decide_at(office, now + chance.uniform(-2, 2) * HOUR, known)
        end_runs(office.desk)
        now += chance.uniform(0, 2) * HOUR
    decide_at(office, end, known)
    run, skipped = on_record(office.engine, job)
    assert sorted((run + skipped).elements()) == wanted
    assert run or window is None, "nobody looks within five minutes"


# A clock that is not that of the database


@pytest.fixture
def shared(postgresql_dsn, migrated_template):
    """A store on PostgreSQL, whose clock is its own."""
    from tests.postgres import database

    with database(postgresql_dsn, migrated_template) as dsn, opened(dsn) as engine:
        yield engine


@pytest.mark.parametrize("minutes", [-120, -1.1, 1.1, 120])
def test_a_scheduler_whose_clock_is_not_the_databases_decides_nothing(shared, minutes):
    def theirs():
        with reading(shared) as connection:
            return database_instant(connection)

    office = Office(shared, None, now=theirs() - 10 * DAY)
    job = schedule_job(office, run_policy=RunPolicy(catch_up_window=30 * DAY))
    wrong = Desk(engine=shared, now=lambda: theirs() + minutes * MINUTE, wake=lambda: None)
    right = replace(wrong, now=lambda: theirs() + (LARGEST_CLOCK_ERROR / 2) * (1 if minutes > 0 else -1))
    said = f"{60 * minutes:+.0f}"[:-1]  # all but its last second, which passes meanwhile
    with pytest.raises(ClockIsWrong, match=re.escape(f"clock is {said}")):
        check_clock(wrong)
    scheduler = Scheduler(lambda: None, JobMetrics(), heartbeat_seconds=1e9)
    scheduler.turn(wrong)
    assert runs_of(shared, job.name) == []
    scheduler.turn(right)
    run, skipped = on_record(shared, job)
    assert len(run) == 1
    assert len(skipped) > 3


@pytest.mark.parametrize("minutes", [-120, 120])
def test_a_runner_whose_clock_is_not_the_databases_leaves_runs_and_proposals_alone(shared, minutes):
    """Ahead it would take leases that others hold, and expire what may still be decided on."""

    def theirs():
        with reading(shared) as connection:
            return database_instant(connection)

    right = Desk(engine=shared, now=theirs, wake=lambda: None)
    wrong = replace(right, now=lambda: theirs() + minutes * MINUTE)
    office = Office(shared, None, now=theirs())
    job = schedule_job(office)
    office.call(RunRebalanceJobRequest(name=job.name, request_id=new_id()))
    with writing(shared) as connection:
        held = claim_run(Act(connection=connection, actor=SERVER, instant=theirs()), "other", LEASE)
    runner = Runner(lambda: None, lambda *_: pytest.fail("nothing is solved"))
    with capture_logs() as logs:
        assert [runner.turn(wrong) for _ in range(3)] == [False] * 3
    assert [line["log_level"] for line in logs] == ["error"], "once a minute is enough"
    assert f"{60 * minutes:+.0f}"[:-1] in logs[0]["error"]
    with reading(shared) as connection:
        assert get_run(connection, "pension", held.name) == held
    with capture_logs() as logs:
        assert not runner.turn(right), "the other's lease lasts"
    assert logs == []
    with pytest.raises(ClockIsWrong):
        start_slot(wrong, job.name, theirs(), ADA)


def test_a_file_has_no_clock_of_its_own(tmp_path):
    office = hasty_office(tmp_path)
    office.now = START
    check_clock(office.desk)
    job = schedule_job(office)
    office.now = slots_of(job, START, START + 9 * DAY)[0].instant
    Scheduler(lambda: None, JobMetrics(), heartbeat_seconds=1e9).turn(office.desk)
    assert len(runs_of(office.engine, job.name)) == 1

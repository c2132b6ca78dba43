"""Schedules from the command line against a real server, and slots that an office skipped before."""

import datetime
import json
from dataclasses import replace

import pytest
from google.protobuf import json_format
from typer.testing import CliRunner

from counterpoise import files, wire
from counterpoise.command.commands import app
from counterpoise.model import RebalanceRunState, UpdateRebalanceJobRequest
from counterpoise.v1 import rebalance_pb2
from optimizer.rebalance.scheduling.due import NextSlots, decide_due
from tests.integration.test_examples import EXAMPLES
from tests.office import JOB, new_id, open_office
from tests.rebalancing import fund, marks

AGO = datetime.timedelta(days=30)
CALENDAR = ("--daily", "--at", "16:30", "--time-zone", "America/New_York", "--exchange", "XNYS")


@pytest.fixture
def run(start_server, tmp_path):
    """Runs commands for a tenant against a server on the store of the test's folder."""
    with start_server(worker_count="1", store_dsn=f"sqlite:///{tmp_path}/office.sqlite3") as server:

        def invoke(*arguments):
            options = ("--target", server.address, "--tenant", "pension", "--principal", "ada")
            return CliRunner().invoke(app, [*arguments, *options])

        yield invoke


def words(result):
    return " ".join(result.output.split())


def job_of(result):
    assert result.exit_code == 0, result.output
    return wire.to_model(json_format.Parse(result.stdout, rebalance_pb2.RebalanceJob()))


def problem_file(folder):
    path = folder / "problem.json"
    path.write_text(files.problem_json(fund()))
    return str(path)


def test_a_job_is_scheduled_shown_paused_and_resumed(run, tmp_path):
    created = job_of(run("jobs", "create", "monthly", problem_file(tmp_path), *CALENDAR, "--json"))
    slots = created.next_slot_times
    assert len(slots) == 5
    shown = run("jobs", "next", "monthly")
    assert "Every business day of XNYS at 16:30 New York time." in words(shown)
    assert all(f"{slot:%Y-%m-%d %H:%M}" in shown.output for slot in slots)
    assert "no slot starts a run" in words(run("jobs", "pause", "monthly", "--comment", "holidays"))
    assert job_of(run("jobs", "next", "monthly", "--json")).next_slot_times == ()
    assert job_of(run("jobs", "resume", "monthly", "--json")).next_slot_times == slots
    later = job_of(run("jobs", "update", "monthly", "--at", "17:00", "--json"))
    half_an_hour = datetime.timedelta(minutes=30)
    assert (later.revision, later.next_slot_times) == (2, tuple(slot + half_an_hour for slot in slots))
    bare = job_of(run("jobs", "update", "monthly", "--no-schedule", "--json"))
    assert (bare.schedule, bare.next_slot_times) == (None, ())


def test_the_schedule_of_the_examples_is_one_that_the_server_takes(run):
    example = str(EXAMPLES / "schedule.yaml")
    created = job_of(
        run(
            "jobs", "create", "total", str(EXAMPLES / "total_portfolio.yaml"), "--schedule", example, "--json"
        )
    )
    terms = files.read_terms(EXAMPLES / "schedule.yaml")
    assert (created.schedule, created.triggers, created.run_policy) == (
        terms.schedule,
        terms.triggers,
        terms.run_policy,
    )


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        ("--time-zone", "Europe/Atlantis", "rebalance_job.schedule.time_zone"),
        ("--exchange", "XXXX", "rebalance_job.schedule.exchange_code"),
    ],
)
def test_a_zone_or_an_exchange_that_nobody_knows_is_refused_at_its_place(run, tmp_path, option, value, field):
    result = run("jobs", "create", "monthly", problem_file(tmp_path), *CALENDAR, option, value)
    assert result.exit_code == 1
    assert field in result.stderr


@pytest.fixture
def missed_slots(tmp_path):
    """Slots that an office skipped because nobody was there; the job has marks of today."""
    office = open_office(tmp_path, None)
    now = datetime.datetime.now(datetime.UTC)
    office.now = now - AGO
    job = office.create_job()
    with_schedule = replace(job, schedule=files.parse_terms(DAILY).schedule)
    office.call(
        UpdateRebalanceJobRequest(rebalance_job=with_schedule, update_mask=("schedule",), request_id=new_id())
    )
    office.now = now - AGO / 2
    (decided,) = decide_due(office.desk, NextSlots(), JOB)
    assert decided.run_name is None
    office.now = now
    office.record(marks(now.date()))
    office.engine.dispose()
    return decided.skipped_count


DAILY = "schedule: {time_zone: America/New_York, exchange_code: XNYS, time_of_day: 16:30, daily: {}}"


def test_slots_that_were_skipped_are_listed_run_and_gone_from_the_list(missed_slots, run):
    def left():
        lines = run("jobs", "backfill", "monthly", "--skipped", "--json").stdout.splitlines()
        return [json.loads(line)["slot_time"] for line in lines]

    slots = left()
    assert len(slots) == missed_slots > 2
    result = run("jobs", "backfill", "monthly", slots[1], slots[0], "--json")
    assert result.exit_code == 0, result.output
    runs = [
        wire.to_model(json_format.Parse(line, rebalance_pb2.RebalanceRun()))
        for line in result.stdout.splitlines()
    ]
    instants = [datetime.datetime.fromisoformat(slot) for slot in slots[:2]]
    assert [item.slot_time for item in runs] == instants
    assert {item.state for item in runs} == {RebalanceRunState.SUCCEEDED}
    assert left() == slots[2:]
    again = run("jobs", "backfill", "monthly", slots[0])
    assert again.exit_code == 1
    assert "RESOURCE_EXISTS" in again.stderr
    assert f"jobs backfill monthly {slots[2]}" in words(run("jobs", "backfill", "monthly", "--skipped"))

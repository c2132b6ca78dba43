"""Schedules, triggers and slots from the command line, against a scripted server."""

import dataclasses
import datetime
import json
from dataclasses import replace

import pytest
from google.protobuf import json_format
from typer.testing import CliRunner

from counterpoise import files, wire
from counterpoise.command import local_server
from counterpoise.command.commands import app
from counterpoise.errors import CallStatus, StatusCode
from counterpoise.model import (
    CreateRebalanceJobRequest,
    CreateRebalanceJobResponse,
    DailyCadence,
    GetRebalanceJobResponse,
    GetRebalanceRunResponse,
    ListRebalanceRunsResponse,
    MonthlyCadence,
    OverlapPolicy,
    RebalanceJobState,
    RebalanceRunState,
    RunGuard,
    RunPolicy,
    RunRebalanceJobRequest,
    RunRebalanceJobResponse,
    Schedule,
    UpdateRebalanceJobRequest,
    UpdateRebalanceJobResponse,
    WatchRebalanceRunsResponse,
    Weekday,
    WeeklyCadence,
)
from counterpoise.testing import Refusal, ScriptedServer, Streamed
from counterpoise.v1 import rebalance_pb2
from tests import sample_rebalance, sample_schedule
from tests.sample_schedule import LATER, SCHEDULE, SLOT, YAML

JOB = sample_schedule.job()
CLOCK = ("--at", "16:30", "--time-zone", "America/New_York", "--exchange", "XNYS")


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        scripted.script("GetRebalanceJob", GetRebalanceJobResponse(rebalance_job=JOB))
        scripted.script("CreateRebalanceJob", CreateRebalanceJobResponse(rebalance_job=JOB))
        scripted.script("UpdateRebalanceJob", UpdateRebalanceJobResponse(rebalance_job=JOB))
        yield scripted


@pytest.fixture
def run(server):
    """Runs a command against the server."""

    def invoke(*arguments, **options):
        return CliRunner().invoke(app, [*arguments, "--target", server.target], **options)

    return invoke


@pytest.fixture
def problem_file(tmp_path):
    path = tmp_path / "problem.json"
    path.write_text(files.problem_json(JOB.problem))
    return str(path)


@pytest.fixture
def terms_file(tmp_path):
    path = tmp_path / "schedule.yaml"
    path.write_text(YAML)
    return str(path)


def words(result):
    return " ".join(result.output.split())


def asked(server, kind):
    """The only request of a kind, without its id."""
    (request,) = [item for item in server.requests if isinstance(item, kind)]
    return dataclasses.replace(request, request_id="")


# What is asked


def test_a_file_goes_into_the_request_as_it_is_written(server, run, problem_file, terms_file):
    result = run("jobs", "create", "monthly", problem_file, "--schedule", terms_file)
    assert result.exit_code == 0, result.output
    job = asked(server, CreateRebalanceJobRequest).rebalance_job
    assert (job.schedule, job.triggers) == (SCHEDULE, sample_schedule.TRIGGERS)
    assert (job.run_policy, job.trade_policy) == (sample_schedule.RUN_POLICY, sample_schedule.TRADE_POLICY)
    assert job.problem == JOB.problem


def test_options_go_before_the_policies_of_a_file(server, run, problem_file, terms_file):
    options = ("--catch-up", "3d", "--overlap", "queue-latest", "--pause-after", "7", "--release-approved")
    assert run("jobs", "create", "monthly", problem_file, "--schedule", terms_file, *options).exit_code == 0
    assert asked(server, CreateRebalanceJobRequest).rebalance_job.run_policy == RunPolicy(
        overlap_policy=OverlapPolicy.QUEUE_LATEST,
        catch_up_window=datetime.timedelta(days=3),
        pause_failure_count=7,
        release_approved=True,
    )


@pytest.mark.parametrize(
    ("options", "cadence"),
    [
        (("--daily",), {"daily": DailyCadence()}),
        (("--weekly", "Friday"), {"weekly": WeeklyCadence(day_of_week=Weekday.FRIDAY)}),
        (("--monthly", "-1"), {"monthly": MonthlyCadence(business_day=-1)}),
    ],
)
def test_options_say_the_common_schedules(server, run, problem_file, options, cadence):
    result = run("jobs", "create", "monthly", problem_file, *options, *CLOCK)
    assert result.exit_code == 0, result.output
    assert asked(server, CreateRebalanceJobRequest).rebalance_job.schedule == Schedule(
        time_zone="America/New_York",
        exchange_code="XNYS",
        time_of_day=datetime.time(16, 30),
        **cadence,
    )


def test_triggers_may_be_of_a_file_and_the_schedule_of_options(server, run, problem_file, tmp_path):
    path = tmp_path / "triggers.yaml"
    path.write_text("triggers:\n  - {trigger_id: old, stale_marks: {maximum_age: 3d}}\n")
    result = run("jobs", "create", "monthly", problem_file, "--schedule", str(path), "--daily", *CLOCK)
    assert result.exit_code == 0, result.output
    job = asked(server, CreateRebalanceJobRequest).rebalance_job
    assert (job.schedule.daily, job.triggers) == (DailyCadence(), sample_schedule.TRIGGERS[-1:])


def test_a_file_on_standard_input_is_read(server, run, problem_file):
    result = run("jobs", "create", "monthly", problem_file, "--schedule", "-", input=YAML)
    assert result.exit_code == 0, result.output
    assert asked(server, CreateRebalanceJobRequest).rebalance_job.schedule == SCHEDULE


@pytest.mark.parametrize(
    ("options", "schedule"),
    [
        (("--at", "17:00"), replace(SCHEDULE, time_of_day=datetime.time(17))),
        (("--exchange", "XLON", "--time-zone", "Europe/London"),
         replace(SCHEDULE, exchange_code="XLON", time_zone="Europe/London")),
        (("--daily",), replace(SCHEDULE, monthly=None, daily=DailyCadence())),
        (("--no-schedule",), None),
    ],
)  # fmt: skip
def test_an_update_changes_what_is_named_of_a_schedule(server, run, options, schedule):
    result = run("jobs", "update", "monthly", *options)
    assert result.exit_code == 0, result.output
    request = asked(server, UpdateRebalanceJobRequest)
    assert request.update_mask == ("schedule",)
    assert request.rebalance_job == replace(JOB, schedule=schedule)


def test_an_update_by_a_file_names_the_fields_that_it_has(server, run, tmp_path):
    path = tmp_path / "terms.yaml"
    path.write_text("triggers: []\nrun_policy: {pause_failure_count: 9}\n")
    assert run("jobs", "update", "monthly", "--schedule", str(path), "--band", "0.02").exit_code == 0
    request = asked(server, UpdateRebalanceJobRequest)
    assert request.update_mask == ("triggers", "run_policy", "trade_policy")
    assert request.rebalance_job.triggers == ()
    assert request.rebalance_job.run_policy == replace(sample_schedule.RUN_POLICY, pause_failure_count=9)


def test_a_file_that_is_wrong_is_refused_with_its_places_and_asks_no_server(
    server, run, problem_file, tmp_path
):
    path = tmp_path / "schedule.yaml"
    path.write_text(YAML.replace("1d12h", "-1d").replace("-1, months", "25, months"))
    result = run("jobs", "create", "monthly", problem_file, "--schedule", str(path))
    assert result.exit_code == 1
    assert "schedule.monthly.business_day" in result.stderr
    assert "triggers[0].cool_down" in result.stderr
    as_json = run("jobs", "update", "monthly", "--schedule", str(path), "--json")
    assert [item["field"] for item in json.loads(as_json.stdout)["violations"]] == [
        "schedule.monthly.business_day",
        "triggers[0].cool_down",
    ]
    assert server.requests == ()


@pytest.mark.parametrize(
    "options",
    [
        ("--daily",),
        ("--at", "16:30"),
        ("--daily", "--at", "16:30", "--exchange", "XNYS"),
        CLOCK,
        ("--daily", "--weekly", "friday", *CLOCK),
        ("--weekly", "fryday", *CLOCK),
        ("--monthly", "25", *CLOCK),
        ("--monthly", "0", *CLOCK),
        ("--daily", *CLOCK, "--at", "4pm"),
        ("--daily", *CLOCK, "--at", "24:00"),
        ("--overlap", "wait"),
        ("--catch-up", "soon"),
        ("--pause-after", "0"),
        ("--schedule", "no-such-file.yaml"),
        ("--schedule", "TERMS", "--daily", *CLOCK),
    ],
    ids=" ".join,
)
def test_half_a_schedule_or_two_are_wrong_usage(server, run, problem_file, terms_file, options):
    named = [terms_file if option == "TERMS" else option for option in options]
    result = run("jobs", "create", "monthly", problem_file, *named)
    assert result.exit_code == 2, result.output
    assert server.requests == ()


@pytest.mark.parametrize(
    "options",
    [("--no-schedule", "--daily"), ("--no-schedule", "--schedule", "TERMS"), ("--schedule", "EMPTY")],
)
def test_an_update_that_contradicts_itself_or_says_nothing_is_wrong_usage(
    server, run, terms_file, tmp_path, options
):
    empty = tmp_path / "empty.yaml"
    empty.write_text("{}")
    named = {"TERMS": terms_file, "EMPTY": str(empty)}
    assert run("jobs", "update", "monthly", *[named.get(item, item) for item in options]).exit_code == 2
    assert server.requests == ()


def test_standard_input_is_read_once(server, run):
    result = run("jobs", "create", "monthly", "-", "--schedule", "-", input=YAML)
    assert result.exit_code == 2
    assert server.requests == ()


# What is shown


def test_the_page_of_a_job_says_when_it_runs_and_where_its_triggers_stand(run):
    told = words(run("jobs", "show", "monthly"))
    for part in (
        "The last business day of XNYS in March and December at 16:30 New York time.",
        "New York time (America/New_York) UTC Friday 2025-11-28 16:30 Friday 2025-11-28 21:30",
        "Wednesday 2025-12-31 16:30 Wednesday 2025-12-31 21:30",
        "4.12 % at 2.70 % or less fired 2025-11-28",
        "1.20x at 1.25x or less armed never",
        ">100x at 2.10x or more armed never",
        "not measured at 3.80 % or less armed never",
        "not yet judged with younger marks armed never",
        "The run that answers drift: monthly/r-7.",
        "A slot while a run is under way starts, and that run is cancelled",
        "which is run up to 2 days late",
        "The job pauses after 5 runs in a row that failed or were refused",
    ):
        assert part in told


def test_policies_of_slots_are_told_as_defaults_where_nobody_gave_them(server, run):
    bare = replace(sample_rebalance.job(), run_policy=None)
    server.script("GetRebalanceJob", GetRebalanceJobResponse(rebalance_job=bare))
    told = words(run("jobs", "show", "monthly"))
    assert "It has no schedule: somebody starts every run." in told
    assert "A slot while a run is under way is skipped default" in told
    assert "Missed slots are skipped default" in told
    assert "The job pauses after 3 runs in a row that failed or were refused default" in told
    assert "TRIGGERS" not in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Friday 2025-11-28 16:30 Friday 2025-11-28 21:30"),
        (
            {"state": RebalanceJobState.PAUSED, "next_slot_times": ()},
            "It is paused, and no slot starts a run: counterpoise jobs resume monthly",
        ),
        (
            {"state": RebalanceJobState.DELETED, "next_slot_times": ()},
            "It is deleted, and no slot starts a run.",
        ),
        ({"next_slot_times": ()}, "The server's calendar of XNYS has no slot to come."),
        (
            {"schedule": None, "next_slot_times": ()},
            "It has no schedule: its triggers start runs, and so does somebody.",
        ),
        ({"schedule": replace(SCHEDULE, time_zone="Mars/Base")}, "UTC UTC Friday 2025-11-28 21:30 Friday"),
    ],
)
def test_the_next_slots_are_shown_or_why_there_are_none(server, run, changes, said):
    job = replace(JOB, **changes)
    server.script("GetRebalanceJob", GetRebalanceJobResponse(rebalance_job=job))
    result = run("jobs", "next", "monthly")
    assert result.exit_code == 0, result.output
    assert said in words(result)


def test_the_next_slots_are_json_for_programs(run):
    result = run("jobs", "next", "monthly", "--json")
    read = wire.to_model(json_format.Parse(result.stdout, rebalance_pb2.RebalanceJob()))
    assert (read.next_slot_times, read.schedule, read.problem) == ((SLOT, LATER), SCHEDULE, None)


def test_runs_say_what_started_them_in_lists_pages_and_streams(server, run):
    runs = (
        replace(sample_rebalance.proposed(), slot_time=SLOT, initiator="counterpoise-server"),
        replace(sample_rebalance.proposed(), trigger_id="drift"),
        sample_schedule.skipped(),
    )
    server.script("ListRebalanceRuns", ListRebalanceRunsResponse(rebalance_runs=runs))
    told = words(run("runs", "list"))
    # Cells are broken into lines beside each other.
    for part in ("proposed slot counterpoise", "proposed trigger drift ben", "skipped slot counterpoise"):
        assert part in told
    for item, said in zip(
        runs,
        (
            "It is the run of the slot of Friday 2025-11-28 21:30 UTC.",
            "Trigger drift started it.",
            "To run it now, unless that was done: counterpoise jobs backfill monthly 2025-11-28T21:30Z",
        ),
        strict=True,
    ):
        server.script("GetRebalanceRun", GetRebalanceRunResponse(rebalance_run=item))
        assert said in words(run("runs", "show", "monthly/r-7"))
    assert "It used revision" not in words(run("runs", "show", "monthly/r-7"))
    changes = tuple(WatchRebalanceRunsResponse(rebalance_run=item) for item in runs[:2])
    server.script("WatchRebalanceRuns", Streamed(messages=changes))
    first, second = run("runs", "watch", "monthly").output.splitlines()
    assert "monthly/r-7 (slot 2025-11-28 21:30 UTC)  succeeded" in first
    assert "monthly/r-7 (trigger drift)  succeeded" in second


# Backfilling


def started(server, *ended):
    server.script("RunRebalanceJob", RunRebalanceJobResponse(rebalance_run=sample_rebalance.pending()))
    server.script("GetRebalanceRun", *[GetRebalanceRunResponse(rebalance_run=run) for run in ended])


def slots_asked(server):
    return [item.slot_time for item in server.requests if isinstance(item, RunRebalanceJobRequest)]


@pytest.mark.parametrize(
    "typed",
    ["2025-11-28T21:30Z", "2025-11-28T16:30-05:00", "2025-11-28T16:30", "2025-11-28 16:30", "2025-11-28"],
)
def test_a_slot_is_typed_in_utc_or_as_the_clock_of_the_schedule_has_it(server, run, typed):
    started(server, replace(sample_rebalance.proposed(), slot_time=SLOT))
    result = run("jobs", "backfill", "monthly", typed)
    assert result.exit_code == 0, result.output
    assert slots_asked(server) == [SLOT]
    assert "It is the run of the slot of Friday 2025-11-28 21:30 UTC." in words(result)


def test_slots_are_run_oldest_first_and_the_shell_is_told_of_the_worst(server, run):
    started(server, sample_rebalance.refused(RunGuard.TURNOVER), sample_rebalance.proposed())
    result = run("jobs", "backfill", "monthly", "2025-12-31", "2025-11-28", "--json")
    assert result.exit_code == 4, result.output
    assert slots_asked(server) == [SLOT, LATER]
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["outcome"].rpartition("_")[2] for line in lines] == ["REFUSED", "PROPOSED"]


@pytest.mark.parametrize("state", [RebalanceRunState.FAILED, RebalanceRunState.CANCELLED])
def test_after_a_run_that_failed_there_is_no_other(server, run, state):
    started(server, replace(sample_rebalance.pending(), state=state))
    assert run("jobs", "backfill", "monthly", "2025-12-31", "2025-11-28").exit_code == 1
    assert slots_asked(server) == [SLOT]


def test_a_slot_that_has_its_run_is_an_error(server, run):
    status = CallStatus(code=StatusCode.ALREADY_EXISTS, reason="RESOURCE_EXISTS", details="it has its run")
    server.script("RunRebalanceJob", Refusal(status=status))
    result = run("jobs", "backfill", "monthly", "2025-11-28")
    assert result.exit_code == 1
    assert "it has its run" in result.stderr


def test_slots_that_were_skipped_are_listed_as_they_are_typed(server, run):
    server.script("ListRebalanceRuns", ListRebalanceRunsResponse(rebalance_runs=(sample_schedule.skipped(),)))
    told = words(run("jobs", "backfill", "monthly", "--skipped"))
    assert "Friday 2025-11-28 16:30 2025-11-28T21:30Z" in told
    assert "To run one now: counterpoise jobs backfill monthly 2025-11-28T21:30Z" in told
    result = run("jobs", "backfill", "monthly", "--skipped", "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [{"slot_time": "2025-11-28T21:30Z"}]
    server.script("ListRebalanceRuns", ListRebalanceRunsResponse())
    assert "There are none without a run." in run("jobs", "backfill", "monthly", "--skipped").output
    assert slots_asked(server) == []


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--skipped", "2025-11-28"),
        ("yesterday",),
        ("2025-02-30",),
        ("2025-11-28T25:00Z",),
        ("2025-11-28T21:30ZZ",),
    ],
)
def test_what_is_no_slot_asks_no_server(monkeypatch, arguments):
    monkeypatch.setattr(local_server, "find_server", lambda: pytest.fail("a server was started"))
    assert CliRunner().invoke(app, ["jobs", "backfill", "monthly", *arguments]).exit_code == 2


@pytest.mark.parametrize(
    ("changes", "typed"),
    [
        ({"schedule": None}, "2025-11-28"),
        ({"schedule": replace(SCHEDULE, time_zone="Mars/Base")}, "2025-11-28T16:30"),
        # At half past two on the ninth of March the clock of New York goes on to half past three.
        ({"schedule": replace(SCHEDULE, time_of_day=datetime.time(2, 30))}, "2025-03-09"),
    ],
)
def test_a_slot_that_no_clock_shows_is_wrong_usage(server, run, changes, typed):
    server.script("GetRebalanceJob", GetRebalanceJobResponse(rebalance_job=replace(JOB, **changes)))
    assert run("jobs", "backfill", "monthly", typed).exit_code == 2
    assert slots_asked(server) == []

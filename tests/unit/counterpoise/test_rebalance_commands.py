"""Jobs, marks, runs, proposals and switches from the command line, against a scripted server."""

import dataclasses
import datetime
import json
import sys

import pytest
from google.protobuf import json_format
from typer.testing import CliRunner

from counterpoise import files, wire
from counterpoise.command import local_server, proposal_commands
from counterpoise.command.commands import app
from counterpoise.errors import CallStatus, StatusCode
from counterpoise.model import (
    ApproveRebalanceProposalRequest,
    ApproveRebalanceProposalResponse,
    CancelRebalanceRunRequest,
    CancelRebalanceRunResponse,
    CreateRebalanceJobRequest,
    CreateRebalanceJobResponse,
    DeleteRebalanceJobRequest,
    DeleteRebalanceJobResponse,
    EngageKillSwitchRequest,
    EngageKillSwitchResponse,
    GetRebalanceJobRequest,
    GetRebalanceJobResponse,
    GetRebalanceProposalRequest,
    GetRebalanceProposalResponse,
    GetRebalanceRunRequest,
    GetRebalanceRunResponse,
    LineMark,
    ListKillSwitchesResponse,
    ListMarksResponse,
    ListRebalanceJobsRequest,
    ListRebalanceJobsResponse,
    ListRebalanceProposalsRequest,
    ListRebalanceProposalsResponse,
    ListRebalanceRunsRequest,
    ListRebalanceRunsResponse,
    Marks,
    PauseRebalanceJobResponse,
    RebalanceProposalState,
    RebalanceRunOutcome,
    RebalanceRunState,
    RecordMarksResponse,
    RejectRebalanceProposalRequest,
    RejectRebalanceProposalResponse,
    ReleaseKillSwitchRequest,
    ReleaseKillSwitchResponse,
    ResumeRebalanceJobResponse,
    RunGuard,
    RunPolicy,
    RunRebalanceJobResponse,
    TradePolicy,
    UpdateRebalanceJobRequest,
    UpdateRebalanceJobResponse,
    WatchRebalanceRunsRequest,
    WatchRebalanceRunsResponse,
)
from counterpoise.testing import Refusal, ScriptedServer, Streamed
from counterpoise.v1 import rebalance_pb2, rebalance_service_pb2
from tests import sample_answers
from tests import sample_rebalance as sample

JOB, RUN, PROPOSAL = sample.job(), sample.proposed(), sample.proposal()
SHA256 = sample.SHA256


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        scripted.script("GetRebalanceJob", GetRebalanceJobResponse(rebalance_job=JOB))
        scripted.script("GetRebalanceRun", GetRebalanceRunResponse(rebalance_run=RUN))
        scripted.script("GetRebalanceProposal", GetRebalanceProposalResponse(rebalance_proposal=PROPOSAL))
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


def bare(*arguments):
    return CliRunner().invoke(app, list(arguments))


def words(result):
    return " ".join(result.output.split())


def asked(server, kind):
    """The only request of a kind, without its id."""
    (request,) = [item for item in server.requests if isinstance(item, kind)]
    return dataclasses.replace(request, request_id="") if hasattr(request, "request_id") else request


# Jobs


def test_a_job_is_created_on_a_problem_with_the_policies_that_are_given(server, run, problem_file):
    server.script("CreateRebalanceJob", CreateRebalanceJobResponse(rebalance_job=JOB))
    options = ("--release-approved", "--band", "0.005", "--minimum-ticket", "250e3", "--proposal-lifetime")
    result = run("jobs", "create", "monthly", problem_file, "--display-name", "Monthly", *options, "1d12h")
    assert result.exit_code == 0, result.output
    request = asked(server, CreateRebalanceJobRequest)
    assert (request.parent, request.rebalance_job_id) == (sample.TENANT, "monthly")
    job = request.rebalance_job
    assert (job.display_name, job.problem) == ("Monthly", JOB.problem)
    lifetime = datetime.timedelta(hours=36)
    assert job.run_policy == RunPolicy(release_approved=True, proposal_lifetime=lifetime)
    assert job.trade_policy == TradePolicy(band_fraction=0.005, minimum_ticket_amount=250e3)


def test_policies_that_nobody_gave_are_left_to_the_server(server, run, problem_file):
    server.script("CreateRebalanceJob", CreateRebalanceJobResponse(rebalance_job=JOB))
    assert run("jobs", "create", "monthly", problem_file).exit_code == 0
    job = asked(server, CreateRebalanceJobRequest).rebalance_job
    assert (job.run_policy, job.trade_policy) == (None, None)


def test_the_page_of_a_job_tells_defaults_apart(run):
    told = words(run("jobs", "show", "monthly"))
    for part in (
        "monthly: Monthly look. It is active. Revision 2 by ada, who may not approve what comes of it.",
        "It looks at total-fund under board-2025: 8 lines, NAV $2bn on 2025-11-28 until marks say otherwise.",
        "Approved trades leave through the outbox",
        "A proposal stays open for 1 day 12 hours Marks may be as old as 4 days default",
        "Largest one-way turnover 25.00 % of NAV default",
        "Smallest ticket $250k",
        "Band around each target +/-0.50 % of NAV",
    ):
        assert part in told


def test_a_job_is_json_for_programs(run):
    result = run("jobs", "show", "monthly", "--json")
    assert wire.to_model(json_format.Parse(result.stdout, rebalance_pb2.RebalanceJob())) == JOB


def test_jobs_of_another_tenant_are_asked_for_by_its_name(server, run):
    server.script("ListRebalanceJobs", ListRebalanceJobsResponse(rebalance_jobs=(JOB,)))
    result = run("jobs", "list", "--tenant", "fund-a", "--principal", "ada")
    assert "monthly active 2 ada" in words(result)
    assert asked(server, ListRebalanceJobsRequest).parent == "tenants/fund-a"
    sent = server.metadata[0]
    assert (sent["x-counterpoise-principal"], sent["x-counterpoise-tenant"]) == ("ada", "fund-a")


def test_a_token_says_who_calls_and_nothing_is_claimed_beside_it(server, run, tmp_path):
    token = tmp_path / "token"
    token.write_text("of-nobody")
    server.script("ListRebalanceJobs", ListRebalanceJobsResponse())
    assert run("jobs", "list", "--token-file", str(token), "--tenant", "fund-a").exit_code == 0
    assert "x-counterpoise-tenant" not in server.metadata[0]
    assert asked(server, ListRebalanceJobsRequest).parent == "tenants/fund-a"
    assert run("jobs", "list", "--token-file", str(token), "--principal", "ada").exit_code == 2


def test_an_update_changes_what_is_named_and_keeps_the_rest(server, run):
    server.script("UpdateRebalanceJob", UpdateRebalanceJobResponse(rebalance_job=JOB))
    result = run("jobs", "update", "monthly", "--maximum-turnover", "0.4", "--dry-run", "--tolerance", "0.01")
    assert result.exit_code == 0, result.output
    request = asked(server, UpdateRebalanceJobRequest)
    assert request.update_mask == ("run_policy", "trade_policy")
    assert request.rebalance_job == dataclasses.replace(
        JOB,
        run_policy=dataclasses.replace(JOB.run_policy, maximum_turnover_fraction=0.4, release_approved=False),
        trade_policy=dataclasses.replace(JOB.trade_policy, tolerance_fraction=0.01),
    )
    assert request.rebalance_job.etag == JOB.etag


def test_an_update_takes_a_new_problem(server, run, tmp_path):
    path = tmp_path / "new.json"
    new = sample_answers.pension_problem()
    path.write_text(files.problem_json(new))
    server.script("UpdateRebalanceJob", UpdateRebalanceJobResponse(rebalance_job=JOB))
    assert run("jobs", "update", "monthly", str(path), "--display-name", "").exit_code == 0
    request = asked(server, UpdateRebalanceJobRequest)
    assert request.update_mask == ("problem", "display_name")
    assert (request.rebalance_job.problem, request.rebalance_job.display_name) == (new, "")


def test_an_update_of_nothing_is_wrong_usage(server, run):
    assert run("jobs", "update", "monthly").exit_code == 2
    assert server.requests == ()


@pytest.mark.parametrize(
    ("arguments", "rpc", "response"),
    [
        (("delete", "monthly"), "DeleteRebalanceJob", DeleteRebalanceJobResponse(rebalance_job=JOB)),
        (
            ("pause", "monthly", "--comment", "holidays"),
            "PauseRebalanceJob",
            PauseRebalanceJobResponse(rebalance_job=JOB),
        ),
        (("resume", "monthly"), "ResumeRebalanceJob", ResumeRebalanceJobResponse(rebalance_job=JOB)),
    ],
)
def test_states_of_a_job_are_changed_and_shown(server, run, arguments, rpc, response):
    server.script(rpc, response)
    result = run("jobs", *arguments)
    assert result.exit_code == 0, result.output
    assert "monthly: Monthly look." in result.output
    assert server.requests[0].name == sample.JOB


def test_a_job_is_named_in_full_too(server, run):
    full = "tenants/fund-a/rebalanceJobs/weekly"
    server.script("DeleteRebalanceJob", DeleteRebalanceJobResponse(rebalance_job=JOB))
    assert run("jobs", "delete", full).exit_code == 0
    assert asked(server, DeleteRebalanceJobRequest).name == full


# Running


def started(server, *states):
    server.script("RunRebalanceJob", RunRebalanceJobResponse(rebalance_run=sample.pending()))
    server.script("GetRebalanceRun", *[GetRebalanceRunResponse(rebalance_run=state) for state in states])


def test_a_run_is_waited_for_and_leads_to_its_proposal(server, run):
    started(server, sample.pending(), RUN)
    result = run("jobs", "run", "monthly")
    assert result.exit_code == 0, result.output
    told = words(result)
    assert "monthly/r-7: succeeded. Started by ben 2025-11-28 15:30 UTC. It took 2 seconds." in told
    assert "It proposes trades: monthly/p-3. To see them: counterpoise proposals show monthly/p-3" in told


@pytest.mark.parametrize(
    ("ended", "code", "said"),
    [
        (
            dataclasses.replace(RUN, outcome=RebalanceRunOutcome.WITHIN_TOLERANCE, proposal=""),
            0,
            "nothing to do",
        ),
        (sample.refused(RunGuard.MARKS_STALE, "six days old"), 4, "The marks are too old six days old"),
        (sample.refused(RunGuard.INFEASIBLE, "contradiction"), 3, "No allocation satisfies the mandate"),
        (sample.refused(99, "of a newer server"), 4, "newer kind 99 of a newer server"),
        (dataclasses.replace(sample.pending(), state=RebalanceRunState.FAILED), 1, "failed"),
        (dataclasses.replace(sample.pending(), state=RebalanceRunState.CANCELLED), 1, "cancelled"),
    ],
)
def test_the_shell_is_told_how_a_run_ended(server, run, ended, code, said):
    started(server, ended)
    result = run("jobs", "run", "monthly")
    assert result.exit_code == code, result.output
    assert said in words(result)
    as_json = run("jobs", "run", "monthly", "--json")
    assert as_json.exit_code == code
    assert json.loads(as_json.stdout)["name"] == sample.RUN


def test_a_run_that_contradictions_stopped_shows_the_proof(server, run):
    started(
        server,
        dataclasses.replace(sample.refused(RunGuard.INFEASIBLE), allocation=sample_answers.infeasible()),
    )
    told = words(run("jobs", "run", "monthly"))
    assert "What to do: loosen a limit that the proof names" in told
    assert "proves that no allocation keeps all of them together." in told


def test_a_run_need_not_be_waited_for_on_a_server_that_stays(server, run):
    started(server, RUN)
    result = run("jobs", "run", "monthly", "--no-wait")
    assert result.exit_code == 0
    assert "waits for a worker" in result.output
    assert not any(isinstance(request, GetRebalanceRunRequest) for request in server.requests)
    assert bare("jobs", "run", "monthly", "--no-wait").exit_code == 2


def test_a_run_that_takes_too_long_is_an_error_and_goes_on(server, run):
    started(server, sample.pending())
    result = run("jobs", "run", "monthly", "--timeout", "0.3")
    assert result.exit_code == 1
    assert "it goes on" in result.stderr


# Marks

MARKS_YAML = """
as_of_date: 2025-11-27
nav_amount: 2e9
line_marks:
  - {line_id: equity-fund, price: 101.5}
  - {line_id: bond-futures, price: 112.25, contract_count: -20}
"""


@pytest.fixture
def marks_file(tmp_path, server):
    server.script("RecordMarks", RecordMarksResponse(marks=sample.marks()))
    path = tmp_path / "marks.yaml"
    path.write_text(MARKS_YAML)
    return str(path)


def written(day):
    lines = sample.marks().line_marks
    return Marks(as_of_date=day, nav_amount=2e9, line_marks=lines)


def test_marks_are_read_from_a_file(server, run, marks_file):
    result = run("marks", "record", "monthly", marks_file)
    assert result.exit_code == 0, result.output
    assert server.requests[0].parent == sample.JOB
    assert server.requests[0].marks == written(datetime.date(2025, 11, 27))
    assert "monthly/m-9: marks of 2025-11-27, NAV 2,000,000,000, recorded by ada" in words(result)
    assert "2 lines: 1 with what is held, 1 by price alone" in words(result)


def test_marks_of_a_file_may_be_of_another_day(server, run, marks_file):
    assert run("marks", "record", "monthly", marks_file, "--as-of", "2025-11-28").exit_code == 0
    assert server.requests[0].marks == written(datetime.date(2025, 11, 28))


def test_a_file_without_a_day_needs_one(server, run, marks_file, tmp_path):
    path = tmp_path / "undated.yaml"
    path.write_text(MARKS_YAML.replace("as_of_date: 2025-11-27", ""))
    result = run("marks", "record", "monthly", str(path))
    assert result.exit_code == 1
    assert "as_of_date" in result.stderr
    assert server.requests == ()
    assert run("marks", "record", "monthly", str(path), "--as-of", "2025-11-27").exit_code == 0
    assert server.requests[0].marks == written(datetime.date(2025, 11, 27))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{line_id: cash, market_value_amount: 1, unit_count: 2, price: 1}", "line_marks[0].unit_count"),
        ("{line_id: cash, price: .nan}", "line_marks[0].price"),
        ("{line_id: cash, prise: 1}", "line_marks[0].prise"),
    ],
)
def test_marks_that_are_wrong_are_refused_with_their_place(server, run, tmp_path, text, field):
    path = tmp_path / "marks.yaml"
    path.write_text(f"as_of_date: 2025-11-27\nnav_amount: 1e9\nline_marks:\n  - {text}\n")
    result = run("marks", "record", "monthly", str(path))
    assert result.exit_code == 1
    assert field in result.stderr
    assert server.requests == ()


def test_marks_are_what_the_job_holds_where_that_is_said(server, run, marks_file):
    result = run("marks", "record", "monthly", "--from-job", "--as-of", "2025-12-31")
    assert result.exit_code == 0, result.output
    *_, recorded, asked = server.requests
    marks = recorded.marks
    assert type(asked).__name__ == "GetRebalanceJobRequest"
    assert (marks.as_of_date, marks.nav_amount) == (datetime.date(2025, 12, 31), 2e9)
    assert LineMark(line_id="equity-fund", market_value_amount=0.9e9) in marks.line_marks


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--from-job",),
        ("--as-of", "2025-12-31"),
        ("FILE", "--from-job", "--as-of", "2025-12-31"),
        ("FILE", "--as-of", "31.12.2025"),
        ("no-such-file.yaml",),
    ],
)
def test_marks_come_from_one_place_and_have_a_day(server, run, marks_file, arguments):
    named = [marks_file if argument == "FILE" else argument for argument in arguments]
    assert run("marks", "record", "monthly", *named).exit_code == 2
    assert server.requests == ()


def test_marks_are_listed(server, run):
    server.script("ListMarks", ListMarksResponse(marks=(sample.marks(),)))
    assert "monthly/m-9 2025-11-27 2,000,000,000 2 2025-11-28 15:30 UTC ada" in words(
        run("marks", "list", "monthly")
    )


# Runs


@pytest.mark.parametrize(
    ("job", "parent"), [((), "tenants/default/rebalanceJobs/-"), (("monthly",), sample.JOB)]
)
def test_runs_are_listed_of_one_job_or_of_all(server, run, job, parent):
    server.script("ListRebalanceRuns", ListRebalanceRunsResponse(rebalance_runs=(sample.refused(), RUN)))
    result = run("runs", "list", *job)
    assert result.exit_code == 0
    assert "monthly/r-7 succeeded refused ben 2025-11-28 15:30 UTC Turnover is above the" in words(result)
    assert asked(server, ListRebalanceRunsRequest).parent == parent


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("monthly/r-7", sample.RUN),
        (sample.RUN, sample.RUN),
        ("monthly/R_7.b", f"{sample.JOB}/runs/R_7.b"),
        ("tenants/fund-a/rebalanceJobs/weekly/runs/1", "tenants/fund-a/rebalanceJobs/weekly/runs/1"),
    ],
)
def test_a_run_is_named_in_short_or_in_full(server, run, typed, name):
    assert run("runs", "show", typed).exit_code == 0
    assert asked(server, GetRebalanceRunRequest).name == name


@pytest.mark.parametrize(
    ("typed", "parent"),
    [
        ("latest", "tenants/default/rebalanceJobs/-"),
        ("monthly/latest", sample.JOB),
        ("tenants/fund-a/rebalanceJobs/weekly/latest", "tenants/fund-a/rebalanceJobs/weekly"),
    ],
)
def test_the_latest_run_is_the_first_of_the_list(server, run, typed, parent):
    newest = ListRebalanceRunsResponse(rebalance_runs=(RUN,), next_page_token="more")  # noqa: S106
    server.script("ListRebalanceRuns", newest)
    assert run("runs", "show", typed).exit_code == 0
    assert asked(server, ListRebalanceRunsRequest) == ListRebalanceRunsRequest(parent=parent, page_size=1)
    assert asked(server, GetRebalanceRunRequest).name == sample.RUN


@pytest.mark.parametrize(
    ("typed", "said"),
    [("latest", "no job of the tenant has any runs yet"), ("a/latest", "job a has no runs yet")],
)
def test_where_there_is_none_there_is_no_latest(server, run, typed, said):
    server.script("ListRebalanceRuns", ListRebalanceRunsResponse())
    result = run("runs", "show", typed)
    assert (result.exit_code, result.stderr) == (1, f"counterpoise: {said}\n")


@pytest.mark.parametrize("typed", ["r-7", "", "/r-7", "Monthly/r-7", "monthly/", "a/b/c", sample.PROPOSAL])
def test_what_names_no_run_is_wrong_usage(server, run, typed):
    assert run("runs", "show", typed).exit_code == 2
    assert server.requests == ()


def test_a_run_that_is_read_is_no_error_whatever_came_of_it(server, run):
    server.script("GetRebalanceRun", GetRebalanceRunResponse(rebalance_run=sample.refused()))
    assert run("runs", "show", "monthly/r-7").exit_code == 0


def test_a_run_is_cancelled(server, run):
    cancelled = dataclasses.replace(sample.pending(), state=RebalanceRunState.CANCELLED)
    server.script("CancelRebalanceRun", CancelRebalanceRunResponse(rebalance_run=cancelled))
    assert "monthly/r-7: cancelled." in run("runs", "cancel", "monthly/r-7").output
    assert asked(server, CancelRebalanceRunRequest).name == sample.RUN


def test_changes_of_runs_are_printed_as_they_come(server, run):
    changes = tuple(
        WatchRebalanceRunsResponse(rebalance_run=item, resume_token=f"t-{number}")
        for number, item in enumerate((sample.pending(), RUN))
    )
    server.script("WatchRebalanceRuns", Streamed(messages=changes))
    assert run("runs", "watch", "monthly").output.splitlines() == [
        "2025-11-28 15:30 UTC  monthly/r-7  waits for a worker",
        "2025-11-28 15:30 UTC  monthly/r-7  succeeded, proposed trades: monthly/p-3",
    ]
    lines = run("runs", "watch", "monthly", "--json", "--resume-token", "t-9").stdout.splitlines()
    parse = rebalance_service_pb2.WatchRebalanceRunsResponse
    assert tuple(wire.to_model(json_format.Parse(line, parse())) for line in lines) == changes
    assert server.requests[-1] == WatchRebalanceRunsRequest(parent=sample.JOB, resume_token="t-9")  # noqa: S106
    assert bare("runs", "watch").exit_code == 2


# Proposals


def test_a_proposal_is_shown_with_its_reasons(run):
    result = run("proposals", "show", "monthly/p-3")
    assert result.exit_code == 0, result.output
    told = words(result)
    for part in (
        "monthly/p-3: open until 2025-11-29 15:30 UTC.",
        "It proposes 4 trades and 1 roll: turnover 21.98 % of NAV one-way, ",
        "estimated cost $80k = 0.40 bp of NAV.",
        "World equity fund 45.00 50.00 +5.00 +100.00 $20k 4.0",
        "keeps Reserve for",
        "Ten-year note 0.00 14.00 +13.96 +279.20 +1,408 TY $10k 12.0 for what it gains,",
        "Cash 5.00 15.00 +10.00 +200.00 balances",
        "Ten-year note futures TY Z2025 -1,408 TY H2026 +1,395 2025-11-26",
        "2 0 add exposure Ten-year note futures +13.96 % (+1,408) 20.00",
        "3 5 invest Corporate bond fund -5.00 %; World equity fund +5.00 % 15.00",
        "Corporate bond fund 2025-11-28 5 2025-12-05",
        "Gross notional leverage 1.200 1.300 +0.100",
        "Active risk against the reference, % a year 2.10 1.80 -0.30",
        "Expected net return, % a year 6.10 6.40 +0.30",
        "Loss in the worst scenario (crash), % of NAV 21.00 23.00 +2.00",
        "Least coverage, money over need 4.00 green 3.00 green",
        "Gross leverage cap at most 1.300x 1.200x 1.300x",
        "May not approve it, as they wrote the job or started the run: ada, ben.",
        f"counterpoise proposals approve monthly/p-3 --content-sha256 {SHA256}",
    ):
        assert part in told


def test_the_page_of_a_proposal_fits_and_what_is_to_be_copied_is_whole(run):
    lines = run("proposals", "show", "monthly/p-3").output.splitlines()
    assert f"counterpoise proposals approve monthly/p-3 --content-sha256 {SHA256}" in lines
    assert max(len(line) for line in lines if SHA256 not in line) <= 100


def test_a_proposal_is_json_for_programs(run):
    result = run("proposals", "show", "monthly/p-3", "--json")
    parsed = json_format.Parse(result.stdout, rebalance_pb2.RebalanceProposal())
    assert wire.to_model(parsed) == PROPOSAL


def test_a_proposal_is_written_as_a_page_with_the_job_at_the_revision_of_its_run(server, run, tmp_path):
    path = tmp_path / "proposal.html"
    assert run("proposals", "show", "monthly/p-3", "--html", str(path)).exit_code == 0
    assert PROPOSAL.content_sha256 in path.read_text()
    wanted = [request for request in server.requests if isinstance(request, GetRebalanceJobRequest)]
    assert {request.revision for request in wanted} == {RUN.job_revision}


def test_proposals_are_listed(server, run):
    approved = sample.decided(RebalanceProposalState.APPROVED)
    response = ListRebalanceProposalsResponse(rebalance_proposals=(PROPOSAL, approved))
    server.script("ListRebalanceProposals", response)
    told = words(run("proposals", "list"))
    assert "monthly/p-3 open 2025-11-28 15:30 2025-11-29 15:30 4 21.98 80,000" in told
    assert "monthly/p-3 approved 2025-11-28 15:30 4 21.98 80,000 cyd" in told


@pytest.fixture
def decided(server):
    approved, rejected = map(
        sample.decided, (RebalanceProposalState.APPROVED, RebalanceProposalState.REJECTED)
    )
    server.script("ApproveRebalanceProposal", ApproveRebalanceProposalResponse(rebalance_proposal=approved))
    server.script("RejectRebalanceProposal", RejectRebalanceProposalResponse(rebalance_proposal=rejected))


@pytest.mark.usefixtures("decided")
def test_what_was_read_before_is_approved_by_its_hash(server, run):
    result = run("proposals", "approve", "monthly/p-3", "--content-sha256", "cd" * 32, "--comment", "fine")
    assert result.exit_code == 0, result.output
    assert asked(server, ApproveRebalanceProposalRequest) == ApproveRebalanceProposalRequest(
        name=sample.PROPOSAL, content_sha256="cd" * 32, comment="fine", request_id=""
    )
    assert not any(isinstance(request, GetRebalanceProposalRequest) for request in server.requests)
    told = words(result)
    assert "Approved by cyd (a name that nobody proved) 2025-11-28 15:30 UTC. Comment: as discussed" in told
    assert "The job releases nothing: the approval is recorded, and nothing leaves." in told


@pytest.mark.usefixtures("decided")
@pytest.mark.parametrize(
    ("command", "kind"),
    [("approve", ApproveRebalanceProposalRequest), ("reject", RejectRebalanceProposalRequest)],
)
def test_what_is_shown_is_what_is_decided_on(server, run, monkeypatch, command, kind):
    monkeypatch.setattr(proposal_commands, "somebody_is_there", lambda: True)
    result = run("proposals", command, "monthly/p-3", "--comment", "as read", input="y\n")
    assert result.exit_code == 0, result.output
    assert "ORDER OF EXECUTION" in result.stderr
    assert f"{command.capitalize()} it?" in result.stderr
    assert asked(server, kind).content_sha256 == SHA256


@pytest.mark.usefixtures("decided")
@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_without_a_yes_nothing_is_decided(server, run, monkeypatch, answer):
    monkeypatch.setattr(proposal_commands, "somebody_is_there", lambda: True)
    assert run("proposals", "approve", "monthly/p-3", input=answer).exit_code == 1
    assert not any(isinstance(request, ApproveRebalanceProposalRequest) for request in server.requests)


def test_of_what_is_decided_already_nothing_is_asked(server, run, monkeypatch):
    monkeypatch.setattr(proposal_commands, "somebody_is_there", lambda: True)
    rejected = sample.decided(RebalanceProposalState.REJECTED)
    server.script("GetRebalanceProposal", GetRebalanceProposalResponse(rebalance_proposal=rejected))
    status = CallStatus(code=StatusCode.FAILED_PRECONDITION, reason="PROPOSAL_NOT_OPEN", details="too late")
    server.script("ApproveRebalanceProposal", Refusal(status=status))
    result = run("proposals", "approve", "monthly/p-3", input="")
    assert result.exit_code == 1
    assert "Rejected by cyd" in result.stderr
    assert "Approve it?" not in result.stderr
    assert "PROPOSAL_NOT_OPEN" in result.stderr


@pytest.mark.usefixtures("decided")
def test_where_nobody_can_be_asked_a_hash_or_a_yes_is_needed(server, run):
    assert run("proposals", "approve", "monthly/p-3").exit_code == 2
    assert run("proposals", "reject", "monthly/p-3", "--comment", "no").exit_code == 2
    assert server.requests == ()
    result = run("proposals", "approve", "monthly/p-3", "--yes", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["decision"]["principal"] == "cyd"
    assert asked(server, ApproveRebalanceProposalRequest).content_sha256 == SHA256


def test_a_rejection_says_why(server, run):
    assert run("proposals", "reject", "monthly/p-3", "--content-sha256", SHA256).exit_code == 2
    assert server.requests == ()


def test_the_latest_proposal_is_found(server, run):
    response = ListRebalanceProposalsResponse(rebalance_proposals=(PROPOSAL,))
    server.script("ListRebalanceProposals", response)
    assert run("proposals", "show", "latest").exit_code == 0
    assert asked(server, ListRebalanceProposalsRequest).page_size == 1


def test_who_approves_their_own_work_is_told_why_not(server, run):
    status = CallStatus(
        code=StatusCode.PERMISSION_DENIED, reason="SELF_APPROVAL", details="ada wrote revision 2"
    )
    server.script("ApproveRebalanceProposal", Refusal(status=status))
    result = run("proposals", "approve", "monthly/p-3", "--yes", "--principal", "ada")
    assert result.exit_code == 1
    assert "counterpoise: PERMISSION_DENIED (SELF_APPROVAL): ada wrote revision 2" in result.stderr


# Switches


@pytest.mark.parametrize(("job", "scope"), [((), sample.TENANT), (("monthly",), sample.JOB)])
def test_a_switch_is_engaged_and_released_for_a_job_or_for_all(server, run, job, scope):
    server.script("EngageKillSwitch", EngageKillSwitchResponse(kill_switch=sample.switch()))
    server.script("ReleaseKillSwitch", ReleaseKillSwitchResponse())
    result = run("switch", "engage", *job, "--comment", "prices look wrong")
    assert "all jobs of tenant default cyd 2025-11-28 15:30 UTC prices look wrong" in words(result)
    assert asked(server, EngageKillSwitchRequest).scope == scope
    result = run("switch", "release", *job, "--comment", "prices are right")
    assert "None is engaged." in result.output
    assert asked(server, ReleaseKillSwitchRequest).scope == scope


def test_engaged_switches_are_listed_those_for_everybody_too(server, run):
    everybody = dataclasses.replace(sample.switch(), scope="tenants/-")
    of_job = dataclasses.replace(sample.switch(), scope=sample.JOB)
    server.script("ListKillSwitches", ListKillSwitchesResponse(kill_switches=(everybody, of_job)))
    told = words(run("switch", "list"))
    assert "everybody cyd" in told
    assert "job monthly cyd" in told


@pytest.mark.parametrize("command", ["engage", "release"])
def test_a_switch_has_its_reason(server, run, command):
    assert run("switch", command).exit_code == 2
    assert server.requests == ()


# Usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs", "create", "Monthly", __file__),
        ("jobs", "create", "-", __file__),
        ("jobs", "show", "a/b"),
        ("jobs", "show", "monthly", "--tenant", "Fund A"),
        ("jobs", "show", "monthly", "--principal", ""),
        ("jobs", "show", "monthly", "--target", "localhost"),
        ("jobs", "run", "monthly", "--timeout", "0"),
        ("runs", "show", "r-7"),
        ("runs", "cancel", sample.PROPOSAL),
        ("proposals", "show", sample.RUN),
        ("proposals", "approve", "p-3", "--yes"),
        *[
            ("jobs", "update", "monthly", "--proposal-lifetime", span)
            for span in ("", "1", "d", "1w", "12h1d", "-1d", "1.5d", "99999999999d", "999999999d99h")
        ],
    ],
)
def test_wrong_usage_asks_no_server(arguments, monkeypatch):
    monkeypatch.setattr(local_server, "find_server", lambda: pytest.fail("a server was started"))
    assert bare(*arguments).exit_code == 2


@pytest.mark.parametrize("group", ["jobs", "marks", "runs", "proposals", "switch"])
def test_every_command_of_a_group_has_one_sentence_of_help_and_the_same_way_to_a_server(group):
    import typer

    commands = typer.main.get_command(app).commands[group].commands
    for command in commands.values():
        options = {text for parameter in command.params for text in parameter.opts}
        assert {"--target", "--token-file", "--ca-file", "--principal", "--tenant", "--json"} <= options
        assert command.help.split("\n")[0].rstrip(".")


def test_only_the_store_of_the_callers_settings_reaches_a_server_that_is_started(monkeypatch, tmp_path):
    source = """
import os, sys
names = sorted(name for name in os.environ if name.startswith("COUNTERPOISE_"))
sys.exit(" ".join(names) + " " + os.environ["COUNTERPOISE_STORE_DSN"])
"""
    path = tmp_path / "counterpoise-server"
    path.write_text(f"#!{sys.executable}\n{source}")
    path.chmod(0o700)
    monkeypatch.setenv("COUNTERPOISE_STORE_DSN", "sqlite:///of-mine.sqlite3")
    monkeypatch.setenv("COUNTERPOISE_TLS_KEY_FILE", "key.pem")
    monkeypatch.setattr(local_server, "find_server", lambda: path)
    result = bare("jobs", "list")
    assert result.exit_code == 1
    assert "COUNTERPOISE_LISTEN_ADDRESS COUNTERPOISE_STORE_DSN sqlite:///of-mine.sqlite3" in result.stderr

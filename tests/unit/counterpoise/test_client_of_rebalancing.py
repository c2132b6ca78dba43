"""Rebalancing and marks through both clients, against a scripted server."""

import asyncio
import dataclasses
import time
import uuid

import pytest

from counterpoise import (
    AccessDenied,
    AlreadyExists,
    AsyncClient,
    CallStatus,
    Client,
    Conflict,
    CounterpoiseError,
    DeadlinePassed,
    InvalidProblem,
    NotFound,
    PreconditionFailed,
    Retry,
    ServiceError,
    StatusCode,
    Unavailable,
    wire,
)
from counterpoise.client.watching import Watch
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
    ListKillSwitchesRequest,
    ListKillSwitchesResponse,
    ListMarksRequest,
    ListMarksResponse,
    ListRebalanceJobsRequest,
    ListRebalanceJobsResponse,
    ListRebalanceProposalsRequest,
    ListRebalanceProposalsResponse,
    ListRebalanceRunsRequest,
    ListRebalanceRunsResponse,
    PauseRebalanceJobRequest,
    PauseRebalanceJobResponse,
    RebalanceJobState,
    RebalanceProposalState,
    RebalanceRunState,
    RecordMarksRequest,
    RecordMarksResponse,
    RejectRebalanceProposalRequest,
    RejectRebalanceProposalResponse,
    ReleaseKillSwitchRequest,
    ReleaseKillSwitchResponse,
    ResumeRebalanceJobRequest,
    ResumeRebalanceJobResponse,
    RunRebalanceJobRequest,
    RunRebalanceJobResponse,
    UpdateRebalanceJobRequest,
    UpdateRebalanceJobResponse,
    WatchRebalanceRunsRequest,
    WatchRebalanceRunsResponse,
)
from counterpoise.testing import Delayed, Refusal, ScriptedServer, Streamed
from counterpoise.v1 import rebalance_service_pb2
from tests import sample_rebalance as sample

JOB, RUN, PROPOSAL = sample.job(), sample.proposed(), sample.proposal()
MARKS, SWITCH = sample.marks(), sample.switch()
SHA256 = sample.SHA256
QUICK = Retry(first_pause_seconds=0.01, longest_pause_seconds=0.02)
LOST = Refusal(status=CallStatus(code=StatusCode.UNAVAILABLE, reason="WORKER_LOST", details="lost"))


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture(params=[Client, AsyncClient])
def call(request, server):
    """Calls a method by its path, such as `rebalance.get_job`; of iterators all or the first few."""

    def ask(path, *arguments, first=None, retry=QUICK, client_options=None, **options):
        group, _, name = path.partition(".")
        settings = {"retry": retry, **(client_options or {})}
        if request.param is Client:
            with Client(server.target, **settings) as client:
                answer = getattr(getattr(client, group), name)(*arguments, **options)
                if not hasattr(answer, "__next__"):
                    return answer
                found = []
                for item in answer:
                    found.append(item)
                    if len(found) == first:
                        break
                return found

        async def run():
            async with AsyncClient(server.target, **settings) as client:
                answer = getattr(getattr(client, group), name)(*arguments, **options)
                if not hasattr(answer, "__anext__"):
                    return await answer
                found = []
                async for item in answer:
                    found.append(item)
                    if len(found) == first:
                        break
                await answer.aclose()
                return found

        return asyncio.run(run())

    return ask


def told(**fields):
    return {"request_id": "r-1", **fields}


CHANGES = [
    (
        "rebalance.create_job",
        (sample.TENANT, "monthly", JOB),
        CreateRebalanceJobRequest(
            **told(parent=sample.TENANT, rebalance_job_id="monthly", rebalance_job=JOB)
        ),
        CreateRebalanceJobResponse(rebalance_job=JOB),
        JOB,
    ),
    (
        "rebalance.update_job",
        (JOB, ("problem", "run_policy")),
        UpdateRebalanceJobRequest(**told(rebalance_job=JOB, update_mask=("problem", "run_policy"))),
        UpdateRebalanceJobResponse(rebalance_job=JOB),
        JOB,
    ),
    (
        "rebalance.delete_job",
        (sample.JOB,),
        DeleteRebalanceJobRequest(**told(name=sample.JOB)),
        DeleteRebalanceJobResponse(rebalance_job=JOB),
        JOB,
    ),
    (
        "rebalance.pause_job",
        (sample.JOB, "holidays"),
        PauseRebalanceJobRequest(**told(name=sample.JOB, comment="holidays")),
        PauseRebalanceJobResponse(rebalance_job=JOB),
        JOB,
    ),
    (
        "rebalance.resume_job",
        (sample.JOB,),
        ResumeRebalanceJobRequest(**told(name=sample.JOB)),
        ResumeRebalanceJobResponse(rebalance_job=JOB),
        JOB,
    ),
    (
        "rebalance.run_job",
        (sample.JOB,),
        RunRebalanceJobRequest(**told(name=sample.JOB)),
        RunRebalanceJobResponse(rebalance_run=RUN),
        RUN,
    ),
    (
        "rebalance.cancel_run",
        (sample.RUN,),
        CancelRebalanceRunRequest(**told(name=sample.RUN)),
        CancelRebalanceRunResponse(rebalance_run=RUN),
        RUN,
    ),
    (
        "rebalance.approve",
        (sample.PROPOSAL, SHA256),
        ApproveRebalanceProposalRequest(**told(name=sample.PROPOSAL, content_sha256=SHA256)),
        ApproveRebalanceProposalResponse(rebalance_proposal=PROPOSAL),
        PROPOSAL,
    ),
    (
        "rebalance.reject",
        (sample.PROPOSAL, SHA256, "too dear"),
        RejectRebalanceProposalRequest(
            **told(name=sample.PROPOSAL, content_sha256=SHA256, comment="too dear")
        ),
        RejectRebalanceProposalResponse(rebalance_proposal=PROPOSAL),
        PROPOSAL,
    ),
    (
        "rebalance.engage_kill_switch",
        (sample.TENANT, "prices look wrong"),
        EngageKillSwitchRequest(**told(scope=sample.TENANT, comment="prices look wrong")),
        EngageKillSwitchResponse(kill_switch=SWITCH),
        SWITCH,
    ),
    (
        "rebalance.release_kill_switch",
        (sample.TENANT, "prices are right"),
        ReleaseKillSwitchRequest(**told(scope=sample.TENANT, comment="prices are right")),
        ReleaseKillSwitchResponse(kill_switches=(SWITCH,)),
        (SWITCH,),
    ),
    (
        "monitor.record_marks",
        (sample.JOB, MARKS),
        RecordMarksRequest(**told(parent=sample.JOB, marks=MARKS)),
        RecordMarksResponse(marks=MARKS),
        MARKS,
    ),
]
READS = [
    (
        "rebalance.get_job",
        sample.JOB,
        GetRebalanceJobRequest(name=sample.JOB),
        GetRebalanceJobResponse(rebalance_job=JOB),
        JOB,
    ),
    (
        "rebalance.get_run",
        sample.RUN,
        GetRebalanceRunRequest(name=sample.RUN),
        GetRebalanceRunResponse(rebalance_run=RUN),
        RUN,
    ),
    (
        "rebalance.get_proposal",
        sample.PROPOSAL,
        GetRebalanceProposalRequest(name=sample.PROPOSAL),
        GetRebalanceProposalResponse(rebalance_proposal=PROPOSAL),
        PROPOSAL,
    ),
    (
        "rebalance.list_kill_switches",
        sample.TENANT,
        ListKillSwitchesRequest(parent=sample.TENANT),
        ListKillSwitchesResponse(kill_switches=(SWITCH,)),
        (SWITCH,),
    ),
]


def rpc_of(request):
    return type(request).__name__.removesuffix("Request")


every_change = pytest.mark.parametrize("change", CHANGES, ids=[change[0] for change in CHANGES])
every_read = pytest.mark.parametrize("read", READS, ids=[read[0] for read in READS])


# Answers


@every_change
def test_a_change_is_asked_as_it_was_called_and_answered_by_its_resource(call, server, change):
    path, arguments, asked, response, answer = change
    server.script(rpc_of(asked), response)
    assert call(path, *arguments, request_id="r-1") == answer
    assert server.requests == (asked,)


@every_change
def test_a_change_without_an_id_has_one_that_its_retries_keep(call, server, change):
    path, arguments, asked, response, answer = change
    server.script(rpc_of(asked), LOST, LOST, response)
    assert call(path, *arguments) == answer
    first, *others = server.requests
    assert str(uuid.UUID(first.request_id)) == first.request_id
    assert others == [first, first]


def test_every_change_has_an_id_of_its_own(call, server):
    server.script("RunRebalanceJob", RunRebalanceJobResponse(rebalance_run=RUN))
    for _ in range(3):
        call("rebalance.run_job", sample.JOB)
    assert len({request.request_id for request in server.requests}) == 3


@every_read
def test_what_is_read_comes_back_as_it_was_sent(call, server, read):
    path, name, asked, response, answer = read
    server.script(rpc_of(asked), response)
    assert call(path, name) == answer
    assert server.requests == (asked,)


@every_change
def test_bytes_that_are_no_answer_are_an_error_of_the_service(call, server, change):
    path, arguments, asked, *_ = change
    server.script(rpc_of(asked), b"\xff\xff")
    with pytest.raises(ServiceError, match="INTERNAL"):
        call(path, *arguments)


@pytest.mark.parametrize(
    "change", [change for change in CHANGES if change[0] != "rebalance.release_kill_switch"]
)
def test_an_answer_without_its_resource_is_an_error_of_the_service(call, server, change):
    path, arguments, asked, *_ = change
    server.script(rpc_of(asked), b"")
    with pytest.raises(ServiceError, match="the answer has no"):
        call(path, *arguments)


def test_the_last_switch_that_is_released_leaves_none(call, server):
    server.script("ReleaseKillSwitch", b"")
    assert call("rebalance.release_kill_switch", sample.TENANT, "prices are right") == ()


def test_a_single_field_may_be_named_without_a_list(call, server):
    server.script("UpdateRebalanceJob", UpdateRebalanceJobResponse(rebalance_job=JOB))
    call("rebalance.update_job", JOB, "problem")
    assert server.requests[0].update_mask == ("problem",)


def test_what_fits_no_message_is_refused_before_it_is_sent(call, server):
    portfolio = dataclasses.replace(JOB.problem.portfolio, nav_amount="a lot")
    broken = dataclasses.replace(JOB, problem=dataclasses.replace(JOB.problem, portfolio=portfolio))
    with pytest.raises(InvalidProblem) as caught:
        call("rebalance.create_job", sample.TENANT, "monthly", broken)
    assert "portfolio.nav_amount" in caught.value.violations[0].field
    assert server.requests == ()


# Lists

OTHER_JOB, OTHER_RUN = dataclasses.replace(JOB, name="b"), dataclasses.replace(RUN, name="b")
OTHER_PROPOSAL, OTHER_MARKS = (
    dataclasses.replace(PROPOSAL, name="b"),
    dataclasses.replace(MARKS, name="b"),
)
STATES = {
    "rebalance.list_jobs": (RebalanceJobState.ACTIVE, RebalanceJobState.PAUSED),
    "rebalance.list_runs": (RebalanceRunState.FAILED,),
    "rebalance.list_proposals": (RebalanceProposalState.OPEN,),
}
LISTS = [
    (
        "rebalance.list_jobs",
        ListRebalanceJobsRequest,
        lambda items, token: ListRebalanceJobsResponse(rebalance_jobs=items, next_page_token=token),
        (JOB, OTHER_JOB),
    ),
    (
        "rebalance.list_runs",
        ListRebalanceRunsRequest,
        lambda items, token: ListRebalanceRunsResponse(rebalance_runs=items, next_page_token=token),
        (RUN, OTHER_RUN),
    ),
    (
        "rebalance.list_proposals",
        ListRebalanceProposalsRequest,
        lambda items, token: ListRebalanceProposalsResponse(rebalance_proposals=items, next_page_token=token),
        (PROPOSAL, OTHER_PROPOSAL),
    ),
    (
        "monitor.list_marks",
        ListMarksRequest,
        lambda items, token: ListMarksResponse(marks=items, next_page_token=token),
        (MARKS, OTHER_MARKS),
    ),
]


@pytest.mark.parametrize("listed", LISTS, ids=[listed[0] for listed in LISTS])
def test_a_list_goes_over_all_pages_with_its_other_fields_as_they_were(call, server, listed):
    path, request_type, response, (first, second) = listed
    pages = (response((first,), "t-1"), response((), "t-2"), response((second,), ""))
    server.script(rpc_of(request_type(parent=sample.JOB)), *pages)
    options = {"states": STATES[path]} if path in STATES else {}
    assert call(path, sample.JOB, page_size=1, **options) == [first, second]
    expected = [
        request_type(parent=sample.JOB, page_size=1, page_token=token, **options)
        for token in ("", "t-1", "t-2")
    ]
    assert list(server.requests) == expected


def test_a_page_that_nobody_reaches_is_not_asked_for(call, server):
    server.script("ListMarks", ListMarksResponse(marks=(MARKS, OTHER_MARKS), next_page_token="t-1"))  # noqa: S106
    assert call("monitor.list_marks", sample.JOB, first=2) == [MARKS, OTHER_MARKS]
    assert len(server.requests) == 1


def test_a_page_that_was_lost_is_asked_for_again(call, server):
    response = ListMarksResponse(marks=(MARKS,))
    server.script("ListMarks", LOST, response)
    assert call("monitor.list_marks", sample.JOB) == [MARKS]


# Errors


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (StatusCode.NOT_FOUND, "RESOURCE_NOT_FOUND", NotFound),
        (StatusCode.ALREADY_EXISTS, "RESOURCE_EXISTS", AlreadyExists),
        (StatusCode.ABORTED, "RESOURCE_CHANGED", Conflict),
        (StatusCode.FAILED_PRECONDITION, "PROPOSAL_NOT_OPEN", PreconditionFailed),
        (StatusCode.FAILED_PRECONDITION, "COMPLIANCE_FAILED", PreconditionFailed),
        (StatusCode.PERMISSION_DENIED, "SELF_APPROVAL", AccessDenied),
    ],
)
def test_a_refusal_is_raised_at_once_with_its_reason(call, server, code, reason, kind):
    status = CallStatus(code=code, reason=reason, details="read again")
    server.script("ApproveRebalanceProposal", Refusal(status=status))
    with pytest.raises(ServiceError, match="read again") as caught:
        call("rebalance.approve", sample.PROPOSAL, SHA256)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(server.requests) == 1


# Waiting


def test_a_run_is_waited_for_until_it_is_final(call, server):
    running = dataclasses.replace(sample.pending(), state=RebalanceRunState.RUNNING)
    server.script(
        "GetRebalanceRun",
        *[GetRebalanceRunResponse(rebalance_run=run) for run in (sample.pending(), running, RUN)],
    )
    assert call("rebalance.wait_for_run", sample.RUN) == RUN
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "state",
    [
        RebalanceRunState.SUCCEEDED,
        RebalanceRunState.FAILED,
        RebalanceRunState.CANCELLED,
        RebalanceRunState.SKIPPED,
        99,
    ],
)
def test_every_final_state_ends_the_wait_and_so_does_a_newer_one(call, server, state):
    ended = dataclasses.replace(sample.pending(), state=state)
    server.script("GetRebalanceRun", GetRebalanceRunResponse(rebalance_run=ended))
    assert call("rebalance.wait_for_run", sample.RUN).state == state
    assert len(server.requests) == 1


def test_a_server_that_is_lost_for_a_moment_does_not_end_the_wait(call, server):
    pending = GetRebalanceRunResponse(rebalance_run=sample.pending())
    server.script("GetRebalanceRun", pending, LOST, LOST, GetRebalanceRunResponse(rebalance_run=RUN))
    assert call("rebalance.wait_for_run", sample.RUN) == RUN


def test_a_run_that_takes_too_long_is_left_to_go_on(call, server):
    server.script("GetRebalanceRun", GetRebalanceRunResponse(rebalance_run=sample.pending()))
    started = time.monotonic()
    with pytest.raises(DeadlinePassed, match=r"r-7 is still PENDING after 0\.4 s; it goes on"):
        call("rebalance.wait_for_run", sample.RUN, timeout_seconds=0.4)
    assert time.monotonic() - started < 3
    assert len(server.requests) >= 2


def test_a_wait_of_no_time_is_refused(call):
    with pytest.raises(ValueError, match="above 0"):
        call("rebalance.wait_for_run", sample.RUN, timeout_seconds=0)


# Watching


BEFORE = "t-0"


def message(token, state=RebalanceRunState.RUNNING):
    run = dataclasses.replace(sample.pending(), state=state)
    return WatchRebalanceRunsResponse(rebalance_run=run, resume_token=token)


def test_a_watch_yields_what_comes_and_ends_with_the_stream(call, server):
    server.script("WatchRebalanceRuns", Streamed(messages=(message("t-1"), message("t-2"))))
    seen = call("rebalance.watch_runs", sample.JOB)
    assert seen == [message("t-1"), message("t-2")]
    assert server.requests == (WatchRebalanceRunsRequest(parent=sample.JOB),)


def test_a_watch_that_is_interrupted_goes_on_after_the_last_message(call, server):
    server.script(
        "WatchRebalanceRuns",
        Streamed(messages=(message("t-1"), message("t-2")), ending=LOST),
        LOST,
        Streamed(messages=(message("t-3"),)),
    )
    seen = call("rebalance.watch_runs", sample.JOB, resume_token=BEFORE)
    assert [item.resume_token for item in seen] == ["t-1", "t-2", "t-3"]
    assert [request.resume_token for request in server.requests] == [BEFORE, "t-2", "t-2"]


def test_a_watch_that_a_proxy_resets_goes_on(call, server):
    status = CallStatus(code=StatusCode.INTERNAL, details="Received RST_STREAM with error code 2")
    reset = Streamed(messages=(message("t-1"),), ending=Refusal(status=status))
    server.script("WatchRebalanceRuns", reset, Streamed(messages=(message("t-2"),)))
    assert call("rebalance.watch_runs", sample.JOB) == [message("t-1"), message("t-2")]
    assert [request.resume_token for request in server.requests] == ["", "t-1"]


def test_a_server_may_be_lost_for_longer_than_a_call_would_wait(call, server):
    server.script("WatchRebalanceRuns", *[LOST] * 6, Streamed(messages=(message("t-1"),)))
    patient = Retry(attempts=2, first_pause_seconds=0.01, longest_pause_seconds=0.02)
    assert call("rebalance.watch_runs", sample.JOB, retry=patient) == [message("t-1")]


def test_a_watch_of_one_attempt_never_tries_again(call, server):
    server.script("WatchRebalanceRuns", LOST)
    with pytest.raises(Unavailable):
        call("rebalance.watch_runs", sample.JOB, retry=Retry(attempts=1))
    assert len(server.requests) == 1


class Clock:
    """A clock that is moved by hand."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


def pauses_of(watch, clock):
    """Pauses until the watch gives up on a server that stays lost."""
    pauses = []
    while True:
        try:
            pauses.append(watch.pause_seconds(Unavailable(LOST.status)))
        except Unavailable:
            return pauses
        clock.seconds += pauses[-1]


def test_a_server_that_stays_lost_for_a_minute_ends_the_watch():
    clock = Clock()
    pauses = pauses_of(Watch(sample.JOB, "", timeout_seconds=None, retry=Retry(), now=clock), clock)
    assert 55 < sum(pauses) < 60
    assert max(pauses) <= Retry().longest_pause_seconds


def test_a_message_brings_the_whole_patience_back():
    clock = Clock()
    watch = Watch(sample.JOB, "", timeout_seconds=None, retry=Retry(), now=clock)
    pauses_of(watch, clock)
    sent = wire.to_message(message("t-1"), rebalance_service_pb2.WatchRebalanceRunsResponse)
    watch.read(sent.SerializeToString())
    assert sum(pauses_of(watch, clock)) > 55


def test_the_callers_end_is_nearer_than_patience():
    clock = Clock()
    watch = Watch(sample.JOB, "", timeout_seconds=10.0, retry=Retry(), now=clock)
    assert 7 < sum(pauses_of(watch, clock)) < 10


def test_a_refused_watch_is_not_tried_again(call, server):
    status = CallStatus(
        code=StatusCode.INVALID_ARGUMENT, reason="PAGE_TOKEN_INVALID", details="no such token"
    )
    server.script("WatchRebalanceRuns", Refusal(status=status))
    with pytest.raises(ServiceError, match="no such token"):
        call("rebalance.watch_runs", sample.JOB, resume_token=BEFORE)
    assert len(server.requests) == 1


def test_who_leaves_the_loop_ends_the_call(call, server):
    server.script("WatchRebalanceRuns", Streamed(messages=(message("t-1"),), open_seconds=30.0))
    started = time.monotonic()
    assert call("rebalance.watch_runs", sample.JOB, first=1) == [message("t-1")]
    server.stop()  # waits for calls that still run
    assert time.monotonic() - started < 10


def test_a_watch_may_have_an_end(call, server):
    server.script("WatchRebalanceRuns", Streamed(messages=(message("t-1"),), open_seconds=30.0))
    started = time.monotonic()
    with pytest.raises(DeadlinePassed):
        call("rebalance.watch_runs", sample.JOB, timeout_seconds=0.4)
    assert time.monotonic() - started < 10


def test_a_closed_client_watches_nothing(server):
    client = Client(server.target)
    client.close()
    with pytest.raises(CounterpoiseError, match="this client is closed"):
        next(client.rebalance.watch_runs(sample.JOB))


# Who calls


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({}, {}),
        ({"principal": "ada"}, {"x-counterpoise-principal": "ada"}),
        (
            {"principal": "ada", "tenant": "fund-a"},
            {"x-counterpoise-principal": "ada", "x-counterpoise-tenant": "fund-a"},
        ),
    ],
)
def test_principal_and_tenant_travel_beside_every_request(call, server, options, sent):
    server.script("GetRebalanceJob", GetRebalanceJobResponse(rebalance_job=JOB))
    server.script("WatchRebalanceRuns", Streamed())
    call("rebalance.get_job", sample.JOB, client_options=options)
    call("rebalance.watch_runs", sample.JOB, client_options=options)
    for metadata in server.metadata:
        assert {key: value for key, value in metadata.items() if key.startswith("x-counterpoise")} == sent


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("claimed", [{"principal": "ada"}, {"tenant": "fund-a"}])
def test_who_has_a_token_claims_no_name(kind, claimed):
    with pytest.raises(ValueError, match="servers without tokens"):
        kind("localhost:1", token="of-nobody", **claimed)  # noqa: S106 - opens nothing


@pytest.mark.parametrize("name", ["", "two\nlines", "Zoë"])
def test_names_that_no_header_can_hold_are_refused(name):
    with pytest.raises(ValueError, match="printable ASCII"):
        Client("localhost:1", principal=name)


# Delays


def test_a_delayed_page_has_its_own_deadline(call, server):
    server.script("ListMarks", Delayed(seconds=1.5, answer=ListMarksResponse(marks=(MARKS,))))
    with pytest.raises(DeadlinePassed):
        call("monitor.list_marks", sample.JOB, timeout_seconds=0.2)

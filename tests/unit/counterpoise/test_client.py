import asyncio
import dataclasses
import datetime
import threading
import time

import grpc
import pytest

from counterpoise import (
    AccessDenied,
    AllocateRequest,
    AllocateResponse,
    AsyncClient,
    CallStatus,
    Client,
    CounterpoiseError,
    CredentialsRefused,
    DeadlinePassed,
    ErrorReason,
    EstimateRiskModelRequest,
    Execution,
    InfeasibleMandate,
    InternalError,
    InvalidProblem,
    MeasureAlphaCaptureRequest,
    MeasureLiquidityRequest,
    MessageTooLarge,
    NotCertified,
    Retry,
    ServerBusy,
    ServiceError,
    SolveParameters,
    StatusCode,
    StressPortfolioRequest,
    TerminationReason,
    Unavailable,
    ValidatePortfolioRequest,
    ValidatePortfolioResponse,
    VerifyAlphaRequest,
    Violation,
)
from counterpoise.client.settings import is_loopback
from counterpoise.testing import Delayed, Refusal, ScriptedServer
from tests import (
    sample_answers,
    sample_capture,
    sample_capture_answer,
    sample_estimation,
    sample_evidence,
    sample_stress,
)
from tests.golden_problems import pension

PROBLEM = sample_answers.pension_problem()
OPTIMAL = AllocateResponse(
    allocation=sample_answers.optimal(),
    request_id="r-1",
    execution=Execution(
        queue_duration=datetime.timedelta(milliseconds=1), solve_duration=datetime.timedelta(milliseconds=9)
    ),
)
HOLDING = sample_stress.problem()
QUESTION, EVIDENCE = sample_evidence.question(), sample_evidence.response()
FUNDS, CAPTURED = sample_capture.question(), sample_capture_answer.response()
DRIVERS, ESTIMATED = sample_estimation.question(), sample_estimation.response()
ASKED = {"verify_alpha": QUESTION, "measure_alpha_capture": FUNDS, "estimate_risk_model": DRIVERS}
"""What methods are asked that take no problem."""
STRESSED, LIQUID = sample_stress.stress_response(), sample_stress.liquidity_response()
UNAVAILABLE = Refusal(status=CallStatus(code=StatusCode.UNAVAILABLE, reason="WORKER_LOST", details="lost"))
TOKEN = "of-nobody"  # noqa: S105 - opens nothing
QUICK = Retry(first_pause_seconds=0.01, longest_pause_seconds=0.02)


def busy(seconds):
    delay = datetime.timedelta(seconds=seconds)
    status = CallStatus(code=StatusCode.RESOURCE_EXHAUSTED, reason="SERVER_BUSY", retry_delay=delay)
    return Refusal(status=status)


class Waiting:
    """The client that waits and the one for asyncio behind one face, so that every test runs on both."""

    def __init__(self, kind, target, **options):
        self.kind, self.target, self.options = kind, target, options

    def call(self, method, *arguments, **options):
        if self.kind is Client:
            with Client(self.target, **self.options) as client:
                return getattr(client, method)(*arguments, **options)

        async def run():
            async with AsyncClient(self.target, **self.options) as client:
                return await getattr(client, method)(*arguments, **options)

        return asyncio.run(run())


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture(params=[Client, AsyncClient])
def connect(request, server):
    return lambda **options: Waiting(request.param, server.target, **options)


# Answers


def test_an_optimum_comes_back_as_it_was_sent(connect, server):
    server.script("Allocate", OPTIMAL)
    parameters = SolveParameters(maximum_relative_gap=1e-6, time_limit=datetime.timedelta(seconds=2))
    answer = connect().call("allocate", PROBLEM, parameters=parameters, request_id="r-1")
    assert answer == OPTIMAL.allocation
    assert server.requests == (AllocateRequest(problem=PROBLEM, parameters=parameters, request_id="r-1"),)


def test_the_whole_response_has_durations_and_does_not_judge(connect, server):
    response = dataclasses.replace(OPTIMAL, allocation=sample_answers.infeasible())
    server.script("Allocate", response)
    assert connect().call("allocate_response", PROBLEM) == response


def test_a_proven_infeasibility_carries_its_proof(connect, server):
    server.script("Allocate", AllocateResponse(allocation=sample_answers.infeasible()))
    with pytest.raises(InfeasibleMandate, match=r"keep-bonds\[bonds\]") as caught:
        connect().call("allocate", PROBLEM)
    assert caught.value.allocation == sample_answers.infeasible()


@pytest.mark.parametrize("reason", [TerminationReason.UNDETERMINED, TerminationReason.TIME_LIMIT, 99])
def test_endings_without_proof_and_newer_ones_are_not_certified(connect, server, reason):
    server.script("Allocate", AllocateResponse(allocation=sample_answers.ended(reason, "why")))
    with pytest.raises(NotCertified, match="why") as caught:
        connect().call("allocate", PROBLEM)
    assert caught.value.allocation.termination.reason == reason


@pytest.mark.parametrize("answer", [sample_answers.optimal(), sample_answers.infeasible()])
def test_an_answer_whose_proof_is_missing_or_newer_shows_no_positions(connect, server, answer):
    server.script("Allocate", AllocateResponse(allocation=dataclasses.replace(answer, certificate=None)))
    with pytest.raises(NotCertified):
        connect().call("allocate", PROBLEM)


def test_validation_returns_violations_instead_of_raising_them(connect, server):
    violation = Violation(field="mandate.limits[0]", reason=ErrorReason.BOUNDS_CROSSED, message="swap them")
    response = ValidatePortfolioResponse(violations=(violation,), violation_count=7)
    server.script("ValidatePortfolio", response)
    assert connect().call("validate", PROBLEM, maximum_violation_count=1) == response
    assert server.requests == (ValidatePortfolioRequest(problem=PROBLEM, maximum_violation_count=1),)


def test_a_stress_comes_back_as_it_was_sent(connect, server):
    server.script("StressPortfolio", STRESSED)
    assert connect().call("stress", HOLDING, request_id="r-2") == STRESSED
    assert server.requests == (StressPortfolioRequest(problem=HOLDING, request_id="r-2"),)


@pytest.mark.parametrize("horizons", [(), (1, 5, 20), [5, 1]])
def test_liquidity_is_measured_at_the_horizons_that_are_asked_for(connect, server, horizons):
    server.script("MeasureLiquidity", LIQUID)
    answer = connect().call("measure_liquidity", HOLDING, horizons=horizons, request_id="r-3")
    assert answer == LIQUID
    asked = MeasureLiquidityRequest(problem=HOLDING, horizon_trading_days=tuple(horizons), request_id="r-3")
    assert server.requests == (asked,)


def test_evidence_comes_back_as_it_was_sent(connect, server):
    server.script("VerifyAlpha", EVIDENCE)
    assert connect().call("verify_alpha", QUESTION, request_id="r-4") == EVIDENCE
    assert server.requests == (VerifyAlphaRequest(question=QUESTION, request_id="r-4"),)


def test_captures_come_back_as_they_were_sent(connect, server):
    server.script("MeasureAlphaCapture", CAPTURED)
    assert connect().call("measure_alpha_capture", FUNDS, request_id="r-5") == CAPTURED
    assert server.requests == (MeasureAlphaCaptureRequest(question=FUNDS, request_id="r-5"),)


def test_a_risk_model_comes_back_as_it_was_sent(connect, server):
    server.script("EstimateRiskModel", ESTIMATED)
    assert connect().call("estimate_risk_model", DRIVERS, request_id="r-6") == ESTIMATED
    assert server.requests == (EstimateRiskModelRequest(question=DRIVERS, request_id="r-6"),)


@pytest.mark.parametrize(("method", "question"), ASKED.items())
def test_a_question_that_no_message_can_hold_is_refused_with_its_place(connect, server, method, question):
    history = dataclasses.replace(question.history, dates=("2020-01-31", *question.history.dates[1:]))
    with pytest.raises(InvalidProblem) as caught:
        connect().call(method, dataclasses.replace(question, history=history))
    assert [violation.field for violation in caught.value.violations] == ["question.history.dates[0]"]
    assert server.requests == ()


CALLS = [
    ("Allocate", "allocate", OPTIMAL, OPTIMAL.allocation),
    ("StressPortfolio", "stress", STRESSED, STRESSED),
    ("MeasureLiquidity", "measure_liquidity", LIQUID, LIQUID),
    ("VerifyAlpha", "verify_alpha", EVIDENCE, EVIDENCE),
    ("MeasureAlphaCapture", "measure_alpha_capture", CAPTURED, CAPTURED),
    ("EstimateRiskModel", "estimate_risk_model", ESTIMATED, ESTIMATED),
]


@pytest.mark.parametrize(("rpc", "method"), [call[:2] for call in CALLS])
@pytest.mark.parametrize("garbage", [b"\xff\xff", b""])
def test_bytes_that_are_no_answer_are_an_error_of_the_service(connect, server, garbage, rpc, method):
    server.script(rpc, garbage)
    with pytest.raises(ServiceError, match="INTERNAL"):
        connect().call(method, ASKED.get(method, PROBLEM))


# Errors


def test_a_refused_problem_brings_violations_and_their_number(connect, server):
    violations = (
        Violation(
            field="market.drivers[0].driver_id", reason=ErrorReason.ID_MALFORMED, message="use letters"
        ),
        Violation(field="objective", reason=ErrorReason.CHOICE_MISSING, message="set a goal"),
    )
    status = CallStatus(
        code=StatusCode.INVALID_ARGUMENT, reason="REQUEST_INVALID", metadata={"violationCount": "12"}
    )
    server.script("Allocate", Refusal(status=status, violations=violations))
    with pytest.raises(InvalidProblem) as caught:
        connect().call("allocate", PROBLEM)
    assert caught.value.violations == violations
    assert caught.value.violation_count == 12
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (
            CallStatus(code=StatusCode.INTERNAL, reason="INTERNAL_BUG", metadata={"errorId": "7"}),
            InternalError,
        ),
        (CallStatus(code=StatusCode.DEADLINE_EXCEEDED, reason="DEADLINE_PASSED"), DeadlinePassed),
        (CallStatus(code=StatusCode.RESOURCE_EXHAUSTED, reason="RESPONSE_TOO_LARGE"), MessageTooLarge),
        (CallStatus(code=StatusCode.RESOURCE_EXHAUSTED, details="quota of a proxy"), ServiceError),
        (CallStatus(code=StatusCode.INVALID_ARGUMENT, reason="REQUEST_MALFORMED"), ServiceError),
        (CallStatus(code=StatusCode.UNAUTHENTICATED, reason="CREDENTIALS_INVALID"), CredentialsRefused),
        (CallStatus(code=StatusCode.UNAUTHENTICATED, details="who are you"), CredentialsRefused),
        (CallStatus(code=StatusCode.PERMISSION_DENIED, reason="ACCESS_DENIED"), AccessDenied),
        (CallStatus(code=StatusCode.UNIMPLEMENTED), ServiceError),
    ],
)
def test_other_statuses_are_raised_at_once_and_kept(connect, server, status, kind):
    server.script("Allocate", Refusal(status=status))
    with pytest.raises(ServiceError) as caught:
        connect(retry=QUICK).call("allocate", PROBLEM)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", [call[1] for call in CALLS if call[1] not in ASKED])
def test_a_problem_that_fits_no_message_is_refused_with_paths_before_it_is_sent(connect, server, method):
    portfolio = dataclasses.replace(PROBLEM.portfolio, nav_amount="a lot")
    with pytest.raises(InvalidProblem) as caught:
        connect().call(method, dataclasses.replace(PROBLEM, portfolio=portfolio))
    assert caught.value.violations[0].field == "portfolio.nav_amount"
    assert caught.value.status is None
    assert server.requests == ()


@pytest.mark.parametrize("time_limit", [0.001, 5, "5s"])
def test_parameters_that_fit_no_message_are_refused_with_paths(connect, server, time_limit):
    with pytest.raises(InvalidProblem) as caught:
        connect().call("allocate", PROBLEM, parameters=SolveParameters(time_limit=time_limit))
    (violation,) = caught.value.violations
    assert violation.field == "parameters.time_limit"
    assert "datetime.timedelta" in violation.message
    assert server.requests == ()


@pytest.mark.parametrize("horizon", ["five", 2.5, 2**40])
def test_horizons_that_fit_no_message_are_refused_with_paths(connect, server, horizon):
    with pytest.raises(InvalidProblem) as caught:
        connect().call("measure_liquidity", HOLDING, horizons=(1, horizon))
    assert [violation.field for violation in caught.value.violations] == ["horizon_trading_days[1]"]
    assert server.requests == ()


def test_a_closed_client_says_that_it_is_closed(server):
    client = Client(server.target)
    client.close()
    with pytest.raises(CounterpoiseError, match="this client is closed"):
        client.allocate(PROBLEM)


@pytest.mark.parametrize("calls_before", [0, 1])
async def test_a_closed_client_for_asyncio_says_that_it_is_closed(server, calls_before):
    server.script("Allocate", OPTIMAL)
    client = AsyncClient(server.target)
    for _ in range(calls_before):
        await client.allocate(PROBLEM)
    await client.close()
    with pytest.raises(CounterpoiseError, match="this client is closed"):
        await client.allocate(PROBLEM)


# Retries and deadlines


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[0])
def test_a_lost_worker_is_tried_again(connect, server, call):
    rpc, method, response, answer = call
    server.script(rpc, UNAVAILABLE, UNAVAILABLE, response)
    assert connect(retry=QUICK).call(method, ASKED.get(method, PROBLEM)) == answer
    assert len(server.requests) == 3


def test_attempts_are_counted(connect, server):
    server.script("Allocate", UNAVAILABLE)
    with pytest.raises(Unavailable) as caught:
        connect(retry=QUICK).call("allocate", PROBLEM)
    assert caught.value.status == UNAVAILABLE.status
    assert len(server.requests) == QUICK.attempts


@pytest.mark.parametrize(
    "status",
    [
        CallStatus(code=StatusCode.CANCELLED, details="CANCELLED"),
        CallStatus(code=StatusCode.INTERNAL, details="Received RST_STREAM with error code 2"),
    ],
)
def test_a_call_that_a_library_or_proxy_dropped_is_tried_again(connect, server, status):
    server.script("Allocate", Refusal(status=status), OPTIMAL)
    assert connect().call("allocate", PROBLEM)
    assert len(server.requests) == 2


@pytest.mark.parametrize("code", [StatusCode.CANCELLED, StatusCode.INTERNAL])
def test_what_the_service_ends_with_a_reason_is_not_tried_again(connect, server, code):
    status = CallStatus(code=code, details="RST_STREAM", reason="INTERNAL_BUG")
    server.script("Allocate", Refusal(status=status), OPTIMAL)
    with pytest.raises(ServiceError):
        connect().call("allocate", PROBLEM)
    assert len(server.requests) == 1


def test_one_attempt_never_tries_again(connect, server):
    server.script("Allocate", UNAVAILABLE, OPTIMAL)
    with pytest.raises(Unavailable):
        connect(retry=Retry(attempts=1)).call("allocate", PROBLEM)


def test_a_busy_server_is_asked_again_no_earlier_than_it_said(connect, server):
    server.script("Allocate", busy(0.3), OPTIMAL)
    started = time.monotonic()
    assert connect(retry=QUICK).call("allocate", PROBLEM) == OPTIMAL.allocation
    assert time.monotonic() - started >= 0.3


def test_a_delay_beyond_the_deadline_is_not_waited_for(connect, server):
    server.script("Allocate", busy(60), OPTIMAL)
    started = time.monotonic()
    with pytest.raises(ServerBusy) as caught:
        connect().call("allocate", PROBLEM, timeout_seconds=5)
    assert caught.value.status.retry_delay == datetime.timedelta(seconds=60)
    assert time.monotonic() - started < 3
    assert len(server.requests) == 1


@pytest.mark.parametrize(("rpc", "method", "response"), [call[:3] for call in CALLS])
def test_a_deadline_ends_the_call(connect, server, rpc, method, response):
    server.script(rpc, Delayed(seconds=1.5, answer=response))
    started = time.monotonic()
    with pytest.raises(DeadlinePassed):
        connect().call(method, ASKED.get(method, PROBLEM), timeout_seconds=0.2)
    assert time.monotonic() - started < 1.2


def test_the_deadline_covers_retries(connect, server):
    server.script("Allocate", Delayed(seconds=0.15, answer=UNAVAILABLE))
    patient = Retry(attempts=100, first_pause_seconds=0.01, longest_pause_seconds=0.01)
    started = time.monotonic()
    with pytest.raises((Unavailable, DeadlinePassed)):
        connect(retry=patient).call("allocate", PROBLEM, timeout_seconds=0.6)
    assert time.monotonic() - started < 2
    assert 2 <= len(server.requests) <= 5


def test_every_call_has_a_deadline(connect, server):
    server.script("Allocate", Delayed(seconds=1.5, answer=OPTIMAL))
    with pytest.raises(DeadlinePassed):
        connect(timeout_seconds=0.2).call("allocate", PROBLEM)


def test_a_time_limit_beyond_the_default_deadline_is_waited_for(connect, server):
    server.script("Allocate", Delayed(seconds=0.4, answer=OPTIMAL))
    parameters = SolveParameters(time_limit=datetime.timedelta(seconds=1))
    answer = connect(timeout_seconds=0.1).call("allocate", PROBLEM, parameters=parameters)
    assert answer == OPTIMAL.allocation


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_unreachable_server_is_unavailable_soon(kind):
    with ScriptedServer() as gone:
        target = gone.target
    started = time.monotonic()
    with pytest.raises(Unavailable):
        Waiting(kind, target).call("allocate", PROBLEM)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_server_that_comes_back_within_the_retries_is_reached(kind):
    with ScriptedServer() as gone:
        port = int(gone.target.rpartition(":")[2])
    back = []

    def come_back():
        back.append(ScriptedServer(port=port))
        back[0].script("Allocate", OPTIMAL)

    timer = threading.Timer(0.4, come_back)
    timer.start()
    retry = Retry(attempts=20, first_pause_seconds=0.1, longest_pause_seconds=0.3)
    try:
        assert Waiting(kind, gone.target, retry=retry).call("allocate", PROBLEM) == OPTIMAL.allocation
    finally:
        timer.join()
        back[0].stop()


# Sizes


def test_a_request_above_the_limit_is_not_sent(connect, server):
    with pytest.raises(MessageTooLarge, match="MiB"):
        connect(retry=QUICK).call("allocate", PROBLEM, request_id="x" * (4 * 2**20))
    assert server.requests == ()


def test_an_answer_above_the_limit_is_refused_and_not_asked_for_again(connect, server):
    server.script("Allocate", dataclasses.replace(OPTIMAL, request_id="x" * (5 * 2**20)))
    with pytest.raises(MessageTooLarge):
        connect(retry=QUICK).call("allocate", PROBLEM)
    assert len(server.requests) == 1


# Connections


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_token_travels_over_secure_channels_only(kind):
    for target in ("optimizer.example:1", "10.0.0.1:1", "localhost.example:1", "dns:///optimizer.example:1"):
        with pytest.raises(ValueError, match="secure"):
            kind(target, token=TOKEN)
    with ScriptedServer(credentials=grpc.local_server_credentials()) as server:
        server.script("Allocate", OPTIMAL)
        Waiting(kind, server.target, credentials=grpc.local_channel_credentials(), token=TOKEN).call(
            "allocate", PROBLEM
        )
        assert server.metadata[0]["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_on_loopback_a_token_needs_no_secure_channel_and_no_proxy_sees_it(kind, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("no_grpc_proxy", raising=False)
    with ScriptedServer() as server:
        server.script("Allocate", OPTIMAL)
        Waiting(kind, server.target, token=TOKEN, retry=Retry(attempts=1)).call("allocate", PROBLEM)
        assert server.metadata[0]["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("target", ["localhost:1", "127.0.0.1:1", "127.8.0.1:1", "[::1]:1"])
def test_loopback_is_this_machine(target):
    assert is_loopback(target)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_does_not_show_its_token(kind):
    client = kind("localhost:1", credentials=grpc.local_channel_credentials(), token=TOKEN)
    assert repr(client) == f"{kind.__name__}('localhost:1')"
    assert TOKEN not in repr(client._settings)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout_seconds": 0},
        {"timeout_seconds": float("nan")},
        {"retry": Retry(attempts=0)},
        {"token": "two\nlines", "credentials": grpc.local_channel_credentials()},
    ],
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_options_that_cannot_work_are_refused(kind, options):
    with pytest.raises(ValueError, match=r"above 0|at least 1|ASCII"):
        kind("localhost:1", **options)


def test_a_client_is_shared_between_threads(server):
    server.script("Allocate", OPTIMAL)
    answers = []
    with Client(server.target) as client:
        threads = [
            threading.Thread(target=lambda: answers.append(client.allocate(PROBLEM))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [OPTIMAL.allocation] * 8


async def test_calls_of_one_event_loop_run_side_by_side(server):
    server.script("Allocate", Delayed(seconds=0.3, answer=OPTIMAL))
    started = time.monotonic()
    async with AsyncClient(server.target) as client:
        answers = await asyncio.gather(*[client.allocate(PROBLEM) for _ in range(5)])
    assert answers == [OPTIMAL.allocation] * 5
    assert time.monotonic() - started < 1.2


async def test_a_cancelled_call_ends_at_once(server):
    server.script("Allocate", Delayed(seconds=1.0, answer=OPTIMAL))
    async with AsyncClient(server.target) as client:
        task = asyncio.create_task(client.allocate(PROBLEM))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# The test server


def test_a_call_that_nothing_was_scripted_for_says_so(connect):
    with pytest.raises(ServiceError, match="nothing is scripted"):
        connect().call("allocate", PROBLEM)


def test_only_the_contracts_calls_can_be_scripted(server):
    with pytest.raises(LookupError, match="Guess"):
        server.script("Guess", OPTIMAL)


def test_a_number_beyond_all_floats_is_a_violation():
    problem = dataclasses.replace(
        pension(), portfolio=dataclasses.replace(pension().portfolio, nav_amount=10**400)
    )
    with Client("127.0.0.1:1") as client, pytest.raises(InvalidProblem) as caught:
        client.allocate(problem)
    assert caught.value.violations[0].field == "portfolio.nav_amount"

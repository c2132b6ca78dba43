"""Secrets and contents planted in a server that logs and traces all it can: neither must show them."""

import datetime
import http.server
import json
import queue
import threading
from contextlib import contextmanager
from dataclasses import replace

import grpc
import pytest

from counterpoise import Client, CounterpoiseError, Retry, Unavailable
from counterpoise.model import AllocationProblem, RebalanceJob, RebalanceRunOutcome, RunPolicy
from tests import tokens
from tests.collector import collecting
from tests.rebalancing import fund, marks
from tests.serving import AMPLE_SECONDS
from tests.tokens import token

TODAY = datetime.datetime.now(datetime.UTC).date()
ONCE = Retry(attempts=1)
TENANT = "tenants/fund-a"
JOB = f"{TENANT}/rebalanceJobs/planted"
ALLOCATE = "/counterpoise.v1.AllocationService/Allocate"
LINE = "planted-line-q8d2"
NAME = "planted display name q8d2"
NAV = 517283946.0
URL_KEY = "planted-url-key-q8d2"
WEBHOOK_SECRET = "planted-webhook-secret-q8d2-long-enough"  # noqa: S105 - made up
PASSWORD = "planted-dsn-password-q8d2"  # noqa: S105 - made up
HEADER_KEY = "planted-collector-key-q8d2"
FORGED = "planted.bearer.q8d2"
SECRETS = (URL_KEY, WEBHOOK_SECRET, PASSWORD, HEADER_KEY, FORGED)
CONTENTS = (LINE, NAME, "517283946", "5.17283946")


def planted(problem: AllocationProblem) -> AllocationProblem:
    """The fund of the tests with the planted line and net asset value."""
    lines = tuple(
        replace(line, line_id=LINE) if line.line_id == "equity_fund" else line
        for line in problem.portfolio.lines
    )
    return replace(problem, portfolio=replace(problem.portfolio, nav_amount=NAV, lines=lines))


def planted_marks():
    of_today = marks(TODAY)
    scale = NAV / of_today.nav_amount
    scaled = tuple(
        replace(
            mark,
            line_id=LINE if mark.line_id == "equity_fund" else mark.line_id,
            market_value_amount=None
            if mark.market_value_amount is None
            else mark.market_value_amount * scale,
        )
        for mark in of_today.line_marks
    )
    return replace(of_today, nav_amount=NAV, line_marks=scaled)


@contextmanager
def refusing_webhook():
    """An address with a key in it that takes everything and confirms nothing; what it was asked."""
    asked = queue.SimpleQueue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.put(self.path)
            self.send_error(500)

        def log_message(self, *arguments):
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{URL_KEY}", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def collector(monkeypatch):
    with collecting() as opened:
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        # One that is well formed, and one that the library complains of.
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"api-key={HEADER_KEY},{HEADER_KEY}")
        yield opened


def texts_of(error: CounterpoiseError) -> str:
    status = getattr(error, "status", None)
    return f"{error} {status!r} {getattr(error, 'violations', '')}"


def failing(call):
    with pytest.raises(CounterpoiseError) as caught:
        call()
    return texts_of(caught.value)


def shown(texts, planted_texts):
    return [(name, text) for name, whole in texts.items() for text in planted_texts if text in whole]


def test_neither_secrets_nor_contents_reach_logs_spans_or_errors(start_server, collector, tmp_path):
    secret = tmp_path / "webhook-secret"
    secret.write_text(WEBHOOK_SECRET)
    good = token(roles=["operator", "approver"])
    errors = []
    with (
        refusing_webhook() as (url, asked),
        start_server(
            trace_endpoint=collector.endpoint,
            log_level="debug",
            store_dsn=f"sqlite:///{tmp_path}/store.sqlite3",
            webhook_url=url,
            webhook_secret_file=str(secret),
            **tokens.token_settings(tmp_path),
        ) as server,
        Client(server.address, token=good, retry=ONCE) as client,
        Client(server.address, token=FORGED, retry=ONCE) as stranger,
    ):
        problem = planted(fund())
        answer = client.allocate(problem, request_id="good")
        assert LINE in {position.line_id for position in answer.positions}
        twice = replace(problem.portfolio, lines=(*problem.portfolio.lines, problem.portfolio.lines[0]))
        mistake = failing(lambda: client.allocate(replace(problem, portfolio=twice), request_id="bad"))
        errors += [
            failing(lambda: client.allocate(problem, timeout_seconds=0.001)),
            failing(lambda: stranger.allocate(problem)),
            failing(lambda: client.rebalance.get_job(f"{JOB}x")),
            malformed(server.address, good),
        ]
        job = RebalanceJob(
            display_name=NAME,
            problem=problem,
            run_policy=RunPolicy(proposal_lifetime=datetime.timedelta(days=30)),
        )
        client.rebalance.create_job(TENANT, "planted", job)
        errors.append(failing(lambda: client.rebalance.create_job(TENANT, "planted", job)))
        client.monitor.record_marks(JOB, planted_marks())
        run = client.rebalance.wait_for_run(client.rebalance.run_job(JOB).name, timeout_seconds=60)
        assert run.outcome is RebalanceRunOutcome.PROPOSED, run
        proposal = client.rebalance.get_proposal(run.proposal)
        errors.append(failing(lambda: client.rebalance.approve(proposal.name, proposal.content_sha256)))
        assert asked.get(timeout=AMPLE_SECONDS) == f"/{URL_KEY}"
        collector.wait_for(lambda spans: any(span.name == "rebalance run" for span in spans))
        assert server.terminate() == 0
    log = server.log.read_text()
    texts = {"log": log, "spans": "".join(collector.texts), "errors": "".join(errors)}
    # A violation names the line to whoever sent it, and to nobody else.
    assert LINE in mistake
    assert shown({"violation": mistake}, (*SECRETS, good, *CONTENTS[1:])) == []
    assert {"good", "bad"} <= {json.loads(line).get("request_id") for line in log.splitlines()}
    assert "counterpoise.request_id" in texts["spans"]
    assert shown(texts, (*SECRETS, good, *CONTENTS)) == []


def malformed(address, credentials):
    body, metadata = b"\xff" + LINE.encode(), (("authorization", f"Bearer {credentials}"),)
    with grpc.insecure_channel(address) as channel:
        allocate = channel.unary_unary(ALLOCATE)
        with pytest.raises(grpc.RpcError) as caught:
            allocate(body, timeout=60, metadata=metadata)
    return f"{caught.value.details()} {caught.value.trailing_metadata()}"


def test_the_password_of_a_database_that_cannot_be_reached_stays_out(start_server, collector):
    dsn = f"postgresql://counterpoise:{PASSWORD}@127.0.0.1:1/counterpoise"
    with (
        start_server(trace_endpoint=collector.endpoint, log_level="debug", store_dsn=dsn) as server,
        Client(server.address, retry=ONCE) as client,
    ):
        with pytest.raises(Unavailable, match="STORE_UNAVAILABLE") as caught:
            client.rebalance.get_job("tenants/default/rebalanceJobs/planted")
        assert server.terminate() == 0
    texts = {
        "log": server.log.read_text(),
        "spans": "".join(collector.texts),
        "errors": texts_of(caught.value),
    }
    assert "STORE_UNAVAILABLE" in texts["spans"]
    assert shown(texts, SECRETS) == []

"""Rebalancing through a real server: clients, roles, watching, webhooks, and a server that dies."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import http.server
import json
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace

import pytest

from counterpoise import (
    AccessDenied,
    Client,
    CredentialsRefused,
    NotFound,
    PreconditionFailed,
    Retry,
    ServiceError,
)
from counterpoise.model import (
    RebalanceJob,
    RebalanceProposalState,
    RebalanceRunOutcome,
    RebalanceRunState,
    ReleaseState,
    RunPolicy,
)
from optimizer.rebalance.courier import SIGNATURE_HEADER
from optimizer.store import audit_rows, opened, reading, verify_audit
from tests import tokens
from tests.office import JOB, TENANT
from tests.rebalancing import fund, marks
from tests.tokens import token

KILLS = int(os.environ.get("COUNTERPOISE_TEST_SERVER_KILLS", "3"))
AMPLE_SECONDS = 60.0
SECRET = b"a secret of at least thirty-two bytes"
DAY = datetime.datetime.now(datetime.UTC).date()
MONTH = RunPolicy(proposal_lifetime=datetime.timedelta(days=30))


def dsn_of(folder):
    return f"sqlite:///{folder / 'store.sqlite3'}"


def as_person(address, name):
    return Client(address, principal=name, tenant="pension", timeout_seconds=AMPLE_SECONDS)


def job(**changes):
    return replace(RebalanceJob(display_name="Monthly", problem=fund(), run_policy=MONTH), **changes)


def rows_of(dsn):
    with opened(dsn) as engine, reading(engine) as connection:
        verify_audit(connection)
        return audit_rows(connection, tenant=None, limit=10_000)


def test_from_a_job_to_an_approval_with_both_on_record(start_server, tmp_path):
    dsn = dsn_of(tmp_path)
    with start_server(worker_count="1", store_dsn=dsn) as server:
        with as_person(server.address, "ada") as ada, as_person(server.address, "ben") as ben:
            created = ada.rebalance.create_job(TENANT, "monthly", job())
            assert created.name == JOB
            ada.monitor.record_marks(JOB, marks(DAY))
            run = ada.rebalance.wait_for_run(ada.rebalance.run_job(JOB).name, timeout_seconds=AMPLE_SECONDS)
            assert run.outcome is RebalanceRunOutcome.PROPOSED
            proposal = ben.rebalance.get_proposal(run.proposal)
            with pytest.raises(AccessDenied, match="SELF_APPROVAL"):
                ada.rebalance.approve(proposal.name, proposal.content_sha256)
            approved = ben.rebalance.approve(proposal.name, proposal.content_sha256, "read")
            assert approved.state is RebalanceProposalState.APPROVED
            assert approved.decision.authenticated is False
            assert [item.name for item in ben.rebalance.list_proposals(JOB)] == [proposal.name]
        with Client(server.address, principal="eve", tenant="endowment") as eve:
            for name in (JOB, f"{JOB}x"):
                with pytest.raises(AccessDenied):
                    eve.rebalance.get_job(name)
            with pytest.raises(NotFound):
                eve.rebalance.get_job("tenants/endowment/rebalanceJobs/monthly")
    recorded = [(row.action, row.principal) for row in rows_of(dsn)]
    assert ("decision.refuse", "ada") in recorded
    assert ("proposal.approved", "ben") in recorded
    assert recorded.count(("access.refuse", "eve")) == 2


def test_a_watcher_is_told_of_every_run(start_server, tmp_path):
    with (
        start_server(worker_count="1", store_dsn=dsn_of(tmp_path)) as server,
        as_person(server.address, "ada") as ada,
        as_person(server.address, "ben") as ben,
        ThreadPoolExecutor(1) as beside,
    ):
        ada.rebalance.create_job(TENANT, "monthly", job())

        def run_after_a_while():
            time.sleep(1.0)
            ada.monitor.record_marks(JOB, marks(DAY))
            return ada.rebalance.run_job(JOB)

        started = beside.submit(run_after_a_while)
        with closing(ben.rebalance.watch_runs(JOB)) as changes:
            for change in changes:
                if change.rebalance_run.state is RebalanceRunState.SUCCEEDED:
                    break
        assert change.rebalance_run.name == started.result().name
        assert change.rebalance_run.proposal


@pytest.fixture
def receiver():
    """A webhook on loopback that refuses its first request and keeps what it takes."""
    taken, refusals = [], [503]

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if refusals:
                self.send_response(refusals.pop())
            else:
                taken.append((self.headers[SIGNATURE_HEADER], body))
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", taken
        server.shutdown()
        thread.join()


def test_approved_trades_leave_signed_in_order_and_once(start_server, tmp_path, receiver):
    url, taken = receiver
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    settings = {"store_dsn": dsn_of(tmp_path), "webhook_url": url, "webhook_secret_file": str(secret)}
    with start_server(worker_count="1", **settings) as server:
        with as_person(server.address, "ada") as ada, as_person(server.address, "ben") as ben:
            policy = replace(MONTH, release_approved=True)
            ada.rebalance.create_job(TENANT, "monthly", job(run_policy=policy))
            ada.monitor.record_marks(JOB, marks(DAY))
            run = ada.rebalance.wait_for_run(ada.rebalance.run_job(JOB).name, timeout_seconds=AMPLE_SECONDS)
            proposal = ben.rebalance.get_proposal(run.proposal)
            ben.rebalance.approve(proposal.name, proposal.content_sha256)
            limit = time.monotonic() + AMPLE_SECONDS
            while not any(b"proposal.release" in body for _, body in taken) and time.monotonic() < limit:
                time.sleep(0.1)
            assert ben.rebalance.get_proposal(proposal.name).release.state is ReleaseState.RELEASED
        log = server.log.read_text()
    messages = [json.loads(body) for _, body in taken]
    assert [message["id"] for message in messages] == sorted({message["id"] for message in messages})
    events = [message["event"] for message in messages]
    assert events[0] == "job.create"
    assert events.count("proposal.release") == 1
    (left,) = (message for message in messages if message["event"] == "proposal.release")
    assert left["payload"]["content_sha256"] == proposal.content_sha256
    for header, body in taken:
        seconds, digest = (part.partition("=")[2] for part in header.split(","))
        wanted = hmac.new(SECRET, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(digest, wanted)
        assert abs(int(seconds) - time.time()) < 2 * AMPLE_SECONDS
    assert SECRET.decode() not in log
    assert url not in log


def test_roles_decide_and_refusals_are_on_record(start_server, tmp_path):
    dsn = dsn_of(tmp_path)

    def person(name, *roles, **changes):
        text = token(sub=name, tenant="pension", roles=list(roles), **changes)
        return Client(server.address, token=text, retry=Retry(attempts=1), timeout_seconds=AMPLE_SECONDS)

    with start_server(worker_count="1", store_dsn=dsn, **tokens.token_settings(tmp_path)) as server:
        with (
            person("ada", "operator") as ada,
            person("vic", "viewer") as vic,
            person("ben", "approver") as ben,
        ):
            ada.rebalance.create_job(TENANT, "monthly", job())
            ada.monitor.record_marks(JOB, marks(DAY))
            for refused in (
                lambda: vic.rebalance.run_job(JOB),
                lambda: vic.monitor.record_marks(JOB, marks(DAY)),
                lambda: ben.rebalance.run_job(JOB),
                lambda: ben.rebalance.create_job(TENANT, "mine", job()),
                lambda: ada.rebalance.approve(f"{JOB}/proposals/p1", "0" * 64),
                lambda: ada.rebalance.release_kill_switch(TENANT, "on"),
            ):
                with pytest.raises(AccessDenied):
                    refused()
            run = ada.rebalance.wait_for_run(ada.rebalance.run_job(JOB).name, timeout_seconds=AMPLE_SECONDS)
            proposal = vic.rebalance.get_proposal(run.proposal)
            ada.rebalance.engage_kill_switch(JOB, "wait")
            with pytest.raises(PreconditionFailed, match="REBALANCING_HALTED"):
                ben.rebalance.approve(proposal.name, proposal.content_sha256)
            ben.rebalance.release_kill_switch(JOB, "go on")
            approved = ben.rebalance.approve(proposal.name, proposal.content_sha256)
            assert approved.decision.authenticated is True
        for bad in (
            {"exp": int(time.time()) - 3600},
            {"iat": int(time.time()) + 3600, "nbf": int(time.time()) + 3600},
            {"aud": "another"},
            {"iss": "https://another.example"},
        ):
            with person("ada", "operator", **bad) as stranger, pytest.raises(CredentialsRefused):
                stranger.rebalance.get_job(JOB)
        other = token(sub="eve", tenant="endowment", roles=["viewer", "operator", "approver"])
        with Client(server.address, token=other) as eve, pytest.raises(AccessDenied):
            eve.rebalance.get_job(JOB)
        limit = time.monotonic() + AMPLE_SECONDS
        while time.monotonic() < limit:
            actions = [row.action for row in rows_of(dsn)]
            if actions.count("access.refuse") == 6 + 4 + 1:
                break
            time.sleep(0.1)
    refusals = [row for row in rows_of(dsn) if row.action == "access.refuse"]
    assert len(refusals) == 6 + 4 + 1, "six missing roles, four bad tokens, one other tenant"
    assert {json.loads(row.details_json).get("cause") for row in refusals} >= {"role", "expired", "audience"}


@pytest.mark.timeout(120 + 60 * KILLS)
def test_a_killed_server_loses_no_run_and_ends_each_once(start_server, tmp_path):
    dsn, chance = dsn_of(tmp_path), random.Random(6)  # noqa: S311
    asked = []
    for kill in range(KILLS):
        with start_server(worker_count="1", store_dsn=dsn) as server:
            with as_person(server.address, "ada") as ada:
                if kill == 0:
                    ada.rebalance.create_job(TENANT, "monthly", job())
                    ada.monitor.record_marks(JOB, marks(DAY))
                # Refused where the one before is still under work, by whoever holds its lease.
                with suppress(PreconditionFailed):
                    asked.append(ada.rebalance.run_job(JOB).name)
                time.sleep(chance.uniform(0.0, 2.0))
            server.process.kill()
            server.process.wait()
    with start_server(worker_count="1", store_dsn=dsn) as server, as_person(server.address, "ada") as ada:
        for name in asked:
            ended = ada.rebalance.wait_for_run(name, timeout_seconds=AMPLE_SECONDS)
            assert ended.state is RebalanceRunState.SUCCEEDED
            assert ended.outcome is RebalanceRunOutcome.PROPOSED
        proposals = list(ada.rebalance.list_proposals(JOB))
        assert sorted(proposal.run for proposal in proposals) == sorted(asked)
        assert sum(proposal.state is RebalanceProposalState.OPEN for proposal in proposals) == 1
    actions = [row.action for row in rows_of(dsn)]
    assert actions.count("run.create") == actions.count("run.succeeded") == len(asked)


def test_a_store_that_cannot_be_used_stops_rebalancing_alone(start_server, tmp_path):
    dsn = f"sqlite:///{tmp_path / 'nowhere' / 'store.sqlite3'}"
    with start_server(worker_count="1", store_dsn=dsn) as server:
        client = Client(server.address, retry=Retry(attempts=1), timeout_seconds=AMPLE_SECONDS)
        with client, pytest.raises(ServiceError, match="STORE_UNAVAILABLE"):
            client.rebalance.get_job("tenants/default/rebalanceJobs/monthly")
        with Client(server.address, timeout_seconds=AMPLE_SECONDS) as solving:
            assert solving.allocate(fund()).positions

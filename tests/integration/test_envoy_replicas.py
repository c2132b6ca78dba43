"""Two replicas of the real server with one store behind a real Envoy: killed and drained under load."""

from __future__ import annotations

import datetime
import itertools
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from counterpoise import Client, Retry
from counterpoise.model import RebalanceJob, RebalanceRunState
from optimizer.store import audit_rows, opened, reading, verify_audit
from tests.golden_problems import sixty_forty_with_overlay
from tests.postgres import database
from tests.proxying import CLUSTERS, proxying
from tests.rebalancing import fund, marks
from tests.serving import serving
from tests.steady_load import steady_load
from tests.tokens import token, token_settings

AMPLE_SECONDS = 60.0
TENANT = "tenants/pension"
JOB = f"{TENANT}/rebalanceJobs/monthly"
ROLES = ["viewer", "operator", "approver"]
DAY = datetime.datetime.now(datetime.UTC).date()
CALLERS = 12
PROBLEM = sixty_forty_with_overlay()
NEWER = RebalanceJob(name=JOB, display_name="Newer", problem=fund())


@dataclass
class Deployment:
    """Replicas, the proxy in front of them, and what ends with a test."""

    settings: dict
    folder: Path
    opened: ExitStack
    replicas: list = field(default_factory=list)
    proxy: object = None
    of_test: ExitStack = field(default_factory=ExitStack)

    def start(self, address):
        """A replica on this address, at its port where it has been before."""
        settings = self.settings | {"listen_address": address}
        log = self.folder / f"log-{time.monotonic_ns()}"
        return self.opened.enter_context(serving(log, settings))

    def complete(self):
        """Starts again what has ended."""
        self.replicas = [
            self.start(replica.address) if replica.process.poll() is not None else replica
            for replica in self.replicas
        ]
        self.proxy.wait_until_healthy([replica.address for replica in self.replicas])

    def client(self, attempts=4):
        retry = Retry(attempts=attempts)
        text = token(tenant="pension", roles=ROLES)
        client = Client(
            self.proxy.address,
            credentials=self.proxy.credentials,
            token=text,
            retry=retry,
            timeout_seconds=AMPLE_SECONDS,
        )
        return self.of_test.enter_context(client)

    def callers(self, attempts):
        """Calls of all kinds, each with a connection of its own."""
        kinds = (
            lambda client: client.allocate(PROBLEM),
            lambda client: client.validate(PROBLEM),
            lambda client: client.rebalance.get_job(JOB),
            lambda client: client.rebalance.update_job(NEWER, ["display_name"]),
        )
        clients = [self.client(attempts) for _ in range(CALLERS)]
        return [lambda call=kinds[i % 4], client=client: call(client) for i, client in enumerate(clients)]

    def retries(self):
        """Calls that the proxy tried again so far."""
        return sum(self.proxy.count(f"cluster.{cluster}.upstream_rq_retry") for cluster in CLUSTERS)

    def received(self):
        """Calls that the proxy took so far, those that clients tried again included."""
        return self.proxy.count("http.calls.downstream_rq_total")


@pytest.fixture(scope="module")
def deployed(postgresql_dsn, migrated_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployment")
    with ExitStack() as opened:
        dsn = opened.enter_context(database(postgresql_dsn, migrated_template))
        settings = {"store_dsn": dsn, "worker_count": "1", "maximum_concurrent_calls": "64"}
        running = Deployment(settings | token_settings(folder), folder, opened)
        running.replicas = [running.start("127.0.0.1:0") for _ in range(2)]
        addresses = [replica.address for replica in running.replicas]
        running.proxy = opened.enter_context(proxying(folder, addresses))
        client = running.client()
        client.rebalance.create_job(TENANT, "monthly", RebalanceJob(display_name="Monthly", problem=fund()))
        client.monitor.record_marks(JOB, marks(DAY))
        yield running
        running.of_test.close()


@pytest.fixture
def deployment(deployed):
    deployed.complete()
    yield deployed
    deployed.of_test.close()


@pytest.mark.parametrize("attempts", [4, 1], ids=["with-retries-of-its-own", "without"])
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_replica_that_ends_under_load_fails_no_call(deployment, by, attempts):
    ending, staying = deployment.replicas
    before, retries = deployment.received(), deployment.retries()
    with steady_load(*deployment.callers(attempts)) as load:
        load.wait_for(60)
        ending.process.send_signal(by)
        assert ending.process.wait(AMPLE_SECONDS) == (-signal.SIGKILL if by == signal.SIGKILL else 0)
        load.wait_for(60)
        deployment.proxy.wait_until_healthy([staying.address])
        load.wait_for(20)
    ended = load.answered + len(load.failures)
    retries = deployment.retries() - retries
    numbers = (
        f"{ended} calls, {len(load.failures)} failed, {retries} tried again by the proxy, "
        f"{deployment.received() - before - ended} by clients"
    )
    print(numbers)  # noqa: T201 - shown by `pytest -rP`
    assert load.failures == [], numbers
    assert retries > 0, "the load met nothing"


def test_a_change_that_is_tried_again_has_one_effect(deployment):
    numbers, made, before = itertools.count(), [], deployment.retries()

    def creating(client):
        name = f"job-{next(numbers)}"
        # Made twice it would be there already, which is an error.
        created = client.rebalance.create_job(TENANT, name, RebalanceJob(display_name=name, problem=fund()))
        made.append(created.name)

    clients = [deployment.client() for _ in range(CALLERS)]
    with steady_load(*[partial(creating, client) for client in clients]) as load:
        load.wait_for(30)
        deployment.replicas[0].process.kill()
        load.wait_for(30)
    assert load.failures == []
    assert deployment.retries() > before, "the load met nothing"
    with opened(deployment.settings["store_dsn"]) as engine, reading(engine) as connection:
        verify_audit(connection)
        rows = audit_rows(connection, tenant=None, limit=10_000)
    recorded = [
        row.resource_name for row in rows if row.action == "job.create" and "/job-" in row.resource_name
    ]
    assert sorted(recorded) == sorted(made)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_watch_goes_on_over_a_replica_that_ends_and_misses_no_change(deployment, by):
    watcher, worker = deployment.client(), deployment.client()
    seen, first, over = [], threading.Event(), threading.Event()

    def watch():
        with closing(watcher.rebalance.watch_runs(JOB, timeout_seconds=AMPLE_SECONDS)) as changes:
            for change in changes:
                run = change.rebalance_run
                seen.append((run.name, run.state))
                first.set()
                if over.is_set():
                    return

    def run():
        started = worker.rebalance.run_job(JOB)
        return worker.rebalance.wait_for_run(started.name, timeout_seconds=AMPLE_SECONDS)

    with ThreadPoolExecutor(1) as beside:
        watching = beside.submit(watch)
        time.sleep(1.0)
        before = run()
        assert first.wait(AMPLE_SECONDS)
        (watched,) = (replica for replica in deployment.replicas if streams(deployment, replica))
        watched.process.send_signal(by)
        watched.process.wait(AMPLE_SECONDS)
        # Made while nobody may be watching.
        after = [run() for _ in range(2)]
        wanted = {(made.name, RebalanceRunState.SUCCEEDED) for made in (before, *after)}
        limit = time.monotonic() + AMPLE_SECONDS / 2
        while not wanted <= set(seen) and time.monotonic() < limit:
            time.sleep(0.1)
        over.set()
        run()  # the change that lets the watch notice
        watching.result(AMPLE_SECONDS)
    assert wanted <= set(seen)


def streams(deployment, replica):
    """Whether the watch is on this replica: of all calls it alone stays."""
    _, text = deployment.proxy.page("admin", "/clusters")
    return f"counterpoise-records::{replica.address}::rq_active::1" in text

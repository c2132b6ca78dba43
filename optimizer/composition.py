"""Puts the server together: use cases with workers, the store with what works on it, servicers in front.

Imported once the fork server is running, because it loads gRPC.
"""

from __future__ import annotations

import asyncio
import datetime
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import structlog

from counterpoise.model import (
    EstimateRiskModelRequest,
    EstimateRiskModelResponse,
    MeasureAlphaCaptureRequest,
    MeasureAlphaCaptureResponse,
    VerifyAlphaRequest,
    VerifyAlphaResponse,
)
from optimizer.answering.answerer import Answerer
from optimizer.answering.clusters import crew_of
from optimizer.background import rebalancing
from optimizer.rebalance.calls import changes_of_runs, monitor_calls, rebalance_calls
from optimizer.rebalance.names import STRANGER, actor_of
from optimizer.rebalance.opening import Opening
from optimizer.rebalance.scheduling.one_round import Round, ended, start_due, start_slot
from optimizer.service.allocation import AllocationServicer
from optimizer.service.analysis import AnalysisServicer
from optimizer.service.connections import Connections
from optimizer.service.identity import Principal, Role
from optimizer.service.monitor import MonitorServicer
from optimizer.service.rebalance import RebalanceServicer
from optimizer.service.refusals import RefusalWriter
from optimizer.service.server import ServerOptions, serve
from optimizer.service.sweeping import SweepServicer
from optimizer.service.tokens import TokenVerifier
from optimizer.settings import Settings
from optimizer.store import Act, RunRow, append_audit, writing
from optimizer.telemetry.exposition import exposing
from optimizer.telemetry.metrics import Metrics
from optimizer.telemetry.pages import Check
from optimizer.usecases.allocate import SERVER_VERSION
from optimizer.usecases.analyse import measure_liquidity, stress_portfolio
from optimizer.usecases.validate import validate_portfolio
from optimizer.workers import WorkerPool

ROUND_SECONDS = 1_500.0
"""Longest wait for the runs of one round; a cluster's clock that ends rounds does so later."""
_log = structlog.get_logger(__name__)


def serve_all(
    settings: Settings,
    token_verifier: TokenVerifier | None,
    pool: WorkerPool,
    announce: Callable[[str], None],
    *,
    with_scheduler: bool,
) -> None:
    """Serve until SIGTERM or SIGINT; `announce` gets the bound address.

    Raises ListenError, and ExpositionError for the address of metrics.
    """
    metrics = Metrics(SERVER_VERSION)
    metrics.watch_workers(pool.counts)
    checks: dict[str, Check] = {"workers": lambda: pool.is_working}
    answerer = Answerer(pool, time_limit_seconds=settings.time_limit_seconds, metrics=metrics.solves)
    with (
        exposed(settings, metrics, checks),
        crew_of(settings.dask_scheduler_address, pool) as crew,
        rebalancing(settings, answerer, metrics, checks, scheduling=with_scheduler) as opening,
        RefusalWriter(partial(_record, opening)) as refusals,
    ):
        servicers = (
            AllocationServicer(answerer, validate_portfolio),
            SweepServicer(pool, crew, time_limit_seconds=settings.time_limit_seconds, metrics=metrics.solves),
            AnalysisServicer(
                stress_portfolio,
                measure_liquidity,
                _verify_alpha,
                _measure_alpha_capture,
                _estimate_risk_model,
            ),
            RebalanceServicer(rebalance_calls(opening.desk), partial(changes_of_runs, opening.desk)),
            MonitorServicer(monitor_calls(opening.desk)),
        )
        options = ServerOptions(
            listen_address=settings.listen_address,
            maximum_concurrent_calls=settings.concurrent_calls,
            places=settings.places,
            maximum_light_calls=settings.maximum_light_calls,
            connections=Connections(
                keepalive_seconds=settings.keepalive_seconds,
                age_seconds=settings.connection_age_seconds or None,
                grace_seconds=settings.grace_seconds,
            ),
            drain_seconds=settings.drain_seconds,
            tls_certificate_file=settings.tls_certificate_file,
            tls_key_file=settings.tls_key_file,
            token_verifier=token_verifier,
            on_refusal=refusals.note,
            metrics=metrics.calls,
        )
        asyncio.run(serve(options, servicers, announce))


def schedule_all(settings: Settings, pool: WorkerPool) -> None:
    """Start the runs of slots and triggers and work on them, until SIGTERM or SIGINT.

    Raises ExpositionError for the address of metrics.
    """
    metrics = Metrics(SERVER_VERSION)
    metrics.watch_workers(pool.counts)
    checks: dict[str, Check] = {"workers": lambda: pool.is_working}
    answerer = Answerer(pool, time_limit_seconds=settings.time_limit_seconds, metrics=metrics.solves)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with (
        exposed(settings, metrics, checks),
        rebalancing(settings, answerer, metrics, checks, scheduling=True),
    ):
        stopped.wait()


def run_round(
    settings: Settings, pool: WorkerPool, job_name: str | None, slot: datetime.datetime | None, operator: str
) -> tuple[list[RunRow], Round]:
    """Start what is due, or the run of a slot, and work on it until it has ended.

    The runs as they stand then, and what the round came to. Raises Refused, RequestInvalid, StoreError and
    ClockIsWrong.
    """
    metrics = Metrics(SERVER_VERSION)
    answerer = Answerer(pool, time_limit_seconds=settings.time_limit_seconds, metrics=metrics.solves)
    with rebalancing(settings, answerer, metrics, {}, scheduling=False) as opening:
        desk = opening.desk()
        if job_name is not None and slot is not None:
            caller = Principal(
                subject=operator, tenant=job_name.split("/")[1], roles=frozenset(Role), authenticated=False
            )
            done = Round(started=[start_slot(desk, job_name, slot, caller)])
        else:
            done = start_due(desk, job_name)
        return list(ended(desk, done.started, ROUND_SECONDS)), done


@contextmanager
def exposed(settings: Settings, metrics: Metrics, checks: dict[str, Check]) -> Iterator[None]:
    """Metrics and health to be had at `metrics_address`, if there is one. Raises ExpositionError."""
    with ExitStack() as stack:
        if settings.metrics_address is not None:
            address = stack.enter_context(exposing(settings.metrics_address, metrics.registry, checks))
            _log.info("metrics", address=address)
        yield


def _record(opening: Opening, principal: Principal | None, method: str, cause: str) -> None:
    """One row in the audit log for a call that the gate refused; none where nothing is kept yet."""
    desk = opening.opened()
    if desk is None:
        return
    actor = STRANGER if principal is None else actor_of(principal)
    with writing(desk.engine) as connection:
        act = Act(connection=connection, actor=actor, instant=desk.now())
        append_audit(act, "access.refuse", method, {"cause": cause})


def _verify_alpha(request: VerifyAlphaRequest) -> VerifyAlphaResponse:
    # Statistics take longer to load than the rest of the server: its first question waits, not its start.
    from optimizer.usecases.verify_alpha import verify_alpha

    return verify_alpha(request)


def _measure_alpha_capture(request: MeasureAlphaCaptureRequest) -> MeasureAlphaCaptureResponse:
    from optimizer.usecases.measure_alpha_capture import measure_alpha_capture

    return measure_alpha_capture(request)


def _estimate_risk_model(request: EstimateRiskModelRequest) -> EstimateRiskModelResponse:
    from optimizer.usecases.estimate_risk_model import estimate_risk_model

    return estimate_risk_model(request)

"""The store, and the threads of a process that work on what it holds."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import structlog

from counterpoise.model import AllocateRequest, Allocation, AllocationProblem
from optimizer.answering.answerer import Answerer
from optimizer.rebalance.desk import Desk
from optimizer.rebalance.opening import Opening
from optimizer.rebalance.runner import Runner
from optimizer.rebalance.scheduling.scheduler import Scheduler
from optimizer.rebalance.store_figures import FiguresReader
from optimizer.settings import Settings
from optimizer.store import Engine, database_file, open_engine, upgrade
from optimizer.telemetry.metrics import Metrics
from optimizer.telemetry.pages import Check
from optimizer.usecases.errors import Refused
from optimizer.workers import Cancellation

if TYPE_CHECKING:
    from optimizer.rebalance.courier import Courier

_log = structlog.get_logger(__name__)


@contextmanager
def rebalancing(
    settings: Settings,
    answerer: Answerer,
    metrics: Metrics,
    checks: dict[str, Check],
    *,
    scheduling: bool,
) -> Iterator[Opening]:
    """The store, opened when it is first needed, and the threads that work on what it holds."""

    def allocate(problem: AllocationProblem, cancellation: Cancellation) -> Allocation:
        return answerer.allocate(AllocateRequest(problem=problem), cancellation=cancellation).allocation

    def desk_of(engine: Engine) -> Desk:
        return Desk(
            engine=engine,
            now=_now,
            wake=runner.wake,
            delivers=settings.webhook_url is not None,
            metrics=metrics.schedule,
        )

    dsn = settings.store_dsn.get_secret_value()
    opening = Opening(lambda: _open_store(dsn), desk_of)
    runner = Runner(opening.opened, allocate)
    courier = _courier(settings, opening)
    scheduler = Scheduler(
        partial(_desk_or_none, opening), metrics.jobs, heartbeat_seconds=settings.heartbeat_seconds
    )
    figures = FiguresReader(opening.opened, metrics.store_figures_failed)
    metrics.watch_store(figures.figures)
    file = database_file(dsn)
    if file is None or file.exists():
        # There may be runs that a crash left behind, and trades and messages that wait.
        with suppress(Refused):
            opening.desk()
    runner.start()
    checks["runner"] = lambda: runner.is_working
    if courier is not None:
        courier.start()
    if scheduling:
        scheduler.start()
        checks["scheduler"] = lambda: scheduler.is_working
    if settings.metrics_address is not None:
        figures.start()
    try:
        yield opening
    finally:
        # All at once: where the store hangs each of them waits for it.
        stops = [scheduler.stop, runner.stop, figures.stop]
        if courier is not None:
            stops.append(courier.stop)
        with ThreadPoolExecutor(len(stops)) as executor:
            for stop in stops:
                executor.submit(stop)
        opening.close()


def _desk_or_none(opening: Opening) -> Desk | None:
    """The desk; None while the store cannot be used, which whoever asks tries again."""
    try:
        return opening.desk()
    except Refused as refused:
        _log.warning("the store cannot be used; trying again", error=refused.message)
        return None


def _open_store(dsn: str) -> Engine:
    engine = open_engine(dsn)
    if engine.dialect.name == "sqlite":
        # A file has no operator of its own; a database that servers share is migrated by theirs.
        upgrade(engine)
    return engine


def _courier(settings: Settings, opening: Opening) -> Courier | None:
    if settings.webhook_url is None or settings.webhook_secret_file is None:
        return None
    # What posts over HTTP is slow to load, and few servers post.
    from optimizer.rebalance.courier import Courier, Webhook

    secret = settings.webhook_secret_file.read_bytes().strip()
    webhook = Webhook(url=settings.webhook_url.get_secret_value(), secret=secret)
    return Courier(opening.opened, webhook)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)

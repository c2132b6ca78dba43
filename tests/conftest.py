"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from counterpoise.model import AllocateRequest, Allocation, AllocationProblem

if TYPE_CHECKING:
    from optimizer.answering.answerer import Answerer
    from optimizer.store import Engine

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
TIME_LIMIT_SECONDS = 60.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what reads the data folder where there is none."""
    if SHARED_DATA.is_dir():
        return
    skip = pytest.mark.skip(reason="no data folder ../shared/data beside the checkout")
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of market data; a test that uses it is marked shared_data."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def allocator() -> Iterator[Answerer]:
    """The use case behind Allocate, with a real worker process."""
    from optimizer.answering.answerer import Answerer
    from optimizer.workers import WorkerPool

    pool = WorkerPool(1)
    pool.start()
    yield Answerer(pool, time_limit_seconds=TIME_LIMIT_SECONDS)
    pool.stop()


@pytest.fixture(scope="session")
def allocate(allocator: Answerer) -> Callable[[AllocationProblem], Allocation]:
    """Allocates in process, without a server."""

    def run(problem: AllocationProblem) -> Allocation:
        return allocator.allocate(AllocateRequest(problem=problem)).allocation

    return run


@pytest.fixture(scope="session")
def postgresql_dsn() -> Iterator[str]:
    """DSN of a PostgreSQL server on which databases may be made."""
    from tests.postgres import postgresql

    with postgresql() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def migrated_template(postgresql_dsn: str) -> Iterator[str]:
    """Name of a PostgreSQL database with the store's tables, to be copied."""
    from sqlalchemy.engine import make_url

    from tests.postgres import database

    with database(postgresql_dsn) as dsn:
        _migrate(dsn)
        yield str(make_url(dsn).database)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_store_dsn(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """DSN of a database of the test's own without tables: the test runs on SQLite and on PostgreSQL."""
    from tests.postgres import database

    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.sqlite3"
        return
    with database(request.getfixturevalue("postgresql_dsn")) as dsn:
        yield dsn


@pytest.fixture(params=["sqlite", "postgresql"])
def store_dsn(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """DSN of a migrated database of the test's own: the test runs on SQLite and on PostgreSQL."""
    from tests.postgres import database

    if request.param == "sqlite":
        _migrate(dsn := f"sqlite:///{tmp_path}/store.sqlite3")
        yield dsn
        return
    template = request.getfixturevalue("migrated_template")
    with database(request.getfixturevalue("postgresql_dsn"), template) as dsn:
        yield dsn


def _migrate(dsn: str) -> None:
    from optimizer.store import open_engine, upgrade

    engine = open_engine(dsn)
    upgrade(engine)
    engine.dispose()


@pytest.fixture
def store(store_dsn: str) -> Iterator[Engine]:
    """Engine of a migrated database."""
    from optimizer.store import open_engine

    engine = open_engine(store_dsn)
    yield engine
    engine.dispose()

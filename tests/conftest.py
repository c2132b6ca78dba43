"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from counterpoise.model import AllocateRequest, Allocation, AllocationProblem

if TYPE_CHECKING:
    from optimizer.usecases.allocate import Allocator

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
def allocator() -> Iterator[Allocator]:
    """The use case behind Allocate, with a real worker process."""
    from optimizer.usecases.allocate import Allocator
    from optimizer.workers import WorkerPool

    pool = WorkerPool(1)
    pool.start()
    yield Allocator(pool, time_limit_seconds=TIME_LIMIT_SECONDS)
    pool.stop()


@pytest.fixture(scope="session")
def allocate(allocator: Allocator) -> Callable[[AllocationProblem], Allocation]:
    """Allocates in process, without a server."""

    def run(problem: AllocationProblem) -> Allocation:
        return allocator.allocate(AllocateRequest(problem=problem)).allocation

    return run

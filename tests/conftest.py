"""What all tests share."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


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

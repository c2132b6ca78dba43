"""A real server in a process of its own."""

from contextlib import contextmanager

import pytest

from tests.serving import serving


@pytest.fixture(scope="session")
def start_server(tmp_path_factory):
    """A context manager that starts a server with settings and ends it."""

    @contextmanager
    def start(**settings):
        log = tmp_path_factory.mktemp("server") / "log"
        with serving(log, {"worker_count": "2"} | settings) as running:
            yield running

    return start


@pytest.fixture(scope="session")
def server(start_server):
    """One server for all tests that leave it as it is."""
    with start_server() as running:
        yield running

"""Which crew the settings lead to, and what an operator hears where there is none."""

import threading
from importlib.util import find_spec

import pytest

from optimizer.answering import clusters
from optimizer.answering.clusters import ClusterError, counting, crew_of
from optimizer.answering.executors import LocalCrew
from optimizer.workers import WorkerPool

needs_distributed = pytest.mark.skipif(
    find_spec("distributed") is None, reason="distributed, the extra `cluster`, is not installed"
)


def test_without_an_address_the_workers_are_those_of_this_server():
    with crew_of(None, WorkerPool(3)) as crew:
        assert isinstance(crew, LocalCrew)
        assert crew.worker_count == 3


def test_an_address_without_the_extra_names_the_extra(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(clusters, "import_module", missing)
    with pytest.raises(ClusterError, match=r"install counterpoise-optimizer\[cluster\]"):
        crew_of("tcp://127.0.0.1:8786", WorkerPool(1)).__enter__()


@needs_distributed
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1; start it"),
        ("tls://127.0.0.1:1", "TLS"),
        ("nothing://127.0.0.1:1", "no Dask scheduler answers at nothing://"),
    ],
)
def test_a_scheduler_that_cannot_be_reached_is_named(monkeypatch, address, told):
    monkeypatch.setattr(clusters, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(ClusterError, match=told):
        crew_of(address, WorkerPool(1)).__enter__()


def test_counting_workers_waits_for_no_scheduler(monkeypatch):
    monkeypatch.setattr(clusters, "_COUNT_SECONDS", 0.001)
    asked, gate, answers = threading.Event(), threading.Event(), iter([2, 5])

    def ask():
        found = next(answers)
        if found == 5:
            asked.set()
            assert gate.wait(30.0)
        return found

    with counting(ask) as count:
        assert asked.wait(30.0)
        assert count() == 2
        gate.set()
        for _ in range(30_000):
            if count() == 5:
                break
            threading.Event().wait(0.001)
        assert count() == 5

"""A worker that is killed sends nothing: what it did is in the trace all the same."""

import json
import logging
import os
import signal
import socket
import time
from concurrent.futures import CancelledError

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from optimizer.answering.spans import worker_span
from optimizer.service.logs import configure_logs
from optimizer.telemetry import collector as collector_module
from optimizer.telemetry import traces
from optimizer.workers import Cancellation, WorkerLost, WorkerPool
from tests import worker_tasks
from tests.collector import collecting, named

AMPLE_SECONDS = 60.0


@pytest.fixture
def pool():
    pool = WorkerPool(1, ("pytest", "tests.worker_tasks"))
    pool.start()
    yield pool
    pool.stop()


@pytest.fixture
def collector():
    with collecting() as opened:
        yield opened


@pytest.fixture
def logging_as_it_was():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def read_when_there(path):
    limit = time.monotonic() + AMPLE_SECONDS
    while not path.exists():
        assert time.monotonic() < limit
        time.sleep(0.001)
    return int(path.read_text())


def kill(pid, cancellation):
    os.kill(pid, signal.SIGKILL)


def cancel(pid, cancellation):
    cancellation.cancel()


def wait(pid, cancellation):
    """The deadline comes by itself."""


@pytest.mark.parametrize(
    ("end", "error"), [(kill, WorkerLost), (cancel, CancelledError), (wait, TimeoutError)]
)
def test_the_span_of_a_worker_that_was_killed_or_lost_has_an_error(pool, collector, tmp_path, end, error):
    cancellation, file = Cancellation(), tmp_path / "pid"

    def run():
        with traces.span("solve"):
            submit().result()

    def submit():
        future = pool.submit(
            worker_tasks.announce_and_hang,
            str(file),
            timeout_seconds=2.0 if end is wait else AMPLE_SECONDS,
            cancellation=cancellation,
            on_stint=worker_span(),
        )
        end(read_when_there(file), cancellation)
        return future

    with traces.exported_to(collector.endpoint), pytest.raises(error):
        run()
    pid = read_when_there(file)
    solve, worker = named(collector.spans, "solve"), named(collector.spans, "worker")
    assert (worker.trace_id, worker.parent_id) == (solve.trace_id, solve.span_id)
    assert solve.start_ns <= worker.start_ns < worker.end_ns <= solve.end_ns
    assert worker.failed
    assert worker.attributes == {"process.pid": pid, "error.type": error.__name__}
    assert (solve.failed, solve.status_message) == (True, error.__name__)


def test_a_task_that_never_left_the_queue_has_no_span_of_a_worker(pool, collector, tmp_path):
    file = tmp_path / "pid"
    hanging = pool.submit(worker_tasks.announce_and_hang, str(file), timeout_seconds=AMPLE_SECONDS)
    read_when_there(file)
    with traces.exported_to(collector.endpoint), pytest.raises(TimeoutError), traces.span("solve"):
        pool.submit(worker_tasks.echo, 1, timeout_seconds=0.05, on_stint=worker_span()).result()
    assert [span.name for span in collector.spans] == ["solve"]
    assert not hanging.done()


def test_the_text_of_an_exception_stays_out_of_spans(pool, collector):
    with traces.exported_to(collector.endpoint), pytest.raises(ValueError, match="nav"), traces.span("solve"):
        pool.submit(
            worker_tasks.fail, "nav of the client", timeout_seconds=AMPLE_SECONDS, on_stint=worker_span()
        ).result()
    assert named(collector.spans, "worker").attributes["error.type"] == "ValueError"
    assert "nav of the client" not in "".join(collector.texts)


def test_the_line_of_a_lost_worker_carries_the_ids_of_its_call(
    pool, collector, tmp_path, logging_as_it_was, capsys
):
    configure_logs("info", "json")
    file = tmp_path / "pid"
    with traces.exported_to(collector.endpoint), traces.span("solve"), bound_contextvars(request_id="mine"):
        future = pool.submit(worker_tasks.announce_and_hang, str(file), timeout_seconds=AMPLE_SECONDS)
        os.kill(read_when_there(file), signal.SIGKILL)
        with pytest.raises(WorkerLost):
            future.result()
        # The slot logs before its next task.
        assert pool.submit(worker_tasks.echo, 1, timeout_seconds=AMPLE_SECONDS).result() == 1
    solve = named(collector.spans, "solve")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (line,) = [line for line in lines if line["event"].startswith("worker died")]
    assert (line["trace_id"], line["span_id"]) == (solve.trace_id, solve.span_id)
    assert line["request_id"] == "mine"


def test_the_end_does_not_wait_for_a_collector_that_never_answers(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with traces.exported_to(endpoint):
            with traces.span("solve"):
                pass
            start = time.monotonic()
        # The library alone would wait for half a minute and more.
        assert time.monotonic() - start < 5 * collector_module.STOP_SECONDS


def test_variables_that_cannot_be_used_are_named(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")
    with pytest.raises(traces.TracesError, match="soon"), traces.exported_to("http://127.0.0.1:4317"):
        pass


def test_without_a_collector_nothing_is_recorded():
    with traces.exported_to(None), traces.span("solve"), traces.call_span("call", (), {}):
        assert not traces.enabled()
        assert worker_span() is None
        assert traces.current_ids() is None
        traces.annotate({"a": 1})

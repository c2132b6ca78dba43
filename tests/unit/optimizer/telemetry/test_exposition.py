"""The pages for scrapers and probes, and those who come with something else."""

import contextlib
import socket
import threading
import time

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from optimizer.telemetry import exposition
from optimizer.telemetry.exposition import ExpositionError, exposing
from tests.scraping import AMPLE_SECONDS, fetch, value


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    Counter("counterpoise_scrapes_total", "Help.", registry=registry).inc(3)
    return registry


@pytest.fixture
def checks():
    return {"runner": lambda: True, "workers": lambda: True}


@pytest.fixture
def address(registry, checks):
    with exposing("127.0.0.1:0", registry, checks) as bound:
        yield bound


def said(address, request):
    """What comes back for some bytes, until the other end closes."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), AMPLE_SECONDS) as connection:
        connection.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while block := connection.recv(65536):
                answer += block
        return answer


def test_metrics_are_text_unless_openmetrics_is_asked_for(address):
    status, text = fetch(address)
    assert (status, value(text, "scrapes_total")) == (200, 3)
    assert "# EOF" not in text
    _, text = fetch(address, accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert text.endswith("# EOF\n")
    (family,) = text_string_to_metric_families(text)
    assert family.samples[0].value == 3


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/openmetrics-text;version=9\nPLANTED", "text/plain;version=;;=,,", "é", ";" * 999],
)
def test_an_accept_that_makes_no_sense_gets_an_answer_all_the_same(address, accept):
    answer = said(address, b"GET /metrics HTTP/1.1\r\naccept:" + accept.encode("latin-1") + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"counterpoise_scrapes_total 3.0" in answer
    assert b"PLANTED" not in answer


def test_health_is_bad_while_a_check_fails_and_names_it(address, checks):
    assert fetch(address, "/healthz") == (200, "ok\n")
    checks["runner"] = lambda: False
    checks["store"] = lambda: 1 / 0
    assert fetch(address, "/healthz") == (503, "not fine: runner, store\n")
    checks["runner"] = checks["store"] = lambda: True
    assert fetch(address, "/healthz") == (200, "ok\n")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"GET /metrics/../../etc/passwd HTTP/1.1\r\n\r\n", 404),
        (b"GET /metrics?name=x HTTP/1.0\r\n\r\n", 200),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 9\r\n\r\nsomething", 405),
        (b"HEAD /healthz HTTP/1.1\r\n\r\n", 405),
        (b"PRI * HTTP/2.0\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nA: " + b"a" * 20_000 + b"\r\n\r\n", 431),
    ],
)
def test_other_requests_are_refused_and_the_next_scrape_is_answered(address, request_bytes, status):
    assert said(address, request_bytes).startswith(f"HTTP/1.1 {status} ".encode())
    assert fetch(address)[0] == 200


def test_a_collector_that_fails_costs_one_answer(address, registry):
    class Failing:
        fail = False

        def collect(self):
            if self.fail:
                raise RuntimeError("PLANTED")
            return []

    failing = Failing()
    registry.register(failing)
    failing.fail = True
    status, text = fetch(address)
    assert (status, "PLANTED" in text) == (500, False)
    failing.fail = False
    assert fetch(address)[0] == 200


def test_who_sends_slowly_is_cut_off_and_keeps_nobody_waiting(registry, monkeypatch):
    monkeypatch.setattr(exposition, "CONNECTION_SECONDS", 0.5)
    with exposing("127.0.0.1:0", registry, {}) as address:
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), AMPLE_SECONDS) as slow:
            slow.sendall(b"GET /metrics")
            assert fetch(address)[0] == 200
            # Something every moment, and never an end.
            with pytest.raises(ConnectionError):  # noqa: PT012
                for _ in range(6_000):
                    slow.sendall(b" ")
                    time.sleep(0.01)


@contextlib.contextmanager
def holding(address, count, request, receive_bytes=65536):
    """Connections that say something, and then neither read nor close."""
    host, _, port = address.rpartition(":")
    with contextlib.ExitStack() as stack:
        held = []
        for _ in range(count):
            connection = stack.enter_context(socket.socket())
            connection.settimeout(AMPLE_SECONDS)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            connection.connect((host, int(port)))
            connection.sendall(request)
            held.append(connection)
        yield held


def closed(connection):
    """Whether the other end closes before it says something; waits for either."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def three_places(registry, monkeypatch):
    """An address with three places that connections keep as long as nobody else comes."""
    monkeypatch.setattr(exposition, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(exposition, "CONNECTION_SECONDS", AMPLE_SECONDS * 10)
    with exposing("127.0.0.1:0", registry, {}) as address:
        yield address


def test_beyond_the_bound_the_oldest_makes_room_and_the_others_stay(three_places):
    with holding(three_places, 3, b"GET") as held:
        assert fetch(three_places, "/healthz")[0] == 200
        assert closed(held[0])
        for connection in held[1:]:
            connection.sendall(b" /healthz HTTP/1.1\r\n\r\n")
            assert connection.recv(15) == b"HTTP/1.1 200 OK"


def test_no_more_connections_than_the_bound_are_held(three_places):
    with holding(three_places, 20, b"") as held:
        assert all(closed(connection) for connection in held[:17])
        held[17].sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        assert held[17].recv(15) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    "request_bytes",
    [b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/1.1\r\n\r\n"],
    ids=["has-its-answer", "does-not-read"],
)
def test_whoever_holds_a_connection_for_something_else_keeps_no_probe_out(
    three_places, registry, request_bytes
):
    # More than two ends of a connection keep for one that does not read.
    Counter("counterpoise_large_total", "Help.", ("text",), registry=registry).labels("x" * 20_000_000)
    with holding(three_places, 6, request_bytes, receive_bytes=4096):
        assert [fetch(three_places, "/healthz")[0] for _ in range(5)] == [200] * 5


def test_who_has_sent_its_request_stays_while_others_hold_connections(three_places, registry):
    Counter("counterpoise_large_total", "Help.", ("text",), registry=registry).labels("x" * 20_000_000)
    with holding(three_places, 1, b"GET /metrics HTTP/1.1\r\n\r\n", receive_bytes=4096) as (reading,):
        assert reading.recv(15) == b"HTTP/1.1 200 OK"
        with holding(three_places, 10, b"GET") as others:
            assert all(closed(connection) for connection in others[:8])
            answer = b""
            while block := reading.recv(1 << 20):
                answer = answer[-100:] + block
    assert answer.endswith(b"\n")


def test_the_end_of_the_block_frees_the_port_and_ends_the_thread(registry):
    with exposing("127.0.0.1:0", registry, {}) as address:
        assert fetch(address)[0] == 200
        host, _, port = address.rpartition(":")
        open_connection = socket.create_connection((host, int(port)), AMPLE_SECONDS)
        open_connection.sendall(b"GET")
    assert "metrics" not in {thread.name for thread in threading.enumerate()}
    with open_connection, contextlib.suppress(ConnectionResetError):
        assert open_connection.recv(1) == b""
    with exposing(address, registry, {}) as again:
        assert (again, fetch(again)[0]) == (address, 200)


def test_a_taken_port_is_said_with_what_to_do(address, registry):
    with (
        pytest.raises(ExpositionError, match=rf"cannot serve metrics on {address}: .* metrics_address"),
        exposing(address, registry, {}),
    ):
        pass


def test_a_host_that_is_none_is_said(registry):
    with (
        pytest.raises(ExpositionError, match=r"cannot serve metrics on nowhere\.invalid:1"),
        exposing("nowhere.invalid:1", registry, {}),
    ):
        pass


@pytest.mark.skipif(not socket.has_ipv6, reason="the machine has no IPv6")
def test_an_ipv6_host_is_in_brackets(registry):
    with exposing("[::1]:0", registry, {}) as address:
        assert fetch(address)[0] == 200

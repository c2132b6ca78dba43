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


def test_connections_beyond_the_bound_are_closed_unread_and_places_come_back(registry, monkeypatch):
    monkeypatch.setattr(exposition, "MOST_CONNECTIONS", 3)
    with exposing("127.0.0.1:0", registry, {}) as address:
        host, _, port = address.rpartition(":")
        held = []
        for _ in range(3):
            connection = socket.create_connection((host, int(port)), AMPLE_SECONDS)
            connection.sendall(b"GET")
            held.append(connection)
        assert said(address, b"") == b""
        for connection in held:
            connection.close()
        limit = time.monotonic() + AMPLE_SECONDS
        while not said(address, b"GET /healthz HTTP/1.1\r\n\r\n"):
            assert time.monotonic() < limit
            time.sleep(0.01)


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

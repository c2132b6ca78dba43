"""GET /metrics and GET /healthz over plain HTTP, for Prometheus and for probes.

No tokens and no TLS, as scrapers expect it: whoever reaches the address reads the metrics. One thread serves
all connections. Each has one request without a body and a few seconds for everything; beyond a number of
them at once further ones are closed unread.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

CONNECTION_SECONDS = 5.0
"""From accepting a connection to having sent the answer."""
MOST_CONNECTIONS = 32
_HEAD_BYTES = 8192
_TEXT = "text/plain; charset=utf-8"
_log = structlog.get_logger(__name__)

Check = Callable[[], bool]
"""Whether something works; does not wait."""


class ExpositionError(Exception):
    """The address for metrics cannot be listened on."""


@dataclass(frozen=True)
class _Pages:
    registry: CollectorRegistry
    checks: Mapping[str, Check]

    def metrics(self, accept: str) -> tuple[HTTPStatus, str, bytes]:
        """All metrics, as OpenMetrics where the scraper asks for it."""
        encode, content_type = choose_encoder(accept)
        return HTTPStatus.OK, content_type, encode(self.registry)

    def health(self) -> tuple[HTTPStatus, str, bytes]:
        """200 while every check is fine; 503 with the names of those that are not."""
        failing = [name for name, check in tuple(self.checks.items()) if not _is_fine(name, check)]
        if failing:
            return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, f"not fine: {', '.join(failing)}\n".encode()
        return HTTPStatus.OK, _TEXT, b"ok\n"


@contextmanager
def exposing(address: str, registry: CollectorRegistry, checks: Mapping[str, Check]) -> Iterator[str]:
    """Serve until the end of the block; gives the address with the port that was bound.

    `checks` is read at every request: names may be added. Raises ExpositionError.
    """
    listener = _listen(address)
    bound = f"{address.rpartition(':')[0]}:{listener.getsockname()[1]}"
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()
    work = _serve(listener, _Pages(registry, checks), stopping)
    thread = threading.Thread(target=_run, args=(loop, work), name="metrics", daemon=True)
    thread.start()
    try:
        yield bound
    finally:
        with suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(stopping.set)
        thread.join()


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        family, _, _, _, place = found[0]
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        return socket.create_server(place[:2], family=family, dualstack_ipv6=both)
    except OSError as error:
        raise ExpositionError(
            f"cannot serve metrics on {address}: {error.strerror}; free the port, or set metrics_address to"
            " another address"
        ) from error


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(work)


async def _serve(listener: socket.socket, pages: _Pages, stopping: asyncio.Event) -> None:
    connections: set[asyncio.StreamWriter] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(connections) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        connections.add(writer)
        try:
            async with asyncio.timeout(CONNECTION_SECONDS):
                writer.write(await _answer(reader, pages))
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass  # nobody is left to tell
        finally:
            connections.discard(writer)
            writer.transport.abort()

    server = await asyncio.start_server(take, sock=listener, limit=_HEAD_BYTES)
    await stopping.wait()
    server.close()


async def _answer(reader: asyncio.StreamReader, pages: _Pages) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return _response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    try:
        return _page(head.decode("latin-1").split("\r\n"), pages)
    except Exception:  # noqa: BLE001 - the next scrape may fare better
        _log.exception("metrics cannot be shown")
        return _response(HTTPStatus.INTERNAL_SERVER_ERROR)


def _page(head: list[str], pages: _Pages) -> bytes:
    words = head[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return _response(HTTPStatus.BAD_REQUEST)
    method, path = words[0], words[1].partition("?")[0]
    if path not in {"/metrics", "/healthz"}:
        return _response(HTTPStatus.NOT_FOUND)
    if method != "GET":
        return _response(HTTPStatus.METHOD_NOT_ALLOWED, extra="Allow: GET\r\n")
    if path == "/healthz":
        return _response(*pages.health())
    fields = [line.partition(":") for line in head[1:]]
    return _response(*pages.metrics(",".join(value for name, _, value in fields if name.lower() == "accept")))


def _response(
    status: HTTPStatus, content_type: str = _TEXT, body: bytes | None = None, *, extra: str = ""
) -> bytes:
    content = f"{status.phrase}\n".encode() if body is None else body
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n{extra}\r\n"
    )
    return head.encode("latin-1") + content


def _is_fine(name: str, check: Check) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001 - what cannot be asked is not fine
        _log.exception("a health check failed", check=name)
        return False

"""GET /metrics and GET /healthz over plain HTTP, for Prometheus and for probes.

No tokens and no TLS, as scrapers expect it: whoever reaches the address reads the metrics. One thread serves
all connections. Each has one request without a body and a few seconds for everything; beyond a number of
them at once the oldest makes room, so that who holds connections keeps no probe out.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress

from prometheus_client import CollectorRegistry

from optimizer.telemetry.pages import END_OF_HEAD, HEAD_BYTES, Check, Pages, answer

CONNECTION_SECONDS = 5.0
"""From accepting a connection to having sent the answer."""
MOST_CONNECTIONS = 32
_LAST_BLOCKS = 8
_ACCEPT_PAUSE_SECONDS = 0.1

_Conversations = dict[socket.socket, asyncio.Task[None]]
"""In the order in which they began."""


class ExpositionError(Exception):
    """The address for metrics cannot be listened on."""


@contextmanager
def exposing(address: str, registry: CollectorRegistry, checks: Mapping[str, Check]) -> Iterator[str]:
    """Serve until the end of the block; gives the address with the port that was bound.

    `checks` is read at every request: names may be added. Raises ExpositionError.
    """
    listener = _listen(address)
    bound = f"{address.rpartition(':')[0]}:{listener.getsockname()[1]}"
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()
    work = _serve(listener, Pages(registry, checks), stopping)
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


async def _serve(listener: socket.socket, pages: Pages, stopping: asyncio.Event) -> None:
    # Neither asyncio's server nor its `sock_accept` is used: both lose a connection that is being accepted
    # when they are stopped, and leave its other end waiting.
    loop = asyncio.get_running_loop()
    conversations: _Conversations = {}
    idle: _Conversations = {}

    def listen() -> None:
        if not stopping.is_set():
            loop.add_reader(listener, accept)

    def accept() -> None:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return  # whoever came has gone
        except OSError:
            loop.remove_reader(listener)  # no descriptor is free, and it would be tried without a pause
            loop.call_later(_ACCEPT_PAUSE_SECONDS, listen)
            return
        if len(conversations) >= MOST_CONNECTIONS:
            oldest = next(iter(idle or conversations))
            conversations[oldest].cancel()  # it has begun, so it closes its connection
            forget(oldest)
        connection.setblocking(False)
        conversation = loop.create_task(_converse(connection, pages, idle))
        conversations[connection] = idle[connection] = conversation
        conversation.add_done_callback(lambda _: forget(connection))

    def forget(connection: socket.socket) -> None:
        conversations.pop(connection, None)
        idle.pop(connection, None)

    with listener:
        listener.setblocking(False)
        listen()
        await stopping.wait()
        loop.remove_reader(listener)
    await asyncio.sleep(0)  # a conversation that was not begun would not end its connection
    left = list(conversations.values())
    for conversation in left:
        conversation.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _converse(connection: socket.socket, pages: Pages, idle: _Conversations) -> None:
    """Answer one request; among the idle before its head is whole and once it has its answer."""
    loop = asyncio.get_running_loop()
    with connection, suppress(OSError):  # TimeoutError is one, too: nobody is left to tell
        async with asyncio.timeout(CONNECTION_SECONDS):
            request = b""
            while END_OF_HEAD not in request and len(request) <= HEAD_BYTES:
                block = await loop.sock_recv(connection, HEAD_BYTES)
                if not block:
                    return
                request += block
            conversation = idle.pop(connection)
            await loop.sock_sendall(connection, answer(request, pages))
            idle[connection] = conversation
            connection.shutdown(socket.SHUT_WR)
            # Closed before the other end has read it, an answer may get lost over what was not read here.
            for _ in range(_LAST_BLOCKS):
                if not await loop.sock_recv(connection, HEAD_BYTES):
                    return

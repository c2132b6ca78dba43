"""The gRPC server: from a listening address to the last call's end."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import structlog
from grpc import aio

from optimizer.service.access import ROLES, Gate, OnRefusal
from optimizer.service.admission import Admission
from optimizer.service.calls import CallRunner, Servicer
from optimizer.service.classes import CHECKING_PLACES, LIGHT_PLACES, CallClass, class_of
from optimizer.service.connections import Connections
from optimizer.service.operations import add_health, add_reflection
from optimizer.service.streams import Streaming, StreamRunner
from optimizer.service.sweeps import Sweeping, SweepRunner
from optimizer.service.tokens import TokenVerifier
from optimizer.service.tracing import Traced
from optimizer.telemetry import traces
from optimizer.telemetry.call_metrics import CallMetrics

_LAST_WORDS_SECONDS = 1.0
_DRAIN_STEP_SECONDS = 0.02
_QUIET_SECONDS = 0.5
"""No call for so long: those that waited to be read have been, and those who send have heard."""
_LONGEST_QUIET_SECONDS = 3.0
"""How long that is waited for: callers who never stop asking hold nobody up."""
_log = structlog.get_logger(__name__)


class ListenError(Exception):
    """The address cannot be listened on."""


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """How to serve. Both PEM files or neither; without them connections are plaintext.

    Without a verifier of tokens callers are believed whoever they say they are. `on_refusal` hears of every
    call that the gate refuses; see `Gate`.

    Of calls that compute, one tenant may have `maximum_concurrent_calls` inside, of which `places` are worked
    on at a time: unset is all of them. Light calls and checks have queues of their own, each of
    `maximum_light_calls`.
    """

    listen_address: str
    maximum_concurrent_calls: int
    places: int | None = None
    maximum_light_calls: int = 64
    connections: Connections = field(default_factory=Connections)
    drain_seconds: float
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    token_verifier: TokenVerifier | None = None
    on_refusal: OnRefusal | None = None
    metrics: CallMetrics = field(default_factory=CallMetrics)


class Server:
    """The gRPC server around servicers; belongs to the event loop in which it is started."""

    def __init__(self, options: ServerOptions, *servicers: Servicer) -> None:
        self._options = options
        computing = Admission(options.maximum_concurrent_calls, places=options.places)
        light = Admission(options.maximum_light_calls, places=LIGHT_PLACES)
        checking = Admission(options.maximum_light_calls, places=CHECKING_PLACES)
        self._admissions = {
            CallClass.INTERACTIVE: computing,
            CallClass.CHECKING: checking,
            CallClass.LIGHT: light,
        }
        self._executors = {
            kind: ThreadPoolExecutor(admission.places, thread_name_prefix=kind.value)
            for kind, admission in self._admissions.items()
        }
        self._runners = {
            kind: CallRunner(admission, self._executors[kind], options.metrics)
            for kind, admission in self._admissions.items()
        }
        self._streams = StreamRunner(options.metrics)
        self._sweeps = SweepRunner(options.metrics)
        self._doors = (*self._admissions.values(), self._sweeps.admission)
        self._servicers = servicers

    async def start(self) -> str:
        """Listen; the address, with the port that was bound. Raises ListenError."""
        metrics = self._options.metrics
        metrics.announce(*_method_names(self._servicers))
        computing = self._admissions[CallClass.INTERACTIVE]
        metrics.watch_places(computing.limit, lambda: computing.count)
        gate = Gate(self._options.token_verifier, self._options.on_refusal, metrics)
        interceptors = (Traced(ROLES), gate) if traces.enabled() else (gate,)
        self._server = aio.server(
            interceptors=interceptors, options=self._options.connections.channel_options
        )
        for servicer in self._servicers:
            handlers = {
                name: self._runners[class_of(name)].handler(name, work)
                for name, work in servicer.methods.items()
            }
            if isinstance(servicer, Streaming):
                handlers |= {
                    name: self._streams.handler(name, start) for name, start in servicer.streams.items()
                }
            if isinstance(servicer, Sweeping):
                handlers |= self._sweeps.handlers(servicer)
            self._server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(servicer.service_name, handlers),)
            )
        names = tuple(dict.fromkeys(servicer.service_name for servicer in self._servicers))
        self._health = await add_health(self._server, names)
        add_reflection(self._server, names)
        address = _listen(self._server, self._options)
        await self._server.start()
        return address

    async def stop(self) -> None:
        """Refuse new calls, end streams, give the other calls inside the time to drain, end the rest.

        The library ends a call that it has not handed over yet with CANCELLED once it stops, which tells
        nobody to try elsewhere. So calls are refused until none comes any more, for a while.
        """
        _log.info("draining", call_count=self.call_count, stream_count=self._streams.count)
        await self._health.enter_graceful_shutdown()
        for admission in self._doors:
            admission.close()
        self._streams.close()
        await self._emptied(self._options.drain_seconds)
        await self._quiet()
        if self.call_count:
            _log.warning("drain time is over", call_count=self.call_count)
            for admission in self._doors:
                admission.cancel_all()
            await self._emptied(_LAST_WORDS_SECONDS)
        await self._server.stop(_LAST_WORDS_SECONDS)
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)
        self._streams.shut_down()

    @property
    def call_count(self) -> int:
        """Calls inside, watches left out."""
        return sum(admission.count for admission in self._doors)

    async def _emptied(self, seconds: float) -> None:
        limit = time.monotonic() + seconds
        while self.call_count and time.monotonic() < limit:  # noqa: ASYNC110 - threads do the counting
            await asyncio.sleep(_DRAIN_STEP_SECONDS)

    async def _quiet(self) -> None:
        """Returns when nobody has come for a while, or when the time for that is over."""
        limit = time.monotonic() + _LONGEST_QUIET_SECONDS
        while time.monotonic() < limit:
            if all(one.quiet_seconds >= _QUIET_SECONDS for one in self._doors):
                return
            await asyncio.sleep(_DRAIN_STEP_SECONDS)


async def serve(
    options: ServerOptions, servicers: Sequence[Servicer], on_ready: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT, then drain; `on_ready` gets the bound address. Raises ListenError."""
    signalled = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, signalled.set)
    server = Server(options, *servicers)
    on_ready(await server.start())
    await signalled.wait()
    await server.stop()


def _method_names(servicers: Sequence[Servicer]) -> tuple[list[str], list[str]]:
    """Methods with one answer, and streams."""
    unary = [name for servicer in servicers for name in servicer.methods]
    streams = [name for servicer in servicers if isinstance(servicer, Streaming) for name in servicer.streams]
    sweeping = [servicer for servicer in servicers if isinstance(servicer, Sweeping)]
    sweeps = [name for servicer in sweeping for name in (*servicer.sweeps, *servicer.batches)]
    return unary, streams + sweeps


def _listen(server: aio.Server, options: ServerOptions) -> str:
    try:
        if options.tls_certificate_file is None or options.tls_key_file is None:
            port = server.add_insecure_port(options.listen_address)
        else:
            pair = (options.tls_key_file.read_bytes(), options.tls_certificate_file.read_bytes())
            port = server.add_secure_port(options.listen_address, grpc.ssl_server_credentials([pair]))
    except (OSError, RuntimeError) as error:
        raise ListenError(f"cannot listen on {options.listen_address}: {error}") from error
    return f"{options.listen_address.rpartition(':')[0]}:{port}"

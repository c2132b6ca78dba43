"""Connections: how long they live, and how much each may hold."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.service.calls import MAXIMUM_MESSAGE_BYTES

STREAMS_PER_CONNECTION = 256
_LEAST_PING_MS = 10_000


@dataclass(frozen=True, kw_only=True)
class Connections:
    """How long connections live.

    Those whose other end is gone without a word are noticed after `keepalive_seconds` and a third of that.
    After `age_seconds`, give or take a tenth, clients are asked to connect again, as load balancers need it
    to use new servers; what is under way then has `grace_seconds` to end. None: they live as long as clients
    like.
    """

    keepalive_seconds: float = 60.0
    age_seconds: float | None = 600.0
    grace_seconds: float = 60.0

    @property
    def channel_options(self) -> tuple[tuple[str, int], ...]:
        """Options of the gRPC server."""
        options = [
            # Without this a second server binds the same port silently and takes half of the calls.
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", MAXIMUM_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAXIMUM_MESSAGE_BYTES),
            ("grpc.max_concurrent_streams", STREAMS_PER_CONNECTION),
            ("grpc.keepalive_time_ms", round(1000 * self.keepalive_seconds)),
            ("grpc.keepalive_timeout_ms", round(1000 * self.keepalive_seconds / 3)),
            # Clients may keep idle connections alive, as load balancers need it.
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", _LEAST_PING_MS),
        ]
        if self.age_seconds is not None:
            options += [
                ("grpc.max_connection_age_ms", round(1000 * self.age_seconds)),
                ("grpc.max_connection_age_grace_ms", round(1000 * self.grace_seconds)),
            ]
        return tuple(options)

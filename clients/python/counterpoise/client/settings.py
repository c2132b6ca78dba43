"""What both clients are told when they are made, checked once."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

import grpc

from counterpoise.client.calls import Answer, Call
from counterpoise.client.exchange import MESSAGE_LIMIT_BYTES, Retry

CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
    # One policy of retries, ours: the library knows nothing of details and deadlines of whole calls.
    ("grpc.enable_retries", 0),
    # A lost connection is tried again within the pauses of our policy, not of the library's 1 to 120 s.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where to call, as whom, and how long to wait; raises ValueError for what cannot work."""

    target: str
    credentials: grpc.ChannelCredentials | None
    token: str | None = field(repr=False)
    timeout_seconds: float
    retry: Retry
    principal: str | None = None
    tenant: str | None = None

    def __post_init__(self) -> None:
        """Refuses a token that would travel in the clear, and times that are none."""
        if self.token is not None and self.credentials is None and not is_loopback(self.target):
            raise ValueError("a token is sent over secure channels only: give credentials, too")
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            raise ValueError("a token is printable ASCII")
        if self.token is not None and (self.principal is not None or self.tenant is not None):
            raise ValueError(
                "principal and tenant are for servers without tokens, and a token says both: "
                "give either them or a token"
            )
        for name, value in (("principal", self.principal), ("tenant", self.tenant)):
            if value is not None and not (value and value.isascii() and value.isprintable()):
                raise ValueError(f"a {name} is printable ASCII and not empty")
        if not self.timeout_seconds > 0:
            raise ValueError(f"timeout_seconds is above 0, got {self.timeout_seconds}")
        if self.retry.attempts < 1:
            raise ValueError(
                f"retry.attempts counts the first one and is at least 1, got {self.retry.attempts}"
            )

    @property
    def channel_options(self) -> tuple[tuple[str, int], ...]:
        """Options of the channel."""
        if self.token is None or self.credentials is not None:
            return CHANNEL_OPTIONS
        # A proxy named by the environment would carry the token off this machine in the clear.
        return (*CHANNEL_OPTIONS, ("grpc.enable_http_proxy", 0))

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What travels beside every request."""
        named = (
            ("authorization", f"Bearer {self.token}" if self.token is not None else None),
            ("x-counterpoise-principal", self.principal),
            ("x-counterpoise-tenant", self.tenant),
        )
        return tuple((key, value) for key, value in named if value is not None)

    def timeout_of(self, call: Call[Answer], timeout_seconds: float | None) -> float:
        """Seconds for a call: the caller's, else the client's or what the call needs."""
        if timeout_seconds is None:
            return max(self.timeout_seconds, call.least_timeout_seconds)
        if not timeout_seconds > 0:
            raise ValueError(f"timeout_seconds is above 0, got {timeout_seconds}")
        return timeout_seconds


def is_loopback(target: str) -> bool:
    """Whether a target `host:port` is this machine, so that what is sent there stays on it."""
    host = target.rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

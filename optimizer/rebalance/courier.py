"""Delivers messages of the outbox to a webhook: signed, in order, at least once.

The body is JSON with `id`, `event`, `tenant`, `resource_name`, `create_time`, `audit_sequence` and `payload`.
`X-Counterpoise-Signature: t=SECONDS,v1=HEX` holds the time of sending and the HMAC-SHA256, by the secret, of
`SECONDS.BODY`. Receivers drop an `id` that they have seen, and signatures whose time is long past.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import structlog

from optimizer.rebalance.desk import Desk
from optimizer.store import Message, StoreError, delivered, pending, reading, writing

SIGNATURE_HEADER = "X-Counterpoise-Signature"
_AT_A_TIME = 50
_STOP_SECONDS = 10.0
_TIMEOUT_SECONDS = 10.0
_POLL_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where messages go, and the secret that signs them."""

    url: str
    secret: bytes


class Courier:
    """One thread that delivers; after a failure it tries again, later each time, and nothing overtakes."""

    def __init__(self, desk: Callable[[], Desk | None], webhook: Webhook) -> None:
        self._desk = desk
        self._webhook = webhook
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the message that is under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _work(self) -> None:
        pause = _POLL_SECONDS
        with httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
            while not self._stopping.wait(pause):
                desk = self._desk()
                well = desk is None or self._deliver(desk, client)
                pause = _POLL_SECONDS if well else min(2.0 * pause, _LONGEST_PAUSE_SECONDS)

    def _deliver(self, desk: Desk, client: httpx.Client) -> bool:
        """Everything that waits, in order; False where it has to be tried again."""
        try:
            with reading(desk.engine) as connection:
                messages = pending(connection, _AT_A_TIME)
            for message in messages:
                if self._stopping.is_set():
                    return True
                self._post(desk, client, message)
                with writing(desk.engine) as connection:
                    delivered(connection, message.id, desk.now())
        except StoreError as error:
            _log.warning("the store cannot be used; delivery waits", error=str(error))
            return False
        except httpx.HTTPError as error:
            # The error's text names the address, which is nobody's business who reads the log.
            _log.warning("delivery failed and is tried again", kind=type(error).__name__)
            return False
        except Exception:  # noqa: BLE001 - the thread outlives whatever one message does
            _log.exception("internal error of the courier")
            return False
        return True

    def _post(self, desk: Desk, client: httpx.Client, message: Message) -> None:
        body = body_of(message)
        header = signature(self._webhook.secret, int(desk.now().timestamp()), body)
        headers = {SIGNATURE_HEADER: header, "Content-Type": "application/json"}
        client.post(self._webhook.url, content=body, headers=headers).raise_for_status()


def body_of(message: Message) -> bytes:
    """What is sent for a message."""
    content = {
        "id": message.id,
        "event": message.event,
        "tenant": message.tenant,
        "resource_name": message.resource_name,
        "create_time": message.create_instant.isoformat(),
        "audit_sequence": message.audit_sequence,
        "payload": json.loads(message.payload_json),
    }
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def signature(secret: bytes, seconds: int, body: bytes) -> str:
    """Value of the signature header for a body that is sent at `seconds` since 1970."""
    digest = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"

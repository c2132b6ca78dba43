"""The pages that scrapers and probes read: from the bytes of a request to those of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

HEAD_BYTES = 8192
"""Longest head of a request."""
END_OF_HEAD = b"\r\n\r\n"
_OPEN_METRICS = "application/openmetrics-text"
_TEXT = "text/plain; charset=utf-8"
_log = structlog.get_logger(__name__)

Check = Callable[[], bool]
"""Whether something works; does not wait."""


@dataclass(frozen=True)
class Pages:
    """What there is to read; `checks` is read at every request."""

    registry: CollectorRegistry
    checks: Mapping[str, Check]

    def metrics(self, accept: str) -> tuple[HTTPStatus, str, bytes]:
        """All metrics, as OpenMetrics where the scraper asks for it."""
        # One version of either format: the library fails on versions that are none, and repeats them.
        wanted = f"{_OPEN_METRICS};version=1.0.0" if _OPEN_METRICS in accept else ""
        encode, content_type = choose_encoder(wanted)
        return HTTPStatus.OK, content_type, encode(self.registry)

    def health(self) -> tuple[HTTPStatus, str, bytes]:
        """200 while every check is fine; 503 with the names of those that are not."""
        failing = [name for name, check in tuple(self.checks.items()) if not _is_fine(name, check)]
        if failing:
            return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, f"not fine: {', '.join(failing)}\n".encode()
        return HTTPStatus.OK, _TEXT, b"ok\n"


def answer(request: bytes, pages: Pages) -> bytes:
    """The answer to a request, of which at least the head is there unless it is too long."""
    head, end, _ = request.partition(END_OF_HEAD)
    if not end or len(head) > HEAD_BYTES:
        return _response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    try:
        return _page(head.decode("latin-1").split("\r\n"), pages)
    except Exception:  # noqa: BLE001 - the next scrape may fare better
        _log.exception("metrics cannot be shown")
        return _response(HTTPStatus.INTERNAL_SERVER_ERROR)


def _page(head: list[str], pages: Pages) -> bytes:
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

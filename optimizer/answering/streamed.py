"""A stream of a batch's messages, cut into chunks as there is room for them.

This runs on the event loop: of a message it finds its part and its id, and workers read the rest.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from counterpoise.model import ErrorReason, SolveParameters, Violation
from counterpoise.v1.allocation_service_pb2 import AllocateBatchRequest, BatchItem
from counterpoise.validate.text import matches_request_id, shown
from optimizer.answering.envelope import contents, id_in, too_many
from optimizer.answering.executors import Crew, chunk_size
from optimizer.answering.fields import BYTES, NotAMessage, TooManyFields, fields
from optimizer.answering.items import Chunk, Item
from optimizer.usecases.errors import Refused, RequestInvalid

_LINGER_SECONDS: Final = 0.005
"""How long a chunk that has an item waits for the next one."""
_CHUNK_BYTES: Final = 4 << 20
"""A chunk with so many takes no further item."""
MAXIMUM_ITEMS: Final = 100_000
"""Of one stream, whose ids are kept as long as it lives."""
_HEADER: Final = AllocateBatchRequest.HEADER_FIELD_NUMBER
_ITEM: Final = AllocateBatchRequest.ITEM_FIELD_NUMBER


class BatchReader:
    """Reads one batch. Chunks grow with what has come: the first items are answered at once."""

    def __init__(
        self,
        messages: AsyncIterator[bytes],
        crew: Crew,
        limit_seconds: Callable[[datetime.timedelta | None], float],
        judged: Callable[[bytes], Awaitable[SolveParameters]],
    ) -> None:
        """`judged` has the parameters of a header; it raises Refused and RequestInvalid for what is none."""
        self._messages = messages
        self._crew = crew
        self._limit_seconds_of = limit_seconds
        self._judged = judged
        self._shared = b""
        self._limit_seconds = limit_seconds(None)
        self._ids: set[str] = set()
        self._count = 0

    async def chunks(self) -> AsyncIterator[Chunk]:
        """Every item in a chunk, in order. Raises Refused and RequestInvalid for what no item can carry."""
        items: list[Item] = []
        reading = asyncio.create_task(self._read())
        try:
            while True:
                done, _ = await asyncio.wait({reading}, timeout=_LINGER_SECONDS if items else None)
                if done:
                    body = reading.result()
                    if body is None:
                        break
                    reading = asyncio.create_task(self._read())
                    items += await self._taken(body)
                if items and (not done or self._is_full(items)):
                    yield self._chunk(items)
                    items = []
        finally:
            reading.cancel()
        if items:
            yield self._chunk(items)

    async def _read(self) -> bytes | None:
        return await anext(self._messages, None)

    def _is_full(self, items: list[Item]) -> bool:
        size = sum(len(item.body) for item in items)
        return len(items) >= chunk_size(self._crew, self._count) or size >= _CHUNK_BYTES

    def _chunk(self, items: list[Item]) -> Chunk:
        return Chunk("AllocateBatch", self._shared, tuple(items), self._limit_seconds)

    async def _taken(self, body: bytes) -> list[Item]:
        """The item of a message; none for the header."""
        part, pieces = _part(body)
        if part == _HEADER:
            await self._open(body)
            return []
        if self._count == MAXIMUM_ITEMS:
            text = f"more than {MAXIMUM_ITEMS} items in one stream; send the rest in another"
            raise RequestInvalid((Violation(field="item", reason=ErrorReason.TOO_MANY, message=text),))
        item = Item(self._count, body, *self._named(b"".join(pieces)))
        self._count += 1
        return [item]

    def _named(self, item: bytes) -> tuple[str, tuple[Violation, ...]]:
        """The id of an item, where it may be one, and what is wrong with it."""
        try:
            found = contents(item, {BatchItem.REQUEST_ID_FIELD_NUMBER}, "item")
        except RequestInvalid as error:
            return "", error.violations
        text = id_in(found.get(BatchItem.REQUEST_ID_FIELD_NUMBER, []))
        violations = _id_violations(text, self._ids)
        if matches_request_id(text) is None:
            # Neither kept nor sent back: it may be of any length.
            return "", violations
        self._ids.add(text)
        return text, violations

    async def _open(self, body: bytes) -> None:
        if self._shared or self._count:
            text = "the header comes once, before every item; leave this one out"
            raise RequestInvalid(
                (Violation(field="header", reason=ErrorReason.FIELDS_EXCLUSIVE, message=text),)
            )
        parameters = await self._judged(body)
        self._shared, self._limit_seconds = body, self._limit_seconds_of(parameters.time_limit)


def _part(body: bytes) -> tuple[int, list[bytes]]:
    """Which part a message has, the one that is set last, and its pieces.

    Raises Refused and RequestInvalid where there is none.
    """
    part, pieces = 0, list[bytes]()
    try:
        for number, kind, content in fields(body):
            if kind == BYTES and number in {_HEADER, _ITEM}:
                if number != part:
                    part, pieces = number, []
                pieces.append(content)
    except NotAMessage:
        if not part:
            text = "the bytes are not a message of the type that this call takes"
            raise Refused(ErrorReason.REQUEST_MALFORMED, text) from None
    except TooManyFields:
        raise RequestInvalid((too_many(""),)) from None
    if not part:
        text = "nothing is chosen; set exactly one of header and item"
        raise RequestInvalid((Violation(field="", reason=ErrorReason.CHOICE_MISSING, message=text),))
    return part, pieces


def _id_violations(request_id: str, before: set[str]) -> tuple[Violation, ...]:
    if not request_id:
        reason, text = ErrorReason.FIELD_MISSING, "required and unset; write an id, which the answer carries"
    elif matches_request_id(request_id) is None:
        reason = ErrorReason.ID_MALFORMED
        text = f"{shown(request_id)} is not of its form; write at most 64 printable ASCII characters"
    elif request_id in before:
        reason, text = (
            ErrorReason.ID_DUPLICATE,
            f"{shown(request_id)} comes twice; choose another",
        )
    else:
        return ()
    return (Violation(field="request_id", reason=reason, message=text),)

"""A stream of a batch's messages, cut into chunks as there is room for them."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Final

from counterpoise import wire
from counterpoise.model import BatchHeader, ErrorReason, SolveParameters, Violation
from counterpoise.v1 import allocation_service_pb2
from counterpoise.validate.sweeps import parameter_violations
from counterpoise.validate.text import matches_request_id, shown
from optimizer.answering.executors import Crew, chunk_size
from optimizer.answering.items import Chunk, Item
from optimizer.answering.requests import parse
from optimizer.usecases.errors import RequestInvalid

_LINGER_SECONDS: Final = 0.005
"""How long a chunk that has an item waits for the next one."""
_CHUNK_BYTES: Final = 4 << 20
"""A chunk with so many takes no further item."""


class BatchReader:
    """Reads one batch. Chunks grow with what has come: the first items are answered at once."""

    def __init__(
        self,
        messages: AsyncIterator[bytes],
        crew: Crew,
        limit_seconds: Callable[[datetime.timedelta | None], float],
    ) -> None:
        self._messages = messages
        self._crew = crew
        self._limit_seconds_of = limit_seconds
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
                    items += self._taken(body)
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

    def _taken(self, body: bytes) -> list[Item]:
        """The item of a message; none for the header."""
        message = parse(body, allocation_service_pb2.AllocateBatchRequest).message
        if message is None:
            # It holds too much to look at, which its own refusal says.
            message = allocation_service_pb2.AllocateBatchRequest.FromString(body)
        part = message.WhichOneof("part")
        if part == "header":
            self._open(body)
            return []
        if part is None:
            text = "nothing is chosen; set exactly one of header and item"
            raise RequestInvalid((Violation(field="", reason=ErrorReason.CHOICE_MISSING, message=text),))
        request_id = message.item.request_id
        found = _id_violations(request_id, self._ids)
        self._ids.add(request_id)
        item = Item(self._count, body, request_id[:64], found)
        self._count += 1
        return [item]

    def _open(self, body: bytes) -> None:
        if self._shared or self._count:
            text = "the header comes once, before every item; leave this one out"
            raise RequestInvalid(
                (Violation(field="header", reason=ErrorReason.FIELDS_EXCLUSIVE, message=text),)
            )
        parsed = parse(body, allocation_service_pb2.AllocateBatchRequest)
        violations, parameters = parsed.violations, SolveParameters()
        if parsed.message is not None:
            header: BatchHeader = wire.to_model(parsed.message).header
            parameters = header.parameters or parameters
            violations = (*violations, *parameter_violations(parameters))
        if violations:
            raise RequestInvalid(
                tuple(replace(one, field=f"header.{one.field.removeprefix('header.')}") for one in violations)
            )
        self._shared, self._limit_seconds = body, self._limit_seconds_of(parameters.time_limit)


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

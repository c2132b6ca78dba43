"""Fields of a message by its bytes: a walk that costs a known number of steps, whatever the bytes are.

For places that may not parse: the event loop, and threads that nobody can end. A message that is parsed
costs what is in it; one that is walked over costs its outermost fields, which are jumped over unread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

MAXIMUM_FIELDS: Final = 1_000
"""Outermost fields of a message that is walked over: four times what the contract lets it have."""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Kinds of fields, as the wire numbers them."""


class NotAMessage(Exception):
    """From here on the bytes are no message, or one with groups, which no message of the contract has."""


class TooManyFields(Exception):
    """There are more fields than may be looked at."""


def fields(body: bytes, most: int = MAXIMUM_FIELDS) -> Iterator[tuple[int, int, bytes]]:
    """Number, kind and content of every outermost field, in order; only those of kind BYTES have a content.

    Raises NotAMessage and TooManyFields where they begin.
    """
    at, size, count = 0, len(body), 0
    while at < size:
        count += 1
        if count > most:
            raise TooManyFields
        key, at = _varint(body, at)
        kind, content = key & 7, b""
        if kind == BYTES:
            length, at = _varint(body, at)
            content = body[at : at + length]
            at += length
        elif kind == VARINT:
            _, at = _varint(body, at)
        elif kind in {FIXED64, FIXED32}:
            at += 8 if kind == FIXED64 else 4
        else:
            raise NotAMessage
        if at > size:
            raise NotAMessage
        yield key >> 3, kind, content


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place after it."""
    value = shift = 0
    while at < len(body) and shift < 70:
        byte = body[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise NotAMessage

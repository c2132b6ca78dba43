"""Fields of a request that this server does not know, found in its bytes.

Looking at every field of a message that was parsed costs more than solving what it asks, and cannot be
ended from outside. So the search is for the first few, and over so many fields at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from optimizer.answering.fields import BYTES, FIXED32, FIXED64, VARINT, NotAMessage, TooManyFields, fields

MAXIMUM_FOUND: Final = 1_000
"""Unknown fields after which the search ends."""
MAXIMUM_LOOKED_AT: Final = 100_000
"""Fields after which the search ends: some tenths of a second."""
_KINDS: Final = {
    FieldDescriptor.TYPE_DOUBLE: FIXED64,
    FieldDescriptor.TYPE_FIXED64: FIXED64,
    FieldDescriptor.TYPE_SFIXED64: FIXED64,
    FieldDescriptor.TYPE_FLOAT: FIXED32,
    FieldDescriptor.TYPE_FIXED32: FIXED32,
    FieldDescriptor.TYPE_SFIXED32: FIXED32,
    FieldDescriptor.TYPE_MESSAGE: BYTES,
    FieldDescriptor.TYPE_STRING: BYTES,
    FieldDescriptor.TYPE_BYTES: BYTES,
}


def unknown_paths(body: bytes, message: Descriptor, most: int = MAXIMUM_LOOKED_AT) -> tuple[str, ...]:
    """Paths of unknown fields, each once, as `portfolio.lines[2].#31` (field number), in the order of bytes.

    The search ends after `most` fields, or when it has found so many; the rest is missing.
    """
    search, found = _Search(most), []
    try:
        for path in search.within(body, message, ""):
            found.append(path)
            if len(found) == MAXIMUM_FOUND:
                break
    except (NotAMessage, TooManyFields):
        pass
    return tuple(dict.fromkeys(found))


@dataclass
class _Search:
    left: int
    counts: Counter[str] = field(default_factory=Counter)
    """Elements of each list so far: a list goes on where its message comes again."""

    def within(self, body: bytes, message: Descriptor, path: str) -> Iterator[str]:
        known = message.fields_by_number
        for number, kind, content in fields(body, self.left):
            self.left -= 1
            one = known.get(number)
            if one is None or not _is_of(one, kind):
                yield f"{path}#{number}"
            elif one.message_type is not None:
                here = f"{path}{one.name}"
                if one.is_repeated:
                    self.counts[here] += 1
                    here = f"{here}[{self.counts[here] - 1}]"
                yield from self.within(content, one.message_type, f"{here}.")


def _is_of(one: FieldDescriptor, kind: int) -> bool:
    """Whether such a field is written so; a list of numbers may be written as one."""
    own = _KINDS.get(one.type, VARINT)
    return kind == own or (kind == BYTES and one.is_repeated)

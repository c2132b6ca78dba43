"""Problems read so that equal sections are the same objects, for whoever remembers what follows from them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

from google.protobuf.message import Message

from counterpoise import wire
from counterpoise.model import AllocationProblem, Limit, Line, Mandate, TotalPortfolio
from counterpoise.schema import MessageSchema, schema_for, schema_of
from counterpoise.wire_reading import Reader, reader_of, reader_with

_ELEMENTS_PER_SECTION: Final = 64
"""Limits and lines that are remembered for each section that is."""


class SectionReader:
    """Converts messages as `wire.to_model` does, but brings equal parts of problems back as the same object.

    Such parts are the fields of AllocationProblem (scenarios and return samples each as one tuple), and
    single limits and lines. They are equal where their bytes are. The latest `maximum_count` sections
    are remembered, with up to `maximum_bytes` on the wire; single limits and lines apart from them, within
    as many bytes again. Objects take about a dozen times their bytes. Thread-safe.
    """

    def __init__(self, maximum_count: int, maximum_bytes: int) -> None:
        sections = _Memory(maximum_count, maximum_bytes)
        elements = _Memory(maximum_count * _ELEMENTS_PER_SECTION, maximum_bytes)
        limits, lines = elements.each(schema_for(Limit)), elements.each(schema_for(Line))
        one_by_one = {Mandate: {"limits": limits}, TotalPortfolio: {"lines": lines}}
        problem = schema_for(AllocationProblem)
        readers: dict[str, Reader] = {}
        for field in problem.fields:
            own = one_by_one.get(field.message.model)
            read = reader_of(field.message) if own is None else reader_with(field.message, own)
            readers[field.name] = (sections.whole if field.repeated else sections.one)(field.name, read)
        self._read_problem = reader_with(problem, readers)
        self._readers: dict[MessageSchema, Reader] = {problem: self._read_problem}

    def to_model(self, message: Message) -> Any:
        """The dataclass of a problem, of a request with one in its field `problem`, or of anything else."""
        schema = schema_of(message.DESCRIPTOR)
        read = self._readers.get(schema)
        if read is None:
            field = schema.by_name.get("problem")
            if field is None or field.message.model is not AllocationProblem:
                return wire.to_model(message)
            self._readers[schema] = read = reader_with(schema, {"problem": self._read_problem})
        return read(message)


class _Memory:
    """Objects by what they are and by their bytes; what was not used for longest is let go first."""

    def __init__(self, maximum_count: int, maximum_bytes: int) -> None:
        self._maximum_count, self._maximum_bytes = maximum_count, maximum_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[object, ...], tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    def one(self, what: str, read: Reader) -> Reader:
        """A reader of a message."""

        def remembered(message: Message) -> Any:
            text = _bytes_of(message)
            return self._get((what, text), len(text), lambda: read(message))

        return remembered

    def whole(self, what: str, read: Reader) -> Reader:
        """A reader of a repeated field, which is remembered as one tuple."""

        def remembered(messages: Sequence[Message]) -> Any:
            texts = [_bytes_of(message) for message in messages]
            size = sum(map(len, texts))
            return self._get((what, *texts), size, lambda: tuple([read(message) for message in messages]))

        return remembered

    def each(self, schema: MessageSchema) -> Reader:
        """A reader of a repeated field, whose elements are remembered one by one."""
        what, read = schema.model.__name__, reader_of(schema)

        def remembered(messages: Sequence[Message]) -> Any:
            keys = [(what, _bytes_of(message)) for message in messages]
            with self._lock:
                found = [self._found(key) for key in keys]
            new = [index for index, value in enumerate(found) if value is None]
            made = [read(messages[index]) for index in new]
            with self._lock:
                for index, value in zip(new, made, strict=True):
                    found[index] = self._kept(keys[index], len(keys[index][1]), value)
            return tuple(found)

        return remembered

    def _get(self, key: tuple[object, ...], size: int, make: Callable[[], Any]) -> Any:
        with self._lock:
            value = self._found(key)
        if value is not None:
            return value
        value = make()
        with self._lock:
            return self._kept(key, size, value)

    def _found(self, key: tuple[object, ...]) -> Any:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def _kept(self, key: tuple[object, ...], size: int, value: Any) -> Any:
        """The value, or the one that another thread, or an equal element, brought in the meantime."""
        earlier = self._found(key)
        if earlier is not None:
            return earlier
        if size > self._maximum_bytes:
            return value
        self._entries[key] = value, size
        self._bytes += size
        while len(self._entries) > self._maximum_count or self._bytes > self._maximum_bytes:
            _, (_, freed) = self._entries.popitem(last=False)
            self._bytes -= freed
        return value


def _bytes_of(message: Message) -> bytes:
    # Equal messages have equal bytes where the order of what is in maps, if any, is fixed.
    text: bytes = message.SerializeToString(deterministic=True)
    return text

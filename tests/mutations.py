"""Small mistakes in messages of any type: numbers out of place, fields dropped, elements repeated.

Fields are found in the descriptor, so a field that is new is broken, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.choices import Choices

Field = FieldDescriptor
NUMBERS = (0.0, 1.0, -1.0, 0.5, 2.0, 1e-300, 1e300, -1e300, 1e-9, 1e9, math.nan, math.inf, -math.inf, 5e-324)
FACTORS = (-1.0, 10.0, 0.1, 1e3, 1e-3, 1e6, 1e-6, 1.0 + 1e-9, 1.5, 0.5)
INTEGERS = (0, 1, -1, 2, 12, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63))
TEXTS = ("", " ", "a", "\0", "a/b", "line\n", "é" * 20, "x" * 300, "\u202e", "null", "tenants/a")
REPEATS = (1, 2, 20, 200)
MOST_PARTS = 4_000
"""Elements that a message may grow to: above are the tests of limits on size."""
MOST_MISTAKES = 6


def mutate(message: Message, choices: Choices, most: int = MOST_MISTAKES) -> int:
    """Make up to `most` mistakes in a message, as long as there are choices; how many were made."""
    made = 0
    while made < most and not choices.ended:
        node = choices.one(list(nodes(message)))
        # A field that is set is the likelier place of a mistake.
        fields = [field for field, _ in node.ListFields()]
        if not fields or choices.below(4) == 0:
            fields = list(node.DESCRIPTOR.fields)
        if fields:
            _break(message, node, choices.one(fields), choices)
            made += 1
    return made


def nodes(message: Message) -> Iterator[Message]:
    """A message and every message in it, outermost first."""
    yield message
    for field, value in message.ListFields():
        if field.type == Field.TYPE_MESSAGE:
            for part in value if field.is_repeated else (value,):
                yield from nodes(part)


def _break(whole: Message, node: Message, field: Field, choices: Choices) -> None:
    if field.is_repeated:
        _break_list(whole, node, field, choices)
    elif field.type == Field.TYPE_MESSAGE:
        _break_part(whole, node, field, choices)
    elif node.HasField(field.name) if field.has_presence else choices.below(2):
        if choices.below(4) == 0:
            node.ClearField(field.name)
        else:
            setattr(node, field.name, _value(whole, field, getattr(node, field.name), choices))
    else:
        setattr(node, field.name, _value(whole, field, getattr(node, field.name), choices))


def _break_part(whole: Message, node: Message, field: Field, choices: Choices) -> None:
    way = choices.below(3)
    part = getattr(node, field.name)
    if way == 0:
        node.ClearField(field.name)
    elif way == 1 and (twins := _twins(whole, field)):
        part.CopyFrom(_copy(choices.one(twins)))
    else:
        part.SetInParent()


def _break_list(whole: Message, node: Message, field: Field, choices: Choices) -> None:
    values = getattr(node, field.name)
    if not values:
        _append(whole, values, field, choices)
        return
    way, index = choices.below(6), choices.below(len(values))
    if way == 0:
        del values[index]
    elif way == 1:
        copies = min(choices.one(REPEATS), MOST_PARTS // max(sum(1 for _ in nodes(whole)), 1))
        values.extend([values[index]] * copies)
    elif way == 2:
        _append(whole, values, field, choices)
    elif way == 3:
        del values[choices.below(len(values)) :]
    elif way == 4:
        kept = list(values)
        other = choices.below(len(kept))
        kept[index], kept[other] = kept[other], kept[index]
        copies = [_copy(item) for item in kept] if field.type == Field.TYPE_MESSAGE else kept
        del values[:]
        values.extend(copies)
    elif field.type != Field.TYPE_MESSAGE:
        values[index] = _value(whole, field, values[index], choices)
    elif twins := _twins(whole, field):
        values[index].CopyFrom(_copy(choices.one(twins)))


def _append(whole: Message, values: Any, field: Field, choices: Choices) -> None:
    if field.type == Field.TYPE_MESSAGE:
        twins = _twins(whole, field)
        made = values.add()
        if twins and choices.below(2):
            made.CopyFrom(choices.one(twins))
    else:
        values.append(_value(whole, field, field.default_value or 0, choices))


def _twins(whole: Message, field: Field) -> list[Message]:
    """Messages of the field's type anywhere in the whole."""
    return [node for node in nodes(whole) if node.DESCRIPTOR is field.message_type]


def _copy(message: Message) -> Message:
    copied = type(message)()
    copied.CopyFrom(message)
    return copied


def _value(whole: Message, field: Field, now: Any, choices: Choices) -> Any:
    if field.type == Field.TYPE_STRING:
        known = list(texts(whole))
        return choices.one(known) if known and choices.below(3) else choices.one(TEXTS)
    if field.type == Field.TYPE_BYTES:
        return choices.one(TEXTS).encode()
    if field.type == Field.TYPE_BOOL:
        return not now
    if field.type == Field.TYPE_ENUM:
        return choices.one([*(value.number for value in field.enum_type.values), 99, -1])
    if field.type in {Field.TYPE_DOUBLE, Field.TYPE_FLOAT}:
        return choices.one(NUMBERS) if choices.below(3) == 0 else now * choices.one(FACTORS)
    unsigned = field.type in {Field.TYPE_UINT32, Field.TYPE_UINT64}
    narrow = field.type in {Field.TYPE_INT32, Field.TYPE_SINT32, Field.TYPE_UINT32}
    low = 0 if unsigned else -(2 ** (31 if narrow else 63))
    return min(max(choices.one((*INTEGERS, now + 1, now - 1)), low), 2**31 - 1 if narrow else 2**63 - 1)


def texts(message: Message) -> Iterator[str]:
    """Every text in a message: the ids that others may be mistaken for."""
    for node in nodes(message):
        for field, value in node.ListFields():
            if field.type == Field.TYPE_STRING:
                yield from value if field.is_repeated else (value,)

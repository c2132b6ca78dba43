"""Requests broken in every way: in their bytes, and in what the bytes say."""

from __future__ import annotations

import random
from collections.abc import Callable

from google.protobuf.message import Message

from tests.choices import Choices
from tests.mutations import mutate

LONGEST_REPEAT = 40
MISTAKE_BYTES = (2, 4, 8, 16, 32)
Damage = Callable[[random.Random, bytes, type[Message]], bytes]


def flip(generator: random.Random, body: bytes, _: type[Message]) -> bytes:
    """One to four bytes are others."""
    damaged = bytearray(body)
    for _ in range(generator.randint(1, 4)):
        damaged[generator.randrange(len(damaged))] = generator.randrange(256)
    return bytes(damaged)


def cut(generator: random.Random, body: bytes, _: type[Message]) -> bytes:
    """A piece is missing."""
    start, end = sorted(generator.randrange(len(body)) for _ in range(2))
    return body[:start] + body[end:]


def repeat(generator: random.Random, body: bytes, _: type[Message]) -> bytes:
    """A piece comes several times."""
    start = generator.randrange(len(body))
    end = min(start + generator.randint(1, LONGEST_REPEAT), len(body))
    return body[:end] + body[start:end] * generator.randint(1, 5) + body[end:]


def noise(generator: random.Random, body: bytes, _: type[Message]) -> bytes:
    """Nothing is right."""
    return generator.randbytes(generator.randint(0, len(body)))


def mistake(generator: random.Random, body: bytes, message_type: type[Message]) -> bytes:
    """Well-formed, with one to some mistakes: numbers, ids and fields out of place."""
    message = message_type.FromString(body)
    mutate(message, Choices(generator.randbytes(generator.choice(MISTAKE_BYTES))))
    return message.SerializeToString()


DAMAGES: tuple[Damage, ...] = (flip, cut, repeat, noise, mistake, mistake, mistake, mistake)
"""Half of all requests are well-formed: the others hardly come further than the reader."""


def damaged(generator: random.Random, body: bytes, message_type: type[Message]) -> bytes:
    """The request broken in one of the ways."""
    return generator.choice(DAMAGES)(generator, body, message_type)

"""Many questions in one call, a few of them at a time: what travels to workers and back."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from counterpoise.model import Violation


@dataclass(frozen=True)
class Item:
    """One of many questions; `body` holds what is its own, `index` counts from 0."""

    index: int
    body: bytes = b""
    request_id: str = ""
    violations: tuple[Violation, ...] = ()
    """What is wrong with it that only the other items tell."""


@dataclass(frozen=True)
class Chunk:
    """Neighbouring questions of one call, answered by one worker one after the other.

    `shared` are the bytes that all questions of the call have in common.
    """

    method: str
    shared: bytes
    items: tuple[Item, ...]
    limit_seconds: float
    """Time for each item, from its own start."""
    turn_seconds: float = math.inf
    """How long a worker begins with another item, before it gives back those that are left."""
    late: bool = False
    """Whether time has run out already: the answers are to say so."""

    def singly(self) -> tuple[Chunk, ...]:
        """A chunk for each item."""
        return tuple(replace(self, items=(item,)) for item in self.items)


@dataclass(frozen=True)
class Outcome:
    """A response by its bytes, and how it ended, for logs and metrics."""

    body: bytes
    result: str
    seconds: float = 0.0
    bug_id: str = ""
    bug: str = ""
    """What the log is told of a bug; the response has its number alone."""


class Interrupted(Exception):
    """The worker of a chunk died, or was ended because an item took too long."""

    def __init__(self, outcomes: tuple[Outcome, ...], cause: Exception) -> None:
        """`outcomes` were made before; the item after them is the one that the worker had."""
        super().__init__(str(cause))
        self.outcomes = outcomes
        self.cause = cause


class CrewSilent(Exception):
    """Nobody has answered for longer than anybody may take; the message says what was waited for."""

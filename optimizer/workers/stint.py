"""What is known of a task's time in a worker process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Stint:
    """One task in one worker: when, in nanoseconds since 1970, and what it ended with.

    A worker that answers says the times itself; of one that was killed or lost the server knows them.
    """

    pid: int
    start_ns: int
    end_ns: int
    error: str = ""
    """Name of the exception; empty where the task brought a result."""


@dataclass(frozen=True)
class Note:
    """What a task told the server on its way."""

    told: object


OnNote: TypeAlias = Callable[[object], None]
"""Hears of every note of a task, in order and before its future is done; must neither wait nor raise."""
OnStint: TypeAlias = Callable[[Stint], None]
"""Hears of the stint before the task's future is done; must neither wait nor raise."""

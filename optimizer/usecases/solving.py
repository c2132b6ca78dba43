"""One attempt at a program in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from optimizer.program import Attempt, Engine, Outcome, Prepared, run_attempt
from optimizer.telemetry.traces import span
from optimizer.usecases.clock import Clock
from optimizer.workers import note

Solve: TypeAlias = Callable[[Prepared, Engine], Outcome]
"""One attempt with one engine. Raises TimeoutError when no time is left for it."""


@dataclass(frozen=True)
class Began:
    """Noted when an attempt begins."""

    engine: Engine


@dataclass(frozen=True)
class SoFar:
    """Noted when a part of an answer is proven."""

    response: object
    """What answers the call where its time ends the work before there is more."""


def solve_within(clock: Clock) -> Solve:
    """Attempts, each begun only while the clock leaves time; one that runs is ended from outside."""

    def solve(prepared: Prepared, engine: Engine) -> Outcome:
        if clock.remaining_seconds() <= 0.0:
            raise TimeoutError
        note(Began(engine))
        with span("solve", {"counterpoise.engine": engine.value}):
            return prepared.outcome(run_attempt(Attempt(prepared.numbers, engine)))

    return solve

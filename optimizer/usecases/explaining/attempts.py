"""Solves that ask for feasibility alone, and that stop early enough to tell what is known."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from counterpoise.model import AllocationProblem, FloatArray, InfeasibilityProof, SolveAttempt
from optimizer.certificate import Case, Stage, judge
from optimizer.certificate.multipliers import Multipliers
from optimizer.program import Engine, Outcome, Prepared
from optimizer.usecases.clock import Clock
from optimizer.usecases.ladder import Climb, climb
from optimizer.usecases.question import Question
from optimizer.usecases.solving import solve_within

_RESERVE = 2.0
"""An attempt begins only while this multiple of the longest one is left: one that overruns is killed, and
its worker with it."""
_TO_ANSWER_SECONDS = 0.02


class Engines:
    """Attempts within a clock; remembers how long they take, and what became of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._solve = solve_within(clock)
        self._longest_seconds = 0.0

    def solve(self, prepared: Prepared, engine: Engine) -> Outcome:
        """One attempt. Raises TimeoutError where the time left is likely not to do."""
        if self._clock.remaining_seconds() < _RESERVE * self._longest_seconds + _TO_ANSWER_SECONDS:
            raise TimeoutError
        began = time.monotonic()
        outcome = self._solve(prepared, engine)
        self._longest_seconds = max(self._longest_seconds, time.monotonic() - began)
        return outcome


class Feasibility:
    """Whether a problem with hard limits alone has an allocation."""

    def __init__(self, problem: AllocationProblem, engines: Engines) -> None:
        """Raises OutOfTime."""
        self.question = Question(problem)
        self.ended: Climb = climb(
            lambda engine: engines.solve(self.question.prepared, engine),
            lambda claim: judge(self.question.case, claim, math.inf),
        )

    @property
    def point(self) -> FloatArray | None:
        """A certified allocation."""
        return self.ended.variables

    @property
    def proof(self) -> InfeasibilityProof | None:
        """Why there is none."""
        certificate = self.ended.judgement.certificate
        return None if certificate is None else certificate.infeasibility

    @property
    def multipliers(self) -> Multipliers:
        """What the engine claimed."""
        return {} if self.ended.claim is None else self.ended.claim.multipliers


class LeastViolation:
    """The least violation of the soft limits of a problem, all of priority 1."""

    def __init__(
        self, problem: AllocationProblem, engines: Engines, before: tuple[SolveAttempt, ...] = ()
    ) -> None:
        """Raises OutOfTime."""
        question = Question(problem)
        stage = Stage((), 1)
        self.case: Case = replace(question.case, stage=stage)
        prepared = question.prepared_at(stage)
        self.ended: Climb = climb(
            lambda engine: engines.solve(prepared, engine),
            lambda claim: judge(self.case, claim, math.inf),
            before=before,
        )

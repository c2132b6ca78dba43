"""The ladder: solve, certify, and where that fails the next engine. The certificate alone decides."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import AttemptVerdict, FloatArray, SolveAttempt
from optimizer.certificate import Claim, Judgement, Multiplier
from optimizer.program import Engine, Outcome
from optimizer.telemetry.traces import span
from optimizer.workers import note

RUNGS = (Engine.CLARABEL, Engine.CLARABEL_TIGHT, Engine.SCS)


@dataclass(frozen=True, eq=False)
class Climb:
    """Every attempt made; the last judgement is certified when any is."""

    attempts: tuple[SolveAttempt, ...]
    judgement: Judgement
    engine: str = ""
    variables: FloatArray | None = None
    """Certified positions and postings; None for a proof of infeasibility or none at all."""
    claim: Claim | None = None
    """What was certified."""
    first_start: float | None = None
    """When the first attempt began to run, monotonic seconds."""

    @property
    def certified(self) -> bool:
        """Whether something was proven."""
        return self.judgement.verdict is AttemptVerdict.CERTIFIED


class OutOfTime(Exception):
    """Time ran out; `attempts` are those that ended before."""

    def __init__(self, attempts: tuple[SolveAttempt, ...]) -> None:
        super().__init__("time ran out")
        self.attempts = attempts


def climb(
    run: Callable[[Engine], Outcome],
    judge: Callable[[Claim], Judgement],
    rungs: Sequence[Engine] = RUNGS,
    before: tuple[SolveAttempt, ...] = (),
) -> Climb:
    """Runs one engine after the other until a claim is certified; attempts are added to those before.

    Raises OutOfTime when `run` raises TimeoutError.
    """
    attempts = list(before)
    judgement = Judgement(AttemptVerdict.NO_CLAIM)
    first_start = None
    for engine in rungs:
        try:
            outcome = run(engine)
        except TimeoutError as error:
            raise OutOfTime(tuple(attempts)) from error
        first_start = outcome.started_seconds if first_start is None else first_start
        claim = claim_of(outcome)
        with span("certificate"):
            judgement = judge(claim)
        attempts.append(recorded(outcome, judgement))
        note(attempts[-1])
        if judgement.verdict is AttemptVerdict.CERTIFIED:
            variables = None if judgement.prices is None else outcome.variables
            return Climb(tuple(attempts), judgement, outcome.engine, variables, claim, first_start)
    return Climb(tuple(attempts), judgement, first_start=first_start)


def recorded(outcome: Outcome, judgement: Judgement) -> SolveAttempt:
    """One attempt, as the answer tells of it."""
    return SolveAttempt(
        engine=outcome.engine,
        engine_status=outcome.status,
        verdict=judgement.verdict,
        worst_hard_violation=_finite(judgement.worst_hard_violation),
        relative_gap=_finite(judgement.relative_gap),
    )


def _finite(number: float | None) -> float | None:
    """None for what an engine's point has no number for."""
    return None if number is None or not math.isfinite(number) else number


def claim_of(outcome: Outcome) -> Claim:
    """What an engine brought, as the certifier takes it."""
    none = np.zeros(0)
    keys = {*outcome.multipliers, *outcome.components}
    return Claim(
        variables=outcome.variables,
        multipliers={
            key: Multiplier(outcome.multipliers.get(key, none), outcome.components.get(key)) for key in keys
        },
        infeasible=outcome.infeasible,
    )

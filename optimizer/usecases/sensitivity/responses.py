"""Certified answers beside an answer: one input moved, all else as it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from counterpoise.model import (
    AllocateRequest,
    Allocation,
    AllocationProblem,
    InputResponse,
    OptimalityProof,
    PositionChange,
    SolveParameters,
    TerminationReason,
)
from counterpoise.validate import request_violations
from optimizer.usecases.allocate import answer
from optimizer.usecases.clock import Clock
from optimizer.usecases.ladder import OutOfTime
from optimizer.usecases.question import Question
from optimizer.usecases.sensitivity.inputs import Input
from optimizer.usecases.solving import Solve

_SMALLEST_CHANGE = 1e-6
_MOST_CHANGES = 20
_ROOM = 2.0
"""An answer is begun only while there is this many times what the longest took: the worker is ended when
time is over, and with it all that was found."""


@dataclass(frozen=True)
class Beside:
    """The answers with an input lower, and with it higher; None where that is no valid input."""

    lower: InputResponse | None
    higher: InputResponse | None
    worth: float
    """The larger change of the objective, less what the gaps of both answers leave open, >= 0."""

    @property
    def keeps_soft_limits(self) -> bool:
        """Whether both are certified to miss soft limits by no more and no less than the answer itself."""
        return all(
            end is not None and end.reason is TerminationReason.OPTIMAL and end.soft_violation_change == 0.0
            for end in (self.lower, self.higher)
        )


class Neighbours:
    """Answers while the clock leaves time; when it does not for one, there are no more."""

    def __init__(self, clock: Clock, parameters: SolveParameters, solve: Solve) -> None:
        self._clock = clock
        self._parameters = parameters
        self._solve = solve
        self._longest_seconds = 0.0
        self._over = False

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Around each answer."""
        began = time.monotonic()
        yield
        self._longest_seconds = max(self._longest_seconds, time.monotonic() - began)

    def beside(self, question: Question, allocation: Allocation, item: Input, length: float) -> Beside:
        """The answers with an input this much lower and higher, against the answer as it is."""
        better = -question.case.objective.sign
        ends: list[InputResponse | None] = []
        worth = 0.0
        for value in (item.value - length, item.value + length):
            moved = item.moved(question.problem, value)
            if self._over:
                ends.append(InputResponse(value=value, reason=TerminationReason.TIME_LIMIT))
            elif request_violations(AllocateRequest(problem=moved)):
                ends.append(None)
            else:
                response, certain = _response(value, better, allocation, self._answer(moved))
                ends.append(response)
                worth = max(worth, certain)
        return Beside(ends[0], ends[1], worth)

    def _answer(self, problem: AllocationProblem) -> Allocation | None:
        """None where there is no time."""
        self._over = self._clock.remaining_seconds() < _ROOM * self._longest_seconds
        if self._over:
            return None
        try:
            with self.timed():
                return answer(problem, self._parameters, self._solve)
        except OutOfTime:
            self._over = True
            return None


def _response(
    value: float, better: float, allocation: Allocation, moved: Allocation | None
) -> tuple[InputResponse, float]:
    """Differences of one answer from another, and how far the objective is certain to have moved.

    `better` is 1 where more is better, -1 where less; None is an answer that there was no time for.
    """
    if moved is None:
        return InputResponse(value=value, reason=TerminationReason.TIME_LIMIT), 0.0
    reason = moved.termination.reason
    before, after = _proof(allocation), _proof(moved)
    if before is None or after is None:
        return InputResponse(value=value, reason=reason), 0.0
    change = better * (after.objective - before.objective)
    missed = _violation(after) - _violation(before)
    response = InputResponse(
        value=value,
        reason=reason,
        objective_change=change,
        position_changes=_changes(allocation, moved),
        soft_violation_change=missed if abs(missed) > _SMALLEST_CHANGE else 0.0,
    )
    left_open = sum(abs(proof.objective - proof.objective_bound) for proof in (before, after))
    return response, max(abs(change) - left_open, 0.0)


def _proof(allocation: Allocation) -> OptimalityProof | None:
    return allocation.certificate.optimality if allocation.certificate is not None else None


def _violation(proof: OptimalityProof) -> float:
    """Weighted violation over all priorities of soft limits."""
    return sum(stage.violation for stage in proof.soft_stages)


def _changes(allocation: Allocation, moved: Allocation) -> tuple[PositionChange, ...]:
    """The largest first, equal ones in the order of lines."""
    at = {position.line_id: position.fraction for position in allocation.positions}
    changes = [
        PositionChange(line_id=position.line_id, change=position.fraction - at[position.line_id])
        for position in moved.positions
    ]
    large = [item for item in changes if abs(item.change) > _SMALLEST_CHANGE]
    return tuple(sorted(large, key=lambda item: -abs(item.change))[:_MOST_CHANGES])

"""Certified answers beside an answer: one input moved, all else as it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from counterpoise.model import (
    AllocateRequest,
    Allocation,
    AllocationProblem,
    InputResponse,
    PositionChange,
    SolveParameters,
)
from counterpoise.validate import request_violations
from optimizer.usecases.allocate import answer
from optimizer.usecases.clock import Clock
from optimizer.usecases.ladder import OutOfTime
from optimizer.usecases.question import Question
from optimizer.usecases.sensitivity.inputs import Input
from optimizer.usecases.solving import Solve

Beside: TypeAlias = tuple[InputResponse | None, InputResponse | None]
"""With an input lower, and with it higher; None where that is no valid input, or time was over."""

_SMALLEST_CHANGE = 1e-6
_MOST_CHANGES = 20
_ROOM = 2.0
"""An answer is begun only while there is this many times what the longest took: the worker is ended when
time is over, and with it all that was found."""


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
        lower, higher = item.value - length, item.value + length
        return (
            _response(lower, better, allocation, self._answer(item.moved(question.problem, lower))),
            _response(higher, better, allocation, self._answer(item.moved(question.problem, higher))),
        )

    def _answer(self, problem: AllocationProblem) -> Allocation | None:
        """None where the problem is not valid, or there is no time."""
        if self._over:
            return None
        if request_violations(AllocateRequest(problem=problem)):
            return None
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
) -> InputResponse | None:
    """Differences of one answer from another; `better` is 1 where more is better, -1 where less."""
    if moved is None:
        return None
    before, after = allocation.certificate, moved.certificate
    reason = moved.termination.reason
    if before is None or after is None or before.optimality is None or after.optimality is None:
        return InputResponse(value=value, reason=reason)
    return InputResponse(
        value=value,
        reason=reason,
        objective_change=better * (after.optimality.objective - before.optimality.objective),
        position_changes=_changes(allocation, moved),
    )


def _changes(allocation: Allocation, moved: Allocation) -> tuple[PositionChange, ...]:
    """The largest first, equal ones in the order of lines."""
    at = {position.line_id: position.fraction for position in allocation.positions}
    changes = [
        PositionChange(line_id=position.line_id, change=position.fraction - at[position.line_id])
        for position in moved.positions
    ]
    large = [item for item in changes if abs(item.change) > _SMALLEST_CHANGE]
    return tuple(sorted(large, key=lambda item: -abs(item.change))[:_MOST_CHANGES])

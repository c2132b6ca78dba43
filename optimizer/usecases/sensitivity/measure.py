"""MeasureSensitivity: answer, answer again beside it, rank inputs by what moves it."""

from __future__ import annotations

from dataclasses import replace

from counterpoise.model import (
    AllocateRequest,
    AllocationView,
    AlphaInput,
    BoundInput,
    InputSensitivity,
    MarginRateInput,
    MeasureSensitivityRequest,
    MeasureSensitivityResponse,
    PremiumInput,
    SolveAttempt,
    SolveParameters,
)
from counterpoise.validate import request_violations
from optimizer.telemetry.traces import span
from optimizer.usecases.allocate import answered, out_of_time
from optimizer.usecases.clock import Clock
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.ladder import OutOfTime
from optimizer.usecases.question import Question
from optimizer.usecases.sensitivity.candidates import FLAT, Candidate, candidates_of
from optimizer.usecases.sensitivity.responses import Beside, Neighbours
from optimizer.usecases.solving import solve_within

_DEFAULT_INPUT_COUNT = 10
_DEFAULT_STEP = 0.0025
"""A quarter of a percentage point."""


def measure_sensitivity(request: MeasureSensitivityRequest, clock: Clock) -> MeasureSensitivityResponse:
    """The answer, and the inputs that move its objective most per step, the most first.

    By the larger of what the derivative says of a step and what the certified answers beside show of it,
    among `candidates_of`; those that move it by nothing that is certain are left out. Answers beside it are
    worked out while there is time. Raises RequestInvalid, and DeadlinePassed where the caller's deadline
    ends the work before there is an answer.
    """
    with span("validate"):
        violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    parameters = request.parameters or SolveParameters()
    parameters = replace(parameters, view=parameters.view or AllocationView.BASIC)
    question, solve = Question(request.problem), solve_within(clock)
    neighbours = Neighbours(clock, replace(parameters, view=AllocationView.BASIC), solve)
    try:
        with neighbours.timed():
            ended, allocation = answered(question, parameters, solve)
    except OutOfTime as over:
        return out_of_time_to_measure(request, clock, over.attempts)
    step, count = request.step or _DEFAULT_STEP, request.maximum_input_count or _DEFAULT_INPUT_COUNT
    with span("derivatives"):
        candidates = candidates_of(question, ended, step, count)
    measured = []
    for candidate in candidates:
        beside = neighbours.beside(question, allocation, candidate.item, candidate.length)
        if max(beside.worth, candidate.tangent) >= FLAT * step:
            item = _sensitivity(candidate, beside)
            tangent = 0.0 if item.objective_derivative is None else candidate.tangent
            measured.append((max(beside.worth, tangent), item))
    measured.sort(key=lambda pair: -pair[0])
    inputs = [item for _, item in measured[:count]]
    return MeasureSensitivityResponse(
        allocation=allocation, inputs=tuple(inputs), request_id=request.request_id
    )


def out_of_time_to_measure(
    request: MeasureSensitivityRequest, clock: Clock, attempts: tuple[SolveAttempt, ...]
) -> MeasureSensitivityResponse:
    """The answer to a valid request whose time ran out first. Raises DeadlinePassed as Allocate does."""
    asked = AllocateRequest(problem=request.problem, request_id=request.request_id)
    late = out_of_time(asked, clock, attempts)
    return MeasureSensitivityResponse(allocation=late.allocation, request_id=request.request_id)


def _sensitivity(candidate: Candidate, beside: Beside) -> InputSensitivity:
    item, name = candidate.item, candidate.item.name
    known = not candidate.kinked or beside.keeps_soft_limits
    return InputSensitivity(
        premium=name if isinstance(name, PremiumInput) else None,
        alpha=name if isinstance(name, AlphaInput) else None,
        margin_rate=name if isinstance(name, MarginRateInput) else None,
        bound=name if isinstance(name, BoundInput) else None,
        value=item.value,
        unit=item.unit,
        objective_derivative=candidate.derivative if known else None,
        step=candidate.length,
        lower=beside.lower,
        higher=beside.higher,
    )

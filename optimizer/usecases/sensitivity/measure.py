"""MeasureSensitivity: answer, rank inputs by certified derivatives, answer again beside the first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

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
from optimizer.usecases.ladder import Climb, OutOfTime
from optimizer.usecases.question import Question
from optimizer.usecases.sensitivity.derivatives import derivatives_of
from optimizer.usecases.sensitivity.inputs import Input, inputs_of
from optimizer.usecases.sensitivity.responses import Beside, Neighbours
from optimizer.usecases.solving import solve_within

_DEFAULT_INPUT_COUNT = 10
_DEFAULT_STEP = 0.0025
"""A quarter of a percentage point."""
_NOTHING = 1e-9
"""Inputs that move the objective by less per step do not move it: that much is left of multipliers of
bounds that do not bind."""
_MET = 1e-9
"""A priority that is proven to be missed by less is met."""
_UNPAID = 1e-6
"""Objective per weighted unit of violation that counts as none."""


def measure_sensitivity(request: MeasureSensitivityRequest, clock: Clock) -> MeasureSensitivityResponse:
    """The answer, and the inputs that move its objective most per step, the most first.

    Inputs by which it does not move at all are left out; where soft limits are missed and the objective
    would gain by missing them more, so are margin rates and bounds. Answers beside it are worked out while
    there is time; those that are not are left unset. Raises RequestInvalid, and DeadlinePassed where the
    caller's deadline ends the work before there is an answer.
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
    step = request.step or _DEFAULT_STEP
    with span("derivatives"):
        ranked = _ranked(question, ended, step)[: request.maximum_input_count or _DEFAULT_INPUT_COUNT]
    inputs = []
    for item, derivative in ranked:
        length = item.step(step)
        beside = neighbours.beside(question, allocation, item, length)
        inputs.append(_sensitivity(item, derivative, length, beside))
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


def _ranked(question: Question, ended: Climb, step: float) -> list[tuple[Input, float]]:
    """Inputs and derivatives by what a step is worth, the most first; equal ones in the problem's order."""
    prices, variables = ended.judgement.prices, ended.variables
    if prices is None or variables is None:
        return []
    of_limits = {constraint.keys[0].limit_id or "": constraint for constraint in question.case.constraints}
    inputs = inputs_of(question.problem, of_limits)
    if _pays_for_misses(question, ended):
        inputs = tuple(item for item in inputs if isinstance(item.name, PremiumInput | AlphaInput))
    derivatives = derivatives_of(question, inputs, prices, variables)
    worth = np.abs(derivatives) * [item.step(step) for item in inputs]
    order = np.argsort(-worth, kind="stable")
    return [(inputs[at], float(derivatives[at])) for at in order if worth[at] >= _NOTHING]


def _pays_for_misses(question: Question, ended: Climb) -> bool:
    """Whether the objective would gain if a priority that is missed were missed by more.

    Margin rates and bounds then move it by way of the violation as well, and how much is not in the
    multipliers of the last stage. Premia and alphas are in the objective alone.
    """
    certificate, prices = ended.judgement.certificate, ended.judgement.prices
    if certificate is None or certificate.optimality is None or prices is None:
        return False
    stages = certificate.optimality.soft_stages
    missed = {stage.priority for stage in stages if stage.violation_bound > _MET}
    return any(
        bool(np.any(prices.by_side.get((constraint.name, side), 0.0) > _UNPAID * constraint.violation_weight))
        for constraint in question.case.constraints
        if constraint.priority in missed
        for side in constraint.sides
    )


def _sensitivity(item: Input, derivative: float, length: float, beside: Beside) -> InputSensitivity:
    name, (lower, higher) = item.name, beside
    return InputSensitivity(
        premium=name if isinstance(name, PremiumInput) else None,
        alpha=name if isinstance(name, AlphaInput) else None,
        margin_rate=name if isinstance(name, MarginRateInput) else None,
        bound=name if isinstance(name, BoundInput) else None,
        value=item.value,
        unit=item.unit,
        objective_derivative=derivative,
        step=length,
        lower=lower,
        higher=higher,
    )

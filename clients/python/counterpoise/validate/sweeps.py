"""What the axes of a sweep say of each other and of the problem."""

from __future__ import annotations

import math

from counterpoise.model import (
    AllocationProblem,
    BatchHeader,
    EntityRef,
    ErrorReason,
    Limit,
    Side,
    SolveParameters,
    SweepAxis,
    TraceFrontierRequest,
    Violation,
)
from counterpoise.schema import schema_for
from counterpoise.validate.counts import POINTS
from counterpoise.validate.report import Place, Report
from counterpoise.validate.structure import look, plan_of
from counterpoise.validate.text import shown


def check_sweep(request: TraceFrontierRequest, report: Report) -> None:
    """Axes of different numbers that the problem has, distinct values, and not too many points.

    Axes that are not sound by themselves are passed over.
    """
    if not report.sound(("axes",)):
        return
    for index, axis in enumerate(request.axes):
        at: Place = ("axes", index)
        _check_values(axis, at, report)
        if isinstance(request.problem, AllocationProblem):
            _check_number(axis, request.problem, at, report)
        if index > 0 and _number_of(axis) == _number_of(request.axes[0]):
            message = "both axes move the same number; leave one out, or choose another number"
            report.add(at, ErrorReason.ID_DUPLICATE, message)
    count = math.prod(len(axis.parameter_values) for axis in request.axes)
    if count > POINTS:
        message = f"{count:,} points, the product of the axes; at most {POINTS:,} are taken"
        report.add(("axes",), ErrorReason.TOO_MANY, message)


def _number_of(axis: SweepAxis) -> tuple[str, str, object]:
    """What tells one number of a problem from another."""
    if axis.limit_bound is not None:
        return "limit_bound", axis.limit_bound.limit_id, axis.limit_bound.side
    if axis.reserve_rate is not None:
        return "reserve_rate", axis.reserve_rate.limit_id, None
    return ("risk_aversion" if axis.risk_aversion is not None else "alpha_scale"), "", None


def _check_values(axis: SweepAxis, at: Place, report: Report) -> None:
    seen: set[float] = set()
    for index, value in enumerate(axis.parameter_values):
        if value in seen:
            place = (*at, "parameter_values", index)
            report.add(place, ErrorReason.ID_DUPLICATE, f"{shown(value)} comes twice; keep one")
        seen.add(value)


def _check_number(axis: SweepAxis, problem: AllocationProblem, at: Place, report: Report) -> None:
    if axis.limit_bound is not None:
        bound = axis.limit_bound
        place = (*at, "limit_bound", "limit_id")
        limit = _limit(problem, bound.limit_id, place, report)
        name = "lower" if bound.side is Side.LOWER else "upper"
        if limit is not None and getattr(limit, name, None) is None:
            message = f"limit {bound.limit_id} has no {name} bound; choose its other side, or write one"
            report.add((*at, "limit_bound", "side"), ErrorReason.FIELD_MISSING, message)
    elif axis.reserve_rate is not None:
        place = (*at, "reserve_rate", "limit_id")
        limit = _limit(problem, axis.reserve_rate.limit_id, place, report)
        if limit is not None and limit.reserve is None:
            message = f"limit {limit.limit_id} does not measure the reserve; name one that does"
            report.add(place, ErrorReason.ID_UNKNOWN, message)
    elif axis.risk_aversion is not None and getattr(problem.objective, "maximize_utility", None) is None:
        message = "the objective maximises no utility, so it has no risk aversion; choose another number"
        report.add((*at, "risk_aversion"), ErrorReason.FIELD_MISSING, message)


def _limit(problem: AllocationProblem, limit_id: str, place: Place, report: Report) -> Limit | None:
    limits = getattr(problem.mandate, "limits", None)
    for limit in limits if isinstance(limits, (tuple, list)) else ():
        if isinstance(limit, Limit) and limit.limit_id == limit_id:
            return limit
    message = f"{shown(limit_id)} is no limit of the mandate; write the id of one"
    report.add(place, ErrorReason.ID_UNKNOWN, message, subjects=(EntityRef(limit_id=limit_id),))
    return None


def parameter_violations(parameters: SolveParameters) -> tuple[Violation, ...]:
    """Every violation of parameters that come without a problem, with paths as `parameters.time_limit`."""
    report = Report()
    look(plan_of(schema_for(SolveParameters)), parameters, ("parameters",), report)
    return report.violations(BatchHeader, BatchHeader(parameters=parameters))

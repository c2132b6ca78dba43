"""What today's holdings come to under limits that they break, in the limits' own units."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.subjects import Subjects
from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    ExposureMeasure,
    Limit,
    PositionMeasure,
    Unit,
    Warning,
)
from counterpoise.wording.exposures import exposures
from counterpoise.wording.figures import in_unit
from counterpoise.wording.names import Names

_ROUNDING = 1e-6
Member = tuple[str, float, Unit]
"""What a number is about, the number, and its unit."""


def broken_today(given: Sequence[Warning], subjects: Subjects) -> tuple[list[str], list[Warning]]:
    """One sentence about all that can be told in percent, and the warnings that cannot."""
    limits = {limit.limit_id: limit for limit in subjects.problem.mandate.limits}
    told: list[tuple[float, str]] = []
    rest = []
    for warning in given:
        about = [subject.limit_id for subject in warning.subjects]
        limit = limits.get(about[0] or "") if len(about) == 1 else None
        words = _breach(limit, subjects) if limit is not None else None
        if words is None:
            rest.append(warning)
        else:
            told.append(words)
    told.sort(key=lambda item: -item[0])
    return ([f"they break {'; '.join(words for _, words in told)}"] if told else []), rest


def _breach(limit: Limit, subjects: Subjects) -> tuple[float, str] | None:
    """How far the worst member is beyond its bound, and that in words; None where it is not known."""
    lower, upper = limit.bounds
    worst: tuple[float, str] | None = None
    for about, value, unit in _members(limit, subjects.problem, subjects.names):
        for bound, excess, words in (
            (lower, (lower or 0.0) - value, "at least"),
            (upper, value - (upper or 0.0), "at most"),
        ):
            if bound is not None and excess > max(_ROUNDING, worst[0] if worst else 0.0):
                name = ": ".join(part for part in (limit.display_name or limit.limit_id, about) if part)
                wanted = f"{'exactly' if lower == upper else words} {in_unit(bound, unit)}"
                worst = (excess, f"{name}, at {in_unit(value, unit)} ({wanted})")
    return worst


def _members(limit: Limit, problem: AllocationProblem, names: Names) -> list[Member]:
    """What positions and exposures of today come to; nothing for other measures."""
    measure = limit.measure
    if isinstance(measure, PositionMeasure):
        lines = [problem.portfolio.lines[index] for index in measure.lines.select(problem.portfolio)]
        values = [(names.line(line.line_id), line.current_fraction or 0.0) for line in lines]
        return _aggregated(values, measure.aggregation, Unit.NAV_FRACTION)
    if isinstance(measure, ExposureMeasure):
        lines = [problem.portfolio.lines[index] for index in measure.lines.select(problem.portfolio)]
        chosen = [problem.market.drivers[index] for index in measure.drivers.select(problem.market)]
        today = {line.line_id: line.current_fraction or 0.0 for line in lines}
        exposure = exposures(problem, lines, today)
        if measure.relative_to_reference:
            for item in problem.mandate.reference_exposures:
                exposure[item.driver_id] = exposure.get(item.driver_id, 0.0) - item.value
        values = [(names.driver(item.driver_id), exposure.get(item.driver_id, 0.0)) for item in chosen]
        unit = chosen[0].exposure_unit if chosen else Unit.NAV_FRACTION
        return _aggregated(values, measure.aggregation, unit)
    return []


def _aggregated(values: Sequence[tuple[str, float]], aggregation: Aggregation, unit: Unit) -> list[Member]:
    if aggregation is Aggregation.EACH:
        return [(name, value, unit) for name, value in values]
    absolute = aggregation is Aggregation.ABSOLUTE_SUM
    return [("", sum(abs(value) if absolute else value for _, value in values), unit)]

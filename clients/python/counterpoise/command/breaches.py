"""What today's holdings come to under limits that they break, in the limits' own units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from counterpoise.command.subjects import Subjects
from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    Aggregation,
    ExposureMeasure,
    Limit,
    LimitKey,
    Line,
    PositionMeasure,
    StructuralRule,
    Unit,
    Warning,
)
from counterpoise.wording.bounds import broken_bound
from counterpoise.wording.exposures import exposures
from counterpoise.wording.figures import in_unit, percent
from counterpoise.wording.measures import under_scenarios, unit_of_limit
from counterpoise.wording.soft import comparable, is_missed
from counterpoise.wording.words import STRUCTURAL_RULES

MEMBERS_SHOWN = 3
"""Members of one limit that are told."""

_ROUNDING = 1e-6
_OF_A_LIMIT = re.compile(
    r"current holdings break (?P<origin>[^\[:]+)(?:\[(?P<members>[^\]]*)\])?: "
    r"(?P<value>[-+.\de]+) is (?P<excess>[-+.\de]+) beyond its bound"
).fullmatch
_DEFAULT_CAP = StructuralRule.DEFAULT_LEVERAGE_CAP

Member = tuple[str, float, Unit]
"""What a number is about, the number, and its unit."""


@dataclass(frozen=True, kw_only=True)
class _Break:
    """One member of a limit that is broken: how far, comparable with others, and in words."""

    excess: float
    about: str
    words: str


def broken_today(given: Sequence[Warning], subjects: Subjects) -> tuple[list[str], list[Warning]]:
    """One sentence about all that can be told in the limits' units, and the warnings that cannot."""
    limits = {limit.limit_id: limit for limit in subjects.problem.mandate.limits}
    by_limit: dict[str, list[Warning]] = {}
    told: list[tuple[float, str]] = []
    rest = []
    for warning in given:
        about = [subject.limit_id for subject in warning.subjects if subject.limit_id]
        line = subjects.line_of(warning)
        other = _out_of_its_box(line, subjects) if line is not None else _default_cap(warning)
        if about and about[0] in limits:
            by_limit.setdefault(about[0], []).append(warning)
        elif other is not None:
            told.append(other)
        else:
            rest.append(warning)
    for limit_id, warnings in by_limit.items():
        limit = limits[limit_id]
        broken = _measured(limit, subjects) or _computed(limit, subjects) or _said(limit, warnings, subjects)
        if broken:
            told.append(_together(limit, broken))
        else:
            rest += warnings
    told.sort(key=lambda item: -item[0])
    return ([f"they break {'; '.join(words for _, words in told)}"] if told else []), rest


def _together(limit: Limit, broken: Iterable[_Break]) -> tuple[float, str]:
    """The worst members of a limit; how far the worst is beyond its bound comes first."""
    worst = sorted(broken, key=lambda item: -item.excess)
    words = "; ".join(
        f"{item.about}, {item.words}" if item.about else item.words for item in worst[:MEMBERS_SHOWN]
    )
    more = f" and {len(worst) - MEMBERS_SHOWN} more" if len(worst) > MEMBERS_SHOWN else ""
    origin = limit.display_name or limit.limit_id
    return worst[0].excess, f"{origin}{': ' if worst[0].about else ', '}{words}{more}"


def _measured(limit: Limit, subjects: Subjects) -> list[_Break]:
    """What the answer reports of today's holdings; nothing where it is about others."""
    names, origin = subjects.names, limit.display_name or limit.limit_id
    told = []
    for report in subjects.limits_today:
        if report.key.limit_id != limit.limit_id or not is_missed(report):
            continue
        wanted = broken_bound(report, names)
        value = names.number(report.key, report.value, report.unit)
        words = f"at {value} ({wanted})"
        if limit.liquidity_coverage is not None:
            words = _short(report.violation)
        excess = comparable(report.violation, report.unit)
        about = names.limit(report.key).removeprefix(origin).removeprefix(": ")
        told.append(_Break(excess=excess, about=about, words=words))
    return told


def _computed(limit: Limit, subjects: Subjects) -> list[_Break]:
    """Members beyond a bound, where positions and exposures of today tell; nothing for other measures."""
    lower, upper = limit.bounds
    told = []
    for about, value, unit in _members(limit, subjects):
        for bound, excess, words in (
            (lower, (lower or 0.0) - value, "at least"),
            (upper, value - (upper or 0.0), "at most"),
        ):
            if bound is not None and excess > _ROUNDING:
                wanted = f"{'exactly' if lower == upper else words} {in_unit(bound, unit)}"
                told.append(
                    _Break(
                        excess=comparable(excess, unit),
                        about=about,
                        words=f"at {in_unit(value, unit)} ({wanted})",
                    )
                )
    return told


def _said(limit: Limit, warnings: Iterable[Warning], subjects: Subjects) -> list[_Break]:
    """What the server's words say; nothing where one of them says it in another form."""
    names, unit = subjects.names, unit_of_limit(limit, subjects.problem)
    scenario_ids = {item.scenario_id for item in subjects.problem.scenarios}
    key = LimitKey(limit_id=limit.limit_id)
    told = []
    for warning in warnings:
        match = _OF_A_LIMIT(warning.message)
        if match is None:
            return []
        value, excess = float(match["value"]), float(match["excess"])
        members = [item for item in (match["members"] or "").split(", ") if item]
        about = [names.member(item) for item in members]
        if under_scenarios(limit) and scenario_ids.isdisjoint(members):
            about.insert(0, names.scenario(""))
        words = f"at {names.number(key, value, unit)}{_nearest(limit, value, unit, subjects)}"
        if limit.liquidity_coverage is not None:
            words = _short(excess)
        told.append(_Break(excess=comparable(excess, unit), about=", ".join(about), words=words))
    return told


def _nearest(limit: Limit, value: float, unit: Unit, subjects: Subjects) -> str:
    """The bound that is broken: that which is nearer."""
    lower, upper = limit.bounds
    if limit.factor_neutrality is not None and upper is not None:
        lower = -upper
    bounds = [item for item in ((lower, "at least"), (upper, "at most")) if item[0] is not None]
    if not bounds:
        return ""
    bound, words = min(bounds, key=lambda item: abs(value - (item[0] or 0.0)))
    told = subjects.names.number(LimitKey(limit_id=limit.limit_id), bound or 0.0, unit)
    return f" ({'exactly' if lower == upper else words} {told})"


def _short(excess: float) -> str:
    return f"short by {percent(excess)} % of NAV"


def _default_cap(warning: Warning) -> tuple[float, str] | None:
    """The cap on leverage that nobody states."""
    match = _OF_A_LIMIT(warning.message)
    if match is None or warning.subjects or match["origin"] != _DEFAULT_CAP.name.lower():
        return None
    value, cap = in_unit(float(match["value"]), Unit.RATIO), in_unit(DEFAULT_LEVERAGE_CAP, Unit.RATIO)
    return float(match["excess"]), f"{STRUCTURAL_RULES[_DEFAULT_CAP]}, at {value} (at most {cap})"


def _out_of_its_box(line: Line, subjects: Subjects) -> tuple[float, str] | None:
    """A line beyond its own minimum or maximum; None where it is another bound."""
    now = line.current_fraction or 0.0
    for bound, excess, words in (
        (line.minimum_fraction, (line.minimum_fraction or 0.0) - now, "at least"),
        (line.maximum_fraction, now - (line.maximum_fraction or 0.0), "at most"),
    ):
        if bound is not None and excess > _ROUNDING:
            name = subjects.names.line(line.line_id)
            return excess, f"{name}, at {percent(now)} % ({words} {percent(bound)} %)"
    return None


def _members(limit: Limit, subjects: Subjects) -> list[Member]:
    """What positions and exposures of today come to; nothing for other measures."""
    measure, problem, names = limit.measure, subjects.problem, subjects.names
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

"""Every row and ball of a problem, from one file for each limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from counterpoise.model import (
    ExposureMeasure,
    LeverageMeasure,
    Limit,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
)
from optimizer.program.limits.capital import capital_budget
from optimizer.program.limits.collateral import collateral
from optimizer.program.limits.exposure import exposure, reference_beta
from optimizer.program.limits.leverage import default_cap, leverage
from optimizer.program.limits.position import position
from optimizer.program.limits.reserve import reserve
from optimizer.program.limits.risk import risk
from optimizer.program.lines import Lines
from optimizer.program.rows import Ball, Rows
from optimizer.program.terms.net_return import net_return_lost
from optimizer.program.terms.objective import Goal, goal_of, hold


@dataclass(frozen=True, eq=False)
class Parts:
    """What a problem is made of."""

    goal: Goal
    rows: tuple[Rows, ...]
    balls: tuple[Ball, ...]


def gather(lines: Lines) -> Parts:
    """Rules of the structure, then the limits of the mandate."""
    rows = [capital_budget(lines), *collateral(lines)]
    default = default_cap(lines)
    if default is not None:
        rows.append(default)
    balls = []
    for limit in lines.inputs.problem.mandate.limits:
        part = _part(lines, limit)
        if isinstance(part, Ball):
            balls.append(part)
        else:
            rows.append(replace(part, lower=limit.lower, upper=limit.upper))
    goal = goal_of(lines)
    if lines.inputs.held_at is None:
        return Parts(goal, tuple(rows), tuple(balls))
    held = hold(goal, lines.inputs.held_at)
    if isinstance(held, Ball):
        balls.append(held)
    else:
        rows.append(held)
    return Parts(Goal(*net_return_lost(lines)), tuple(rows), tuple(balls))


def _part(lines: Lines, limit: Limit) -> Rows | Ball:
    name = f"limit/{limit.limit_id}"
    match limit.measure:
        case PositionMeasure() as measure:
            return position(lines, measure, name)
        case ExposureMeasure() as measure:
            return exposure(lines, measure, name)
        case ReferenceBetaMeasure():
            return reference_beta(lines, name)
        case LeverageMeasure(definition=definition):
            return leverage(lines, definition, name)
        case ReserveMeasure() as measure:
            return reserve(lines, measure, name)
        case RiskMeasure() as measure:
            return risk(lines, measure, name, limit.upper)

"""Every row and ball of a problem, from one file for each limit."""

from __future__ import annotations

from dataclasses import replace

from counterpoise.model import (
    ConditionalValueAtRiskMeasure,
    CounterpartyMeasure,
    ExposureMeasure,
    FactorNeutralityMeasure,
    IlliquidShareMeasure,
    LeverageMeasure,
    Limit,
    LiquidityCoverageMeasure,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    ScenarioLossMeasure,
    Side,
    TurnoverMeasure,
)
from optimizer.program.limits.capital import capital_budget
from optimizer.program.limits.collateral import collateral
from optimizer.program.limits.counterparty import counterparty
from optimizer.program.limits.coverage import coverage
from optimizer.program.limits.exposure import exposure, reference_beta
from optimizer.program.limits.leverage import default_cap, leverage, stressed_leverage
from optimizer.program.limits.neutrality import neutrality
from optimizer.program.limits.position import position
from optimizer.program.limits.reserve import reserve
from optimizer.program.limits.risk import risk
from optimizer.program.limits.stress import illiquid_share, scenario_loss, stressed_nav
from optimizer.program.limits.tail import tail
from optimizer.program.limits.turnover import turnover
from optimizer.program.lines import Lines
from optimizer.program.parts import Parts
from optimizer.program.rows import Ball, Rows, Softness
from optimizer.program.shocks import Shocks
from optimizer.program.terms.objective import goal_of, no_goal, return_goal


def gather(lines: Lines) -> Parts:
    """Rules of the structure, then the limits of the mandate; each is worked out once for the same lines."""
    shocks = lines.kept.get("shocks", lambda: Shocks(lines))
    rows = list(lines.kept.get("rules", lambda: (capital_budget(lines), *collateral(lines))))
    nav = stressed_nav(lines, shocks)
    if nav is not None:
        rows.append(nav)
    default = default_cap(lines)
    if default is not None:
        rows.append(default)
    balls = []
    weigh = _Weights(lines)
    bare: list[Rows | Ball] = list(rows)
    for limit in lines.inputs.problem.mandate.limits:
        softness = weigh.softness(limit)
        if not weigh.counts(softness):
            continue
        part = _part_of(lines, shocks, limit)
        bare.append(part)
        if isinstance(part, Ball):
            softness = None if _met(lines, part, softness) else softness
            balls.append(replace(part, radius=limit.upper, softness=softness))
        else:
            lower, upper = (None, 0.0) if limit.over_stressed_nav else limit.bounds
            rows.append(replace(part, lower=lower, upper=upper, softness=softness))
    stage = lines.inputs.stage
    if stage is not None and stage.minimised is not None:
        return Parts(no_goal(lines), tuple(rows), tuple(balls), tuple(bare))
    goal = goal_of(lines)
    if not lines.inputs.for_return:
        return Parts(goal, tuple(rows), tuple(balls), tuple(bare))
    held = None if lines.inputs.held_at is None else goal
    return Parts(return_goal(lines), tuple(rows), tuple(balls), tuple(bare), held)


def _met(lines: Lines, ball: Ball, softness: Softness | None) -> bool:
    """Whether a soft ball is hard by now."""
    stage = lines.inputs.stage
    if stage is None or softness is None:
        return False
    return bool(stage.met(softness.priority, ball.name, Side.UPPER, 1)[0])


class _Weights:
    """Which soft limits count at this stage, and what missing them weighs."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._heaviest: dict[int, float] = {}
        for limit in lines.inputs.problem.mandate.limits:
            if limit.soft is not None:
                weight = limit.soft.violation_weight or 1.0
                most = self._heaviest.get(limit.soft.priority, 0.0)
                self._heaviest[limit.soft.priority] = max(most, weight)

    def softness(self, limit: Limit) -> Softness | None:
        """Priority and relative weight; None for limits that are hard, or are taken as hard."""
        stage = self._lines.inputs.stage
        if limit.soft is None or stage is None:
            return None
        priority = limit.soft.priority
        weight = (limit.soft.violation_weight or 1.0) / self._heaviest[priority]
        measure = limit.exposure or limit.factor_neutrality
        if measure is not None:
            market = self._lines.inputs.problem.market
            weight *= market.drivers[measure.drivers.select(market)[0]].exposure_unit.weight
        return Softness(priority, weight)

    def counts(self, softness: Softness | None) -> bool:
        """Whether the turn of a priority has come."""
        stage = self._lines.inputs.stage
        if softness is None or stage is None:
            return True
        return softness.priority in stage.counted


def _part_of(lines: Lines, shocks: Shocks, limit: Limit) -> Rows | Ball:
    """A limit without its bounds: looked up by the object, then by what it measures."""

    def known() -> tuple[Limit, Rows | Ball]:
        # What is over stressed NAV has its upper bound in its rows.
        within = limit.upper if limit.over_stressed_nav else None
        key = ("measure", limit.limit_id, limit.measure, within)
        return limit, lines.kept.get(key, lambda: _part(lines, shocks, limit))

    return lines.kept.get(("limit", id(limit)), known)[1]


def _part(lines: Lines, shocks: Shocks, limit: Limit) -> Rows | Ball:
    name = f"limit/{limit.limit_id}"
    match limit.measure:
        case PositionMeasure() as measure:
            return position(lines, measure, name)
        case ExposureMeasure() as measure:
            return exposure(lines, measure, name)
        case ReferenceBetaMeasure():
            return reference_beta(lines, name)
        case LeverageMeasure(definition=definition, scenarios=None):
            return leverage(lines, definition, name)
        case ReserveMeasure() as measure:
            return reserve(lines, measure, name)
        case RiskMeasure() as measure:
            return risk(lines, measure, name, None)
        case FactorNeutralityMeasure() as measure:
            return neutrality(lines, measure, name)
        case CounterpartyMeasure() as measure:
            return counterparty(lines, measure, name)
        case TurnoverMeasure() as measure:
            return turnover(lines, measure, name)
        case _:
            return _stressed_part(lines, shocks, limit, name)


def _stressed_part(lines: Lines, shocks: Shocks, limit: Limit, name: str) -> Rows:
    """Of scenarios and samples. What is over stressed NAV has its upper bound in its rows."""
    most = 0.0 if limit.upper is None else limit.upper
    match limit.measure:
        case LeverageMeasure() as measure:
            return stressed_leverage(lines, shocks, measure, name, most)
        case IlliquidShareMeasure() as measure:
            return illiquid_share(lines, shocks, measure, name, most)
        case ScenarioLossMeasure() as measure:
            return scenario_loss(shocks, measure, name)
        case LiquidityCoverageMeasure() as measure:
            return coverage(lines, shocks, measure, name)
        case ConditionalValueAtRiskMeasure() as measure:
            return tail(lines, measure, name)
        case measure:
            raise ValueError(f"{limit.limit_id}: {type(measure).__name__} is not of scenarios or samples")

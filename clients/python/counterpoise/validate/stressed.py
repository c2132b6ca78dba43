"""What measures under scenarios and over samples need, and what they say of the limit that has them."""

from __future__ import annotations

from counterpoise.model import (
    ConditionalValueAtRiskMeasure,
    ErrorReason,
    IlliquidShareMeasure,
    LeverageMeasure,
    LiquidityCoverageMeasure,
    ScenarioLossMeasure,
    ScenarioScope,
)
from counterpoise.validate.counts import MARGIN_CALLS
from counterpoise.validate.facts import Facts
from counterpoise.validate.horizons import check_distinct
from counterpoise.validate.names import Names
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.scopes import check_scenario_scope


def leverage_facts(measure: LeverageMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of leverage, in each state by itself."""
    if measure.scenarios is None:
        return Facts(lower=False)
    states = check_scenario_scope(measure.scenarios, names, (*place, "scenarios"), report)
    return Facts(
        members=states, entries=_shocked(states, measure.scenarios) * len(names.lines.by_id), lower=False
    )


def scenario_loss_facts(measure: ScenarioLossMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of losses, which are linear in the positions."""
    states = check_scenario_scope(measure.scenarios, names, (*place, "scenarios"), report, base=False)
    return Facts(members=states, entries=states * len(names.lines.by_id))


def tail_facts(measure: ConditionalValueAtRiskMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of the mean of the worst outcomes of a known sample."""
    samples, name = names.return_samples, measure.return_sample_id
    entries = 0
    if samples.check_one(name, (*place, "return_sample_id"), report):
        outcomes = samples.by_id[name].outcomes
        entries = len(outcomes.row_ids) * len(outcomes.column_ids)
    return Facts(entries=entries, lower=False)


def coverage_facts(measure: LiquidityCoverageMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of liquidity beyond the need, by state and horizon; the first day has a member for cash alone, too."""
    states = check_scenario_scope(measure.scenarios, names, (*place, "scenarios"), report)
    days = measure.horizon_trading_days
    horizons = check_distinct(days, (*place, "horizon_trading_days"), report)
    members = states * (horizons + (1 in days))
    calls = members * len(names.margin_pools.by_id)
    if calls > MARGIN_CALLS:
        message = (
            f"{calls:,} variation margins by state, horizon and pool, at most {MARGIN_CALLS:,} are taken; "
            "name fewer scenarios or horizons"
        )
        report.add(place, ErrorReason.TOO_MANY, message)
    return Facts(members=members, entries=members * len(names.lines.by_id), upper=False)


def illiquid_facts(measure: IlliquidShareMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of what is not money in time, in each state by itself."""
    states = check_scenario_scope(measure.scenarios, names, (*place, "scenarios"), report)
    return Facts(members=states, entries=states * len(names.lines.by_id), lower=False)


def _shocked(states: int, scope: ScenarioScope) -> int:
    """How many of the states are scenarios."""
    return states - 1 if states and usable(scope) and scope.base else states

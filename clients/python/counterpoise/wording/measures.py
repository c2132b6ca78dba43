"""What limits measure, in few words."""

from __future__ import annotations

from counterpoise.model import (
    AllocationProblem,
    ConditionalValueAtRiskMeasure,
    CorrelationRegime,
    CounterpartyExposure,
    CounterpartyMeasure,
    ExposureMeasure,
    FactorNeutralityMeasure,
    IlliquidShareMeasure,
    LeverageMeasure,
    Limit,
    LimitKey,
    LiquidityCoverageMeasure,
    Measure,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
    ScenarioLossMeasure,
    TurnoverMeasure,
    Unit,
)
from counterpoise.wording.figures import percent

_MEASURES: dict[type[Measure], str] = {
    PositionMeasure: "position",
    ExposureMeasure: "exposure",
    ReferenceBetaMeasure: "beta",
    LeverageMeasure: "leverage",
    ReserveMeasure: "reserve",
    FactorNeutralityMeasure: "exposure",
    TurnoverMeasure: "turnover",
    ScenarioLossMeasure: "loss",
}
_AT_STAKE = {
    CounterpartyExposure.POSTED_MARGIN: "posted margin",
    CounterpartyExposure.GROSS_POSITION: "gross position",
}


def words_of(measure: Measure, key: LimitKey) -> str:
    """What a measure is of, for the member that a key names: `leverage`, `money beyond the need`."""
    if isinstance(measure, CounterpartyMeasure):
        return _AT_STAKE.get(measure.exposure, "")
    if isinstance(measure, RiskMeasure):
        return _risk(measure)
    if isinstance(measure, ConditionalValueAtRiskMeasure):
        return f"mean loss of the worst {_share(1.0 - measure.confidence)} of outcomes"
    if isinstance(measure, LiquidityCoverageMeasure):
        return " beyond ".join(covered(measure, key))
    if isinstance(measure, IlliquidShareMeasure):
        return f"share that is not money within {measure.horizon_trading_days} days"
    return _MEASURES.get(type(measure), "")


def covered(measure: LiquidityCoverageMeasure, key: LimitKey) -> tuple[str, str]:
    """What has to be there, and for what: money for the need, and the same day cash for the first call."""
    there, asked = _there_and_asked(key)
    multiple = measure.need_multiple
    return there, f"the {asked}" if multiple in (None, 1.0) else f"{multiple:g} times the {asked}"


def money_less_need(measure: LiquidityCoverageMeasure, key: LimitKey) -> str:
    """What the number of a coverage limit is: `money less 1.5 x need`."""
    there, asked = _there_and_asked(key)
    multiple = measure.need_multiple
    return f"{there} less {asked if multiple in (None, 1.0) else f'{multiple:g} x {asked}'}"


def _there_and_asked(key: LimitKey) -> tuple[str, str]:
    return ("cash", "first day's variation margin") if key.horizon_trading_days == 0 else ("money", "need")


def under_scenarios(limit: Limit | None) -> bool:
    """Whether a limit holds under scenarios, so that its member without one has to say so."""
    measure = limit.measure if limit is not None else None
    if not isinstance(measure, LeverageMeasure | LiquidityCoverageMeasure | IlliquidShareMeasure):
        return False
    scope = measure.scenarios
    return scope is not None and (scope.all_scenarios or bool(scope.scenario_ids))


def unit_of_measure(measure: Measure) -> Unit:
    """The unit of a measure's bounds; those of exposures to basis points have another one."""
    if isinstance(measure, RiskMeasure):
        return measure.statistic.unit
    if isinstance(measure, LeverageMeasure | ReferenceBetaMeasure | IlliquidShareMeasure):
        return Unit.RATIO
    return Unit.NAV_FRACTION


def _risk(measure: RiskMeasure) -> str:
    regime = " in bad times" if measure.regime == CorrelationRegime.STRESSED else ""
    if measure.statistic == RiskStatistic.RELATIVE_VALUE_AT_RISK:
        return f"value-at-risk over the reference's{regime}"
    if measure.statistic == RiskStatistic.GAUSSIAN_VALUE_AT_RISK:
        days = measure.horizon_trading_days
        return f"normal value-at-risk at {_share(measure.confidence or 0.0)} over {days} days{regime}"
    return f"volatility{regime}"


def _share(share: float) -> str:
    return f"{float(percent(share, 4)):g} %"


def unit_of_limit(limit: Limit, problem: AllocationProblem) -> Unit:
    """The unit of a limit's bounds."""
    measure = limit.measure
    if isinstance(measure, ExposureMeasure | FactorNeutralityMeasure):
        market = problem.market
        return next(
            (market.drivers[index].exposure_unit for index in measure.drivers.select(market)),
            Unit.NAV_FRACTION,
        )
    return unit_of_measure(measure)

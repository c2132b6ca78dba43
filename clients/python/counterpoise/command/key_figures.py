"""A portfolio before and after trades: the figures that a board asks for, and the limits that bind."""

from __future__ import annotations

from collections.abc import Callable

from counterpoise.command.layout import Section
from counterpoise.model import (
    LeverageDefinition,
    LimitKey,
    LimitReport,
    PortfolioMeasures,
    RiskStatistic,
    StressReport,
)
from counterpoise.wording.bounds import broken_bound, nearer_bound
from counterpoise.wording.coverage import ratio_in_words, ratio_of, same_day_ratio
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.shares import volatilities
from counterpoise.wording.stressed import base_leverage
from counterpoise.wording.words import LEVERAGE_DEFINITIONS, RISK_STATISTICS

_SHOWN = 25
_TIGHT = 1e-6
_LEVERAGES = (LeverageDefinition.GROSS_NOTIONAL, LeverageDefinition.OVERLAY)

Figure = Callable[[PortfolioMeasures], float | None]


def key_figures(
    before: PortfolioMeasures | None, after: PortfolioMeasures | None, names: Names
) -> Section | None:
    """Leverage, risk, return, reserve, the worst scenario and coverage, before and after."""
    if before is None or after is None:
        return None
    shares: list[tuple[str, Figure]] = [
        ("Expected net return, % a year", _net_return),
        *[
            (f"{RISK_STATISTICS[statistic]}, % a year", _volatility(statistic))
            for statistic in (RiskStatistic.TOTAL_VOLATILITY, RiskStatistic.ACTIVE_VOLATILITY)
        ],
        ("Reserve, % of NAV", _reserve),
        ("Reserve that is free, % of NAV", _free_reserve),
        (f"Loss in the worst scenario{_worst_named(before, after, names)}, % of NAV", _worst_loss),
    ]
    rows = [
        *[
            _told(
                f"{LEVERAGE_DEFINITIONS[definition][0]} leverage", _leverage(definition), before, after, fixed
            )
            for definition in _LEVERAGES
        ],
        *[_told(name, figure, before, after, percent) for name, figure in shares],
        _coverage(before, after),
    ]
    told = [row for row in rows if row is not None]
    if not told:
        return None
    return Section(title="Before and after", columns=("", "before", "after", "change"), rows=told)


def limits_after(
    before: PortfolioMeasures | None, after: PortfolioMeasures | None, names: Names
) -> Section | None:
    """Limits that are at their bound or missed once the trades are done."""
    if after is None:
        return None
    was = {str(limit.key): limit.value for limit in before.limits} if before is not None else {}
    tight = [limit for limit in after.limits if limit.violation > _TIGHT or _binds(limit)]
    if not tight:
        return None
    hidden = len(tight) - _SHOWN
    return Section(
        title="Limits that bind after the trades",
        columns=("Limit", "Bound", "before", "after", ""),
        rows=[
            (
                names.limit(limit.key),
                broken_bound(limit, names) if limit.violation > _TIGHT else nearer_bound(limit, names),
                _number(limit.key, was.get(str(limit.key)), limit, names),
                _number(limit.key, limit.value, limit, names),
                "missed" if limit.violation > _TIGHT else "",
            )
            for limit in tight[:_SHOWN]
        ],
        footnotes=(f"{hidden} more bind.",) if hidden > 0 else (),
        left=(0, 1, 4),
    )


def _binds(limit: LimitReport) -> bool:
    slacks = (limit.lower_slack, limit.upper_slack)
    return limit.binding or any(slack is not None and slack <= _TIGHT for slack in slacks)


def _number(key: LimitKey, value: float | None, limit: LimitReport, names: Names) -> str:
    return names.number(key, value, limit.unit) if value is not None else ""


def _told(
    name: str,
    figure: Figure,
    before: PortfolioMeasures,
    after: PortfolioMeasures,
    form: Callable[..., str],
) -> tuple[str, ...] | None:
    was, becomes = figure(before), figure(after)
    if was is None or becomes is None:
        return None
    digits = 3 if form is fixed else 2
    return (name, form(was, digits), form(becomes, digits), form(becomes - was, digits, signed=True))


def _leverage(definition: LeverageDefinition) -> Figure:
    return lambda item: base_leverage(item.leverage_figures).get(definition)


def _volatility(statistic: RiskStatistic) -> Figure:
    return lambda item: volatilities(item.risk.figures).get(statistic) if item.risk is not None else None


def _net_return(measures: PortfolioMeasures) -> float | None:
    report = measures.expected_return
    return report.annual_net_return if report is not None else None


def _reserve(measures: PortfolioMeasures) -> float | None:
    return measures.reserve.reserve_fraction if measures.reserve is not None else None


def _free_reserve(measures: PortfolioMeasures) -> float | None:
    return measures.reserve.free_fraction if measures.reserve is not None else None


def _worst(measures: PortfolioMeasures) -> StressReport | None:
    return max(measures.stresses, key=lambda item: item.loss_fraction, default=None)


def _worst_loss(measures: PortfolioMeasures) -> float | None:
    worst = _worst(measures)
    return worst.loss_fraction if worst is not None else None


def _worst_named(before: PortfolioMeasures, after: PortfolioMeasures, names: Names) -> str:
    """The scenario, or both where another one is the worst afterwards."""
    worst = [found for found in (_worst(before), _worst(after)) if found is not None]
    named = dict.fromkeys(names.scenario(found.scenario_id) for found in worst)
    return f" ({', then '.join(named)})" if named else ""


def _coverage(before: PortfolioMeasures, after: PortfolioMeasures) -> tuple[str, ...] | None:
    was, becomes = _least_coverage(before), _least_coverage(after)
    if was is None or becomes is None:
        return None
    return ("Least coverage, money over need", ratio_in_words(was), ratio_in_words(becomes), "")


def _least_coverage(measures: PortfolioMeasures) -> float | None:
    figures = measures.reserve.coverage_figures if measures.reserve is not None else ()
    return min((min(ratio_of(item), same_day_ratio(item)) for item in figures), default=None)

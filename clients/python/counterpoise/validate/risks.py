"""What measures of risk need, and what they say of the limit that has them."""

from __future__ import annotations

from typing import Final

from counterpoise.model import CorrelationRegime, ErrorReason, RiskMeasure, RiskStatistic
from counterpoise.validate.facts import Facts
from counterpoise.validate.names import Names
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.scopes import check_driver_scope, check_line_scope

_WHOLE: Final = {
    RiskStatistic.ACTIVE_VOLATILITY: "active volatility",
    RiskStatistic.RELATIVE_VALUE_AT_RISK: "value-at-risk over the reference portfolio's",
}
"""Statistics of the whole portfolio, and what messages call them."""
_TERMS: Final = {
    "confidence": "a number in (0.5, 1), such as 0.99",
    "horizon_trading_days": "trading days in [1, 2520], such as 20",
}
"""What value-at-risk needs, and what to write."""


def risk_facts(measure: RiskMeasure, names: Names, place: Place, report: Report) -> Facts:
    """Of a volatility, or of a value-at-risk."""
    lines = check_line_scope(measure.lines, names, (*place, "lines"), report)
    drivers = check_driver_scope(measure.drivers, names, (*place, "drivers"), report)
    stressed = measure.regime is CorrelationRegime.STRESSED
    relative = measure.statistic is RiskStatistic.RELATIVE_VALUE_AT_RISK
    if usable(measure.statistic):
        _check_terms(measure, place, report)
        whole = _WHOLE.get(measure.statistic)
        if whole and measure.lines is not None:
            message = f"{whole} is of the whole portfolio; leave lines out, or limit total volatility"
            report.add((*place, "lines"), ErrorReason.FIELDS_EXCLUSIVE, message)
    if measure.drivers is not None and (stressed or relative):
        what = "the stressed regime" if stressed else _WHOLE[RiskStatistic.RELATIVE_VALUE_AT_RISK]
        message = f"{what} is of all drivers and residuals; leave drivers out, or limit total volatility"
        report.add((*place, "drivers"), ErrorReason.FIELDS_EXCLUSIVE, message)
    every = len(names.drivers.by_id)
    # A scope of its own is a set of components of its own.
    entries = (lines or drivers) and every * ((drivers or every) + (lines or len(names.lines.by_id)))
    compared = relative or measure.statistic is RiskStatistic.ACTIVE_VOLATILITY
    return Facts(entries=entries, lower=False, reference=compared, variance=relative, stressed=stressed)


def _check_terms(measure: RiskMeasure, place: Place, report: Report) -> None:
    """Confidence and horizon where value-at-risk is counted in money, and nowhere else."""
    wanted = measure.statistic is RiskStatistic.GAUSSIAN_VALUE_AT_RISK
    for name, form in _TERMS.items():
        value = getattr(measure, name)
        if wanted and value is None:
            message = f"unset, but Gaussian value-at-risk needs it; write {form}"
            report.add((*place, name), ErrorReason.FIELD_MISSING, message)
        elif not wanted and value is not None:
            message = "for Gaussian value-at-risk alone; leave it out, or choose GAUSSIAN_VALUE_AT_RISK"
            report.add((*place, name), ErrorReason.FIELDS_EXCLUSIVE, message)

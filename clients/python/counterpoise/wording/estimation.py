"""How firm an estimated risk model is, in words with the numbers behind them."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    CovarianceReport,
    EstimateRiskModelResponse,
    FloatArray,
    MarketModel,
    MissingReturns,
    RegimeKind,
    RegimeReport,
    RiskModelQuestion,
    SymmetricMatrix,
)
from counterpoise.model.market import ordered_square
from counterpoise.wording.evidence import counted
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.words import PERIODS, say

REGIMES = {
    RegimeKind.ALL: "all",
    RegimeKind.CALM: "calm",
    RegimeKind.STRESSED: "stressed",
}
"""Which periods a regime is."""

_STRAINED, _FRAGILE = 100.0, 1000.0
# Condition indexes, the roots of these, of 10 and about 30 are where Belsley, Kuh and Welsch (1980),
# Regression Diagnostics, see weak and strong dependencies.
_NOTHING = 1e-10
_SHOWN_AS_CHANGE = 5e-3


def method(question: RiskModelQuestion, report: CovarianceReport) -> str:
    """How the covariance was estimated, and what that did."""
    if question.exponential is not None:
        return (
            f"Recent periods count for more: half as much {question.exponential.half_life_periods:g} periods "
            f"ago; the weights are worth {fixed(report.effective_period_count, 0)} periods."
        )
    if question.ledoit_wolf is not None:
        share = "" if report.shrinkage is None else f" by {percent(report.shrinkage, 1)} %"
        return f"Volatilities of the sample; correlations shrunk towards none{share} (Ledoit and Wolf)."
    if question.factor is not None:
        count = question.factor.factor_count
        share = (
            ""
            if report.explained_share is None
            else f", which explain {percent(report.explained_share, 1)} %"
        )
        return f"Volatilities of the sample; correlations by {_counted(count, 'factor')}{share}."
    return "Covariance of the sample, every period alike."


def seen(question: RiskModelQuestion, report: CovarianceReport) -> str:
    """Which periods counted."""
    when = f", {report.first_date} to {report.last_date}" if report.first_date is not None else ""
    pairwise = question.missing_returns is MissingReturns.PAIRWISE
    holes = [
        f"{count} {what}"
        for count, what in (
            (report.missing_period_count, "lack a return"),
            (report.gap_period_count, "have no date"),
        )
        if count
    ]
    more = f"; between these {' and '.join(holes)}" if holes else ""
    each = ", each pair of drivers over its own" if pairwise else ""
    return f"Seen in {counted(report.period_count, question)}{when}{each}{more}."


def firmness(report: CovarianceReport, drivers: int) -> list[str]:
    """What eigenvalues, condition and repairs mean for whoever optimises with the model."""
    told = [_condition(report), _smallest(report, drivers)]
    if report.largest_correlation_change > 0.0:
        told.append(f"Correlations contradicted each other and were repaired: by {_change(report)} at most.")
    else:
        told.append("No correlation had to be repaired.")
    if report.floored_column_ids:
        told.append(f"Raised to a floor: {', '.join(report.floored_column_ids)}.")
    else:
        told.append("No volatility is at a floor.")
    return [sentence for sentence in told if sentence]


def _condition(report: CovarianceReport) -> str:
    number = report.condition_number
    if not report.eigenvalues:
        return ""
    if number is None or report.eigenvalues[-1] <= _NOTHING:
        return (
            "Some mix of drivers has no risk at all in this model: an optimiser takes it for free. Use fewer "
            "drivers, more periods, or shrinkage."
        )
    told = f"Condition {fixed(number, 0 if number >= 10 else 1)}, the largest eigenvalue over the smallest"
    if number < _STRAINED:
        return f"{told}: firm."
    if number < _FRAGILE:
        return f"{told}: strained, some drivers nearly repeat each other."
    return f"{told}: fragile, some drivers repeat each other, and small errors move an optimum far."


def _smallest(report: CovarianceReport, drivers: int) -> str:
    if drivers < 2 or not report.eigenvalues:
        return ""
    return (
        f"With volatilities made equal, the safest mix of drivers keeps "
        f"{percent(max(report.eigenvalues[-1], 0.0), 1)} % of the variance of one alone, and the riskiest "
        f"holds {percent(report.eigenvalues[0] / drivers, 1)} % of all of it."
    )


def _change(report: CovarianceReport) -> str:
    change = report.largest_correlation_change
    return fixed(change, 3) if change >= _SHOWN_AS_CHANGE / 10 else "less than 0.001"


def regime_of(report: CovarianceReport, kind: RegimeKind) -> RegimeReport | None:
    """The report on some of the periods; None where the answer has none."""
    return next((regime for regime in report.regimes if regime.kind == kind), None)


def together(report: CovarianceReport, question: RiskModelQuestion) -> str:
    """How far drivers move together, on average over pairs; calm against stressed where there are both."""
    period = say(question.history.frequency, PERIODS)
    told = [
        f"{fixed(regime.mean_correlation, 2)} in {_of_regime(regime, period)}" for regime in _compared(report)
    ]
    return f"Correlation of drivers on average: {', '.join(told)}." if told else ""


def given_stress(question: RiskModelQuestion) -> str:
    """What is said of bad times in one number; empty where they are estimated, or left out."""
    uniform = question.stress_regime.uniform if question.stress_regime is not None else None
    if uniform is None:
        return ""
    growth = f" and with {', '.join(uniform.growth_driver_ids)}" if uniform.growth_driver_ids else ""
    return (
        f"In bad times sleeves move with each other{growth} at a correlation of "
        f"{fixed(uniform.correlation, 2)}: given, not estimated."
    )


def named_stress(question: RiskModelQuestion) -> str:
    """Which periods are bad times; empty where none are named."""
    regime = question.stress_regime
    if regime is not None and regime.turbulent is not None:
        return f"Bad times are the most turbulent {percent(regime.turbulent.share, 1)} % of periods."
    if regime is not None and regime.periods is not None:
        windows = [
            f"{window.window_id} ({window.first_date} to {window.last_date})"
            for window in regime.periods.windows
        ]
        return f"Bad times are {', '.join(windows)}."
    return ""


def kept_volatilities(question: RiskModelQuestion) -> str:
    """What bad times leave as it is; empty where nothing is said of them."""
    if question.stress_regime is None:
        return ""
    return (
        "In its stressed regime the risk model has other correlations, and keeps the volatilities of all "
        "periods."
    )


def _of_regime(regime: RegimeReport, period: str) -> str:
    """`90 calm months`; `120 months` of all."""
    which = "" if regime.kind is RegimeKind.ALL else f"{REGIMES[regime.kind]} "
    return _counted(regime.period_count, f"{which}{period}")


def _compared(report: CovarianceReport) -> list[RegimeReport]:
    pair = [regime_of(report, kind) for kind in (RegimeKind.CALM, RegimeKind.STRESSED)]
    known = [regime for regime in pair if regime is not None]
    alone = regime_of(report, RegimeKind.ALL)
    return known or ([alone] if alone is not None else [])


def model_volatilities(market: MarketModel) -> FloatArray:
    """Annual volatility of every driver as the model has it, in the order of the drivers."""
    covariance = market.risk_model.covariance(market.driver_ids)
    return np.asarray(np.sqrt(np.clip(covariance.diagonal(), 0.0, None)))


def model_correlation(market: MarketModel) -> FloatArray:
    """Correlation as the model has it, shape (drivers, drivers); 0 beside a driver without volatility."""
    covariance = market.risk_model.covariance(market.driver_ids)
    volatility = np.sqrt(np.clip(covariance.diagonal(), 0.0, None))
    scale = np.where(volatility > 0.0, volatility, 1.0)
    return np.asarray(covariance / np.outer(scale, scale))


def square(matrix: SymmetricMatrix | None, driver_ids: tuple[str, ...]) -> FloatArray | None:
    """A reported correlation in the order of the drivers; None where it has not all of them."""
    if matrix is None or set(matrix.axis_ids) != set(driver_ids):
        return None
    return ordered_square(matrix, driver_ids)


def departure(response: EstimateRiskModelResponse) -> str:
    """By how much the method moved a correlation away from that of all periods, each counted once."""
    report, market = response.covariance, response.market
    if report is None or market is None or len(market.drivers) < 2:
        return ""
    everything = regime_of(report, RegimeKind.ALL)
    plain = square(everything.correlation if everything is not None else None, market.driver_ids)
    if plain is None:
        return ""
    change = float(np.abs(model_correlation(market) - plain).max())
    if change < _SHOWN_AS_CHANGE:
        return "The model has the correlations of all periods."
    return f"The model's correlations differ from those of all periods by {fixed(change, 2)} at most."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"

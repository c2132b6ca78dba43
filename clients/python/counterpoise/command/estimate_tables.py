"""Tables of the drivers and sleeves of an estimated risk model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from counterpoise.command.evidence_tables import table
from counterpoise.command.layout import Section
from counterpoise.model import (
    EstimateRiskModelResponse,
    LineEstimate,
    RiskModelQuestion,
)
from counterpoise.wording.estimation import REGIMES, model_volatilities
from counterpoise.wording.evidence import thresholds, verdict
from counterpoise.wording.figures import fixed, percent

_BESIDE = 6
"""Drivers that have columns of their own beside sleeves."""
_LEAST_LOADING = 5e-4


def drivers(response: EstimateRiskModelResponse) -> Section | None:
    """What drivers are believed to earn, and volatilities by regime."""
    market, report = response.market, response.covariance
    if market is None:
        return None
    regimes = list(report.regimes) if report is not None else []
    known = [{item.driver_id: item.value for item in regime.annual_volatilities} for regime in regimes]
    floored = _floored(response)
    rows = [
        (
            driver.driver_id,
            percent(driver.expected_return.over_cash(market.annual_risk_free_rate)),
            _marked(driver.driver_id, volatility, floored),
            *[percent(by_id[driver.driver_id]) if driver.driver_id in by_id else "" for by_id in known],
        )
        for driver, volatility in zip(market.drivers, model_volatilities(market), strict=True)
    ]
    counts = [f"{REGIMES[regime.kind]} {regime.period_count}" for regime in regimes if regime.kind in REGIMES]
    return table(
        "Drivers, % a year",
        ("Driver", "premium", "volatility", *[REGIMES.get(regime.kind, "newer") for regime in regimes]),
        rows,
        footnotes=(
            "premium is over cash: given, never estimated. volatility is the model's."
            + _raised(floored, market.driver_ids),
            *(
                (f"Beside it are volatilities by period, before floors: {', '.join(counts)}.",)
                if counts
                else ()
            ),
        ),
    )


def _floored(response: EstimateRiskModelResponse) -> frozenset[str]:
    """Drivers and sleeves that a floor raised."""
    report = response.covariance
    return frozenset(report.floored_column_ids if report is not None else ())


def _marked(name: str, volatility: float, floored: frozenset[str]) -> str:
    """A volatility, with a star where a floor raised it, in a column where there are any."""
    return percent(volatility) + ("*" if name in floored else " " if floored else "")


def _raised(floored: frozenset[str], names: Iterable[str]) -> str:
    return " * is raised to a floor." if floored.intersection(names) else ""


def lines(response: EstimateRiskModelResponse, question: RiskModelQuestion) -> Section | None:
    """What each sleeve is worth to a portfolio: belief and risk."""
    floored = _floored(response)
    rows = []
    for line in response.lines:
        item = line.evidence
        one = item.regression if item is not None else None
        judged = item is not None and item.sleeve_class is not None
        rows.append(
            (
                line.line_id,
                verdict(item) if item is not None else "no verdict",
                percent(item.annual_shrunk_alpha) if item is not None and judged else "",
                percent(item.annual_shrunk_alpha_error) if item is not None and judged else "",
                "" if one is None else fixed(one.verdict_r_squared, 3),
                _marked(line.line_id, line.annual_residual_volatility, floored),
                percent(line.annual_volatility),
            )
        )
    charge, reclassify = thresholds(question)
    return table(
        "Sleeves as lines, % a year",
        ("Sleeve", "It is", "alpha", "error", "R-sq.", "residual", "volatility"),
        rows,
        left=(0, 1),
        footnotes=(
            "alpha is what is believed after this history, over beta and net of fees. R-sq. is what drivers "
            f"explain, adjusted for how many they are: alpha below {fixed(charge, 2)}, beta above "
            f"{fixed(reclassify, 2)}. residual is the volatility that drivers leave, or that a floor asks "
            "for; volatility is of both together."
            + _raised(floored, [line.line_id for line in response.lines]),
        ),
    )


def loadings(given: Sequence[LineEstimate]) -> Section | None:
    """Loadings of sleeves on drivers."""
    ids = tuple(dict.fromkeys(item.driver_id for line in given for item in line.loadings))
    values = [(line.line_id, {item.driver_id: item.value for item in line.loadings}) for line in given]
    footnotes = ("Per unit of the sleeve, summed over lags: what it holds of each driver.",)
    if len(ids) <= _BESIDE:
        rows = [
            (line_id, *[fixed(by_id[name], 3) if name in by_id else "" for name in ids])
            for line_id, by_id in values
        ]
        return table("Loadings", ("Sleeve", *ids), rows, footnotes=footnotes)
    cells = [
        (line_id, name, fixed(value, 3))
        for line_id, by_id in values
        for name, value in by_id.items()
        if abs(value) >= _LEAST_LOADING
    ]
    return table("Loadings", ("Sleeve", "Driver", "loading"), cells, left=(0, 1), footnotes=footnotes)

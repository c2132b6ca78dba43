"""Why an estimate is no risk model, where validation could not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from counterpoise.model import AlphaEvidence, ErrorReason, RiskModelQuestion, Violation
from counterpoise.validate.ranges import LOADING, VOLATILITY
from optimizer.evidence import RiskEstimate


def unregressed(question: RiskModelQuestion, evidence: Iterable[AlphaEvidence]) -> Iterator[Violation]:
    """Sleeves without a regression: validation does not know the periods that desmoothing and lags take."""
    for item in evidence:
        if item.regression is None:
            count = item.sample.period_count if item.sample is not None else 0
            message = (
                f"{item.sleeve_id} has {count} periods with all that its regression needs, after smoothing "
                f"is undone and with lags, too few for {len(question.drivers)} drivers; write longer "
                "histories, fewer drivers, or factor_lag_count: 0"
            )
            yield _violation(question, item.sleeve_id, ErrorReason.HISTORY_TOO_SHORT, message)


def out_of_range(question: RiskModelQuestion, estimate: RiskEstimate) -> Iterator[Violation]:
    """Volatilities and loadings that no allocation problem takes."""
    ids = estimate.market.driver_ids
    variances = estimate.market.risk_model.covariance(ids).diagonal()
    for name, variance in zip(ids, variances.tolist(), strict=True):
        yield from _too_large(question, name, variance**0.5)
    for line in estimate.lines:
        yield from _too_large(question, line.line_id, line.annual_residual_volatility)
        for item in line.loadings:
            if not LOADING.holds(item.value):
                message = (
                    f"{line.line_id} has a loading of {item.value:.6g} on {item.driver_id}, outside "
                    f"{LOADING}; leave out the driver, whose returns are small beside the sleeve's"
                )
                reason = ErrorReason.NUMBER_OUT_OF_RANGE
                yield _violation(question, item.driver_id, reason, message)


def _too_large(question: RiskModelQuestion, column_id: str, volatility: float) -> Iterator[Violation]:
    if volatility > VOLATILITY.high:
        message = (
            f"{column_id} has an estimated volatility of {100 * volatility:.4g} % a year, above "
            f"{100 * VOLATILITY.high:.4g} %, the most that a risk model takes; returns are decimals, of "
            "which 0.01 is 1 %"
        )
        yield _violation(question, column_id, ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _violation(question: RiskModelQuestion, column_id: str, reason: ErrorReason, message: str) -> Violation:
    ids = [column.column_id for column in question.history.columns]
    field = f"question.history.columns[{ids.index(column_id)}].returns"
    return Violation(field=field, reason=reason, message=message)

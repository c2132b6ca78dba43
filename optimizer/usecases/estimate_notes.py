"""What a reader of an estimated risk model should know."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from counterpoise.model import (
    AlphaEvidence,
    CovarianceReport,
    EntityRef,
    MissingReturns,
    RegimeKind,
    RegimeReport,
    RiskModelQuestion,
    Warning,
    WarningCode,
)
from optimizer.evidence import FEWEST_SHARED_PERIODS, RiskEstimate, Table
from optimizer.usecases.regressions import cash_warnings, gap_warnings, untested_warnings

_PERIODS_A_DRIVER = 3
_LARGEST_CONDITION = 1e4
_FEWEST_OF_A_REGIME = 36
"""Periods below which the standard error of a correlation, about 1 / sqrt(n), is more than a sixth."""
_WHEN = {RegimeKind.ALL: "", RegimeKind.CALM: "calm ", RegimeKind.STRESSED: "stressed "}


def warnings_of(
    question: RiskModelQuestion, table: Table, estimate: RiskEstimate, evidence: Sequence[AlphaEvidence]
) -> Iterator[Warning]:
    """Odd cash, gaps, estimates that mean little, repairs, and sleeves without a verdict, in this order."""
    yield from cash_warnings(question)
    yield from _gaps(question, estimate.report)
    yield from gap_warnings(evidence)
    yield from untested_warnings(table)
    for message in _uncertain(question, estimate):
        yield Warning(code=WarningCode.ESTIMATE_UNCERTAIN, message=message)
    yield from _still(estimate)
    change = estimate.report.largest_correlation_change
    if change > 0.0:
        message = (
            "pairs of drivers, each over periods of its own, have no correlation together; it is repaired, "
            f"which changes one by {change:.2g}; write longer histories, or count common periods"
        )
        yield Warning(code=WarningCode.CORRELATION_REPAIRED, message=message)
    for item in evidence:
        if item.sleeve_class is None:
            count = item.sample.period_count if item.sample is not None else 0
            message = (
                f"{item.sleeve_id}: {count} periods are too few for a verdict, so there is no alpha sleeve; "
                "loadings and residual risk are those of the regression, and uncertain"
            )
            subject = EntityRef(column_id=item.sleeve_id)
            yield Warning(code=WarningCode.EVIDENCE_SHORT, message=message, subjects=(subject,))


def _gaps(question: RiskModelQuestion, report: CovarianceReport) -> Iterator[Warning]:
    if not report.missing_period_count and not report.gap_period_count:
        return
    pairwise = question.missing_returns is MissingReturns.PAIRWISE
    counted = "every pair is over those that it has" if pairwise else "the covariance is over the other"
    message = (
        f"drivers: between {report.first_date} and {report.last_date} {report.missing_period_count} periods "
        f"lack a return of a driver or of cash and {report.gap_period_count} have no date; {counted} "
        f"{'' if pairwise else report.period_count}"
    )
    yield Warning(code=WarningCode.HISTORY_GAPS, message=message.strip())


def _uncertain(question: RiskModelQuestion, estimate: RiskEstimate) -> Iterator[str]:
    """What the numbers of the report say against relying on them, and what to do about it."""
    report, count = estimate.report, len(question.drivers)
    least = _PERIODS_A_DRIVER * count
    if report.effective_period_count < least:
        yield (
            f"covariance: {report.effective_period_count:.4g} effective periods for {count} drivers, fewer "
            f"than {least}; write longer histories or fewer drivers{_other_estimator(question)}"
        )
    condition = report.condition_number
    if condition is None or condition > _LARGEST_CONDITION:
        said = "no condition number, as its smallest eigenvalue is 0"
        if condition is not None:
            said = f"a condition number of {condition:.3g}, above {_LARGEST_CONDITION:.0e}"
        yield (
            f"covariance: the correlation of drivers has {said}: some of them nearly make up others, and an "
            f"optimiser sees risk cancel; leave drivers out{_other_estimator(question)}"
        )
    for regime in report.regimes:
        yield from _few(regime, count, least)
    shared = estimate.residuals
    if shared is not None and shared.correlation is None:
        yield (
            f"residual correlation of sleeves: {shared.period_count} periods in common, fewer than "
            f"{FEWEST_SHARED_PERIODS}, so that it is left out and residuals count as unrelated; write longer "
            "histories, or leave out the sleeve with the shortest"
        )


def _few(regime: RegimeReport, drivers: int, least: int) -> Iterator[str]:
    """That calm or stressed periods are few: for their correlations at all, or for so many drivers."""
    periods, when = regime.period_count, _WHEN[regime.kind].strip()
    is_stressed = regime.kind is RegimeKind.STRESSED
    for_drivers = is_stressed and periods < least
    if not when or not (for_drivers or (drivers > 1 and periods < _FEWEST_OF_A_REGIME)):
        return
    told = f"{periods} {when} periods"
    told += (
        f" for {drivers} drivers, fewer than {least}"
        if for_drivers
        else f", fewer than {_FEWEST_OF_A_REGIME}"
    )
    if periods < _FEWEST_OF_A_REGIME and periods > 0:
        told += (
            f"; the standard error of a correlation over n periods is about 1/sqrt(n) = "
            f"{1.0 / math.sqrt(periods):.2f}"
        )
    mend = "write wider windows or a larger share, or a uniform stress"
    if not is_stressed:
        mend = "write longer histories, narrower windows or a smaller share"
    yield f"{when} correlation: {told}; {mend}"


def _other_estimator(question: RiskModelQuestion) -> str:
    if question.exponential is not None:
        return ", or a longer half-life"
    return ", or covariance ledoit_wolf" if question.sample is not None else ""


def _still(estimate: RiskEstimate) -> Iterator[Warning]:
    for name, kind in estimate.still:
        message = (
            f"{name} stands still in the {_WHEN[kind]}periods that count, and is taken as unrelated to other "
            "drivers in them; leave it out, or count other periods"
        )
        subject = EntityRef(column_id=name)
        yield Warning(code=WarningCode.ESTIMATE_UNCERTAIN, message=message, subjects=(subject,))

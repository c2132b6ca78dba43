"""Volatility, who adds it, who uses the active risk, and what a risk budget wanted."""

from __future__ import annotations

from itertools import zip_longest

from counterpoise.command.bad_times import assumed_in_bad_times, exposures_of, reference_of
from counterpoise.command.correlations import assumed
from counterpoise.command.layout import Section
from counterpoise.model import (
    Allocation,
    AllocationProblem,
    CorrelationRegime,
    MeetRiskBudget,
    RiskFigure,
    RiskReport,
    RiskSplit,
    RiskStatistic,
)
from counterpoise.wording import shares
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.words import RISK_STATISTICS, say

_SHOWN = 10
_SHARES = "Each list is largest first and sums to 100 %."
_ON_ITS_OWN = " A line on its own is what it adds beyond its drivers."
_BUDGET_SHOWN = 30
_LEAST_SHARE = 5e-4
"""What is 0.1 % when rounded."""


def volatility(allocation: Allocation, problem: AllocationProblem, names: Names) -> Section | None:
    """Volatilities, what is assumed to move together, and who adds total volatility."""
    report = allocation.risk
    if report is None or not report.figures:
        return None
    sentences = figures(report, problem)
    total, used = RiskStatistic.TOTAL_VOLATILITY, RiskStatistic.ACTIVE_VOLATILITY
    lists = {
        "Total risk by line": shares.by_line(report.shares, total, names),
        "Total risk by driver": shares.by_driver(report.shares, total, names),
        # By line, active risk is one large negative share of the reference, which tells nothing.
        "Who uses the active risk": shares.by_driver_and_own(report.shares, used, names),
    }
    own = any(share.split == RiskSplit.RESIDUAL for share in report.shares)
    told = {
        heading: [(name, percent(share, 1)) for name, share in rows]
        for heading, named in lists.items()
        if (rows := shares.cut(named, _SHOWN, _LEAST_SHARE))
    }
    return Section(
        title="Risk",
        sentences=(
            *sentences,
            *assumed(allocation, problem, names),
            *assumed_in_bad_times(problem, names, exposures_of(allocation)),
            *([_SHARES + (_ON_ITS_OWN if own else "")] if told else []),
        ),
        columns=tuple(cell for heading in told for cell in (heading, "%")),
        rows=[
            tuple(cell for pair in row for cell in pair)
            for row in zip_longest(*told.values(), fillvalue=("", ""))
        ],
        left=tuple(range(0, 2 * len(told), 2)),
    )


def figures(report: RiskReport, problem: AllocationProblem) -> list[str]:
    """A sentence for every volatility, and one for those of bad times."""
    normal = [item for item in report.figures if item.regime != CorrelationRegime.STRESSED]
    told = [
        f"{say(item.statistic, RISK_STATISTICS)}: {percent(item.annual_volatility)} % a year"
        f"{_of_at_most(item, problem)}{_of_reference(item.statistic, report)}."
        for item in normal
    ]
    stressed = [
        f"{say(item.statistic, RISK_STATISTICS).lower()} {percent(item.annual_volatility)} % a year"
        f"{_of_at_most(item, problem)}"
        for item in report.figures
        if item.regime == CorrelationRegime.STRESSED
    ]
    return [*told, *([f"In bad times: {'; '.join(stressed)}."] if stressed else [])]


def measured(report: RiskReport | None, problem: AllocationProblem, names: Names) -> Section | None:
    """Volatilities of a portfolio that nobody optimized, and the correlation of bad times."""
    if report is None or not report.figures:
        return None
    sentences = (*figures(report, problem), *assumed_in_bad_times(problem, names, reference_of(problem)))
    return Section(title="Risk", sentences=sentences)


def budget(allocation: Allocation, problem: AllocationProblem, names: Names) -> Section | None:
    """Shares of risk that were wanted, and what came out."""
    report = allocation.risk
    given = report.budget_shares if report is not None else ()
    if report is None or not given:
        return None
    by_miss = sorted(given, key=lambda item: -abs(item.share - item.wanted_share))
    return Section(
        title="Risk budget",
        sentences=(
            "Shares of the volatility that these lines have together.",
            *_of_size(report, problem.objective.meet_risk_budget),
        ),
        columns=("% of their risk", "wanted", "comes to", "difference"),
        rows=[
            (
                names.line(item.line_id),
                percent(item.wanted_share),
                percent(item.share),
                percent(item.share - item.wanted_share, signed=True),
            )
            for item in by_miss[:_BUDGET_SHOWN]
        ],
        footnotes=(f"{len(given) - _BUDGET_SHOWN} more are nearer.",) if len(given) > _BUDGET_SHOWN else (),
    )


def _of_size(report: RiskReport, wanted: MeetRiskBudget | None) -> tuple[str, ...]:
    """The size that was wanted of these lines together, and what it comes to."""
    size, volatility = report.budget_total_fraction, report.annual_budget_volatility
    comes_to = [f"{percent(size)} % of NAV"] if size is not None else []
    comes_to += [f"a volatility of {percent(volatility)} % a year"] if volatility is not None else []
    if not comes_to:
        return ()
    told = f"Together they come to {' with '.join(comes_to)}"
    if wanted is not None and wanted.total_fraction is not None:
        told += f"; wanted is {percent(wanted.total_fraction)} % of NAV"
    elif wanted is not None and wanted.annual_volatility is not None:
        told += f"; wanted is a volatility of {percent(wanted.annual_volatility)} % a year"
    return (f"{told}.",)


def _of_reference(statistic: RiskStatistic, report: RiskReport) -> str:
    """Beside the portfolio's own volatility that of the reference portfolio, and beta to it."""
    if statistic != RiskStatistic.TOTAL_VOLATILITY or report.annual_reference_volatility is None:
        return ""
    beta = f", beta to it is {fixed(report.reference_beta, 3)}" if report.reference_beta is not None else ""
    return f"; the reference portfolio's is {percent(report.annual_reference_volatility)} %{beta}"


def _of_at_most(figure: RiskFigure, problem: AllocationProblem) -> str:
    """The tightest limit on a volatility of the whole portfolio in the same regime."""
    caps = [
        limit.upper
        for limit in problem.mandate.limits
        if limit.upper is not None
        and limit.risk is not None
        and limit.risk.statistic == figure.statistic
        and (limit.risk.regime or CorrelationRegime.NORMAL) == figure.regime
        and limit.risk.lines is None
        and limit.risk.drivers is None
    ]
    return f", of at most {percent(min(caps))} %" if caps else ""

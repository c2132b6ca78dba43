"""Volatility, who adds it, who uses the active risk, and what a risk budget wanted."""

from __future__ import annotations

from itertools import zip_longest

from counterpoise.command.correlations import assumed
from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, RiskSplit, RiskStatistic
from counterpoise.wording import shares
from counterpoise.wording.figures import percent
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
    sentences = [
        f"{say(figure.statistic, RISK_STATISTICS)}: {percent(figure.annual_volatility)} % a year"
        f"{_of_at_most(figure.statistic, problem)}."
        for figure in report.figures
    ]
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
            *([_SHARES + (_ON_ITS_OWN if own else "")] if told else []),
        ),
        columns=tuple(cell for heading in told for cell in (heading, "%")),
        rows=[
            tuple(cell for pair in row for cell in pair)
            for row in zip_longest(*told.values(), fillvalue=("", ""))
        ],
        left=tuple(range(0, 2 * len(told), 2)),
    )


def budget(allocation: Allocation, names: Names) -> Section | None:
    """Shares of risk that were wanted, and what came out."""
    given = allocation.risk.budget_shares if allocation.risk is not None else ()
    if not given:
        return None
    by_miss = sorted(given, key=lambda item: -abs(item.share - item.wanted_share))
    return Section(
        title="Risk budget",
        sentences=("Shares of the volatility that these lines have together.",),
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


def _of_at_most(statistic: RiskStatistic, problem: AllocationProblem) -> str:
    """The tightest limit on a volatility of the whole portfolio."""
    caps = [
        limit.upper
        for limit in problem.mandate.limits
        if limit.upper is not None
        and limit.risk is not None
        and limit.risk.statistic == statistic
        and limit.risk.lines is None
        and limit.risk.drivers is None
    ]
    return f", of at most {percent(min(caps))} %" if caps else ""

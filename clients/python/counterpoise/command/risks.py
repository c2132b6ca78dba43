"""Volatility, who adds it, and what a risk budget wanted."""

from __future__ import annotations

from counterpoise.command.layout import Section, largest
from counterpoise.model import (
    Allocation,
    AllocationProblem,
    RiskShare,
    RiskSplit,
    RiskStatistic,
)
from counterpoise.wording.figures import DUST, fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.words import RISK_STATISTICS, say

_SHARES = {RiskStatistic.TOTAL_VOLATILITY: "% of total", RiskStatistic.ACTIVE_VOLATILITY: "% of active"}
_SHOWN = 15
_BUDGET_SHOWN = 30
_LEAST_SHARE = 1e-6
_WHO_ADDS_IT = "Who adds it; the shares of each split sum to 100 %:"


def volatility(allocation: Allocation, problem: AllocationProblem, names: Names) -> Section | None:
    """Volatilities, and how much of each comes from which line and which driver."""
    report = allocation.risk
    if report is None or not report.figures:
        return None
    statistics = [figure.statistic for figure in report.figures]
    sentences = tuple(
        f"{say(figure.statistic, RISK_STATISTICS)}: {percent(figure.annual_volatility)} % a year"
        f"{_of_at_most(figure.statistic, problem)}."
        for figure in report.figures
    )
    rows: list[tuple[str, ...]] = []
    for split, title in ((RiskSplit.LINE, "By line"), (RiskSplit.DRIVER, "By driver")):
        shares: dict[str, dict[RiskStatistic, float]] = {}
        for share in report.shares:
            if share.split == split and _is_told(share):
                shares.setdefault(_subject(share, names), {})[share.statistic] = share.share
        cells = [
            (
                max(abs(value) for value in by_statistic.values()),
                (
                    f"  {name}",
                    *[percent(by_statistic[s], 1) if s in by_statistic else "" for s in statistics],
                ),
            )
            for name, by_statistic in shares.items()
        ]
        shown, hidden = largest([item for item in cells if item[0] >= _LEAST_SHARE], _SHOWN)
        if shown:
            rows += [(title, *[""] * len(statistics)), *shown]
            rows += [(f"  and {hidden} smaller ones", *[""] * len(statistics))] if hidden else []
    return Section(
        title="Risk",
        sentences=sentences + _assumed(allocation, problem) + ((_WHO_ADDS_IT,) if rows else ()),
        columns=("", *[_SHARES.get(statistic, "% of newer") for statistic in statistics]),
        rows=rows,
    )


def budget(allocation: Allocation, names: Names) -> Section | None:
    """Shares of risk that were wanted, and what came out."""
    shares = allocation.risk.budget_shares if allocation.risk is not None else ()
    if not shares:
        return None
    by_miss = sorted(shares, key=lambda item: -abs(item.share - item.wanted_share))
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
        footnotes=(f"{len(shares) - _BUDGET_SHOWN} more are nearer.",) if len(shares) > _BUDGET_SHOWN else (),
    )


def _assumed(allocation: Allocation, problem: AllocationProblem) -> tuple[str, ...]:
    """How the sleeves are assumed to move together beyond the drivers, where that matters."""
    held = {line.line_id for line in allocation.positions if abs(line.fraction) >= DUST}
    own = [
        line.line_id
        for line in problem.portfolio.lines
        if line.alpha_sleeve is not None and line.line_id in held and line.annual_residual_volatility > 0
    ]
    if len(own) < 2:
        return ()
    matrix = problem.market.risk_model.sleeve_residual_correlation
    named = [axis_id for axis_id in matrix.axis_ids if axis_id in own] if matrix is not None else []
    if matrix is None or len(named) < 2:
        return ("Beyond the drivers, the sleeves are assumed independent of each other.",)
    places = [matrix.axis_ids.index(axis_id) for axis_id in named]
    square = matrix.to_square()
    pairs = [square[one, other] for index, one in enumerate(places) for other in places[:index]]
    average, most = fixed(sum(pairs) / len(pairs), 2), fixed(max(pairs), 2)
    of_one_pair = f"{average} on average, {most} at most" if len(pairs) > 1 else most
    return (f"Beyond the drivers, {len(named)} sleeves are assumed correlated by {of_one_pair}.",)


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


def _is_told(share: RiskShare) -> bool:
    """Whether a share helps a reader.

    Line by line, active risk is split against the reference portfolio as one large negative share, which
    says nothing of what to change; its drivers, each less its part of the reference, do.
    """
    return share.statistic != RiskStatistic.ACTIVE_VOLATILITY or share.split != RiskSplit.LINE


def _subject(share: RiskShare, names: Names) -> str:
    subject = share.subject
    if subject is not None and subject.line_id:
        return names.line(subject.line_id)
    if subject is not None and subject.driver_id:
        return names.driver(subject.driver_id)
    return "(reference portfolio)" if share.split == RiskSplit.LINE else "(residual: no driver)"

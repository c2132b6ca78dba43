"""Leverage, margin and reserve, volatility and who adds it."""

from __future__ import annotations

from counterpoise.command.figures import DUST, WORTH_A_SENTENCE, Money, fixed, percent
from counterpoise.command.layout import Section, largest
from counterpoise.command.words import LEVERAGE_DEFINITIONS, RISK_STATISTICS, Names, say
from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    Allocation,
    AllocationProblem,
    LeverageDefinition,
    RiskShare,
    RiskSplit,
    RiskStatistic,
    StructuralRule,
)

_SHARES = {RiskStatistic.TOTAL_VOLATILITY: "% of total", RiskStatistic.ACTIVE_VOLATILITY: "% of active"}
_SHOWN = 15
_LEAST_SHARE = 1e-6
_WHO_ADDS_IT = "Who adds it; the shares of each split sum to 100 %:"


def leverage(allocation: Allocation, problem: AllocationProblem) -> Section | None:
    """Four numbers, each with what it counts and its cap."""
    caps = _caps(allocation, problem)
    rows = []
    for figure in allocation.leverage_figures:
        newer = (f"Newer definition {int(figure.definition)}", "")
        name, meaning = LEVERAGE_DEFINITIONS.get(figure.definition, newer)
        cap = caps.get(figure.definition)
        rows.append(
            (name, f"{fixed(figure.value, 3)}x", f"{fixed(cap, 3)}x" if cap is not None else "", meaning)
        )
    if not rows:
        return None
    return Section(
        title="Leverage over NAV",
        columns=("Definition", "now", "cap", "What it counts"),
        rows=rows,
        left=(0, 3),
    )


def reserve(allocation: Allocation, names: Names, money: Money) -> Section | None:
    """What is posted as margin, and what is left to pay the next call."""
    report = allocation.reserve
    if report is None or report.reserve_fraction < DUST:
        return None
    rows = [
        _share("Reserve", report.reserve_fraction, money),
        _share("  posted as margin", report.encumbered_fraction, money),
    ]
    for pool in allocation.pool_margins:
        if pool.initial_margin_fraction < DUST:
            continue
        posted = [item for item in pool.posted_fractions if abs(item.value) >= DUST]
        tiers = ", ".join(names.line(item.line_id) for item in posted)
        value = sum(item.value for item in posted)
        rows.append(_share(f"    to {pool.margin_pool_id}" + (f": {tiers}" if tiers else ""), value, money))
        if abs(value - pool.initial_margin_fraction) >= DUST:
            rows.append(_share("      for initial margin of", pool.initial_margin_fraction, money))
    rows.append(_share("  free", report.free_fraction, money))
    rows.append(
        _share("    may pay variation margin the same day", report.variation_margin_eligible_fraction, money)
    )
    return Section(
        title="Margin and reserve",
        columns=("", "% of NAV", money.heading),
        rows=rows,
        footnotes=_loss_borne(allocation, report.variation_margin_eligible_fraction),
    )


def volatility(allocation: Allocation, names: Names) -> Section | None:
    """Volatilities, and how much of each comes from which line and which driver."""
    report = allocation.risk
    if report is None or not report.figures:
        return None
    statistics = [figure.statistic for figure in report.figures]
    sentences = tuple(
        f"{say(figure.statistic, RISK_STATISTICS)}: {percent(figure.annual_volatility)} % a year."
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
        sentences=sentences + ((_WHO_ADDS_IT,) if rows else ()),
        columns=("", *[_SHARES.get(statistic, "% of newer") for statistic in statistics]),
        rows=rows,
    )


def _is_told(share: RiskShare) -> bool:
    """Whether a share helps a reader.

    Line by line, active risk is split against the reference portfolio as one large negative share, which
    says nothing of what to change; its drivers, each less its part of the reference, do.
    """
    return share.statistic != RiskStatistic.ACTIVE_VOLATILITY or share.split != RiskSplit.LINE


def _caps(allocation: Allocation, problem: AllocationProblem) -> dict[LeverageDefinition, float]:
    caps: dict[LeverageDefinition, float] = {}
    for limit in problem.mandate.limits:
        if limit.leverage is not None and limit.upper is not None:
            definition = limit.leverage.definition
            caps[definition] = min(limit.upper, caps.get(definition, limit.upper))
    gross = LeverageDefinition.GROSS_NOTIONAL
    by_default = any(
        item.key.structural_rule == StructuralRule.DEFAULT_LEVERAGE_CAP for item in allocation.limits
    )
    if by_default or gross not in caps:
        caps[gross] = DEFAULT_LEVERAGE_CAP
    return caps


def _share(label: str, fraction: float, money: Money) -> tuple[str, ...]:
    return (label, percent(fraction), money.cell_of(fraction))


def _loss_borne(allocation: Allocation, eligible: float) -> tuple[str, ...]:
    notional = {figure.definition: figure.value for figure in allocation.leverage_figures}.get(
        LeverageDefinition.OVERLAY, 0.0
    )
    if notional < WORTH_A_SENTENCE:
        return ()
    loss = percent(eligible / notional, 1)
    return (f"That covers a loss of {loss} % on the overlays; beyond it, something must be sold.",)


def _subject(share: RiskShare, names: Names) -> str:
    subject = share.subject
    if subject is not None and subject.line_id:
        return names.line(subject.line_id)
    if subject is not None and subject.driver_id:
        return names.driver(subject.driver_id)
    return "(reference portfolio)" if share.split == RiskSplit.LINE else "(residual: no driver)"

"""Leverage on every definition, margin, and the reserve that pays for it."""

from __future__ import annotations

from counterpoise.command.layout import Section
from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    Allocation,
    AllocationProblem,
    LeverageDefinition,
    ReserveReport,
    StructuralRule,
)
from counterpoise.wording.figures import DUST, WORTH_A_SENTENCE, Money, fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.words import LEVERAGE_DEFINITIONS


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
        footnotes=_weighed(allocation),
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
        tiers = ", ".join(
            names.line(item.line_id) + (f" {percent(item.value)}" if len(posted) > 1 else "")
            for item in posted
        )
        value = sum(item.value for item in posted)
        label = f"    to {pool.margin_pool_id}" + (f": {tiers}" if tiers else "")
        rows.append(_share(label, value, money, needed=pool.initial_margin_fraction))
    rows.append(_share("  free", report.free_fraction, money))
    rows.append(
        _share("    may pay variation margin the same day", report.variation_margin_eligible_fraction, money)
    )
    return Section(
        title="Margin and reserve",
        columns=("", "% of NAV", money.heading, "needs"),
        rows=rows,
        footnotes=_loss_borne(allocation, report),
    )


def _weighed(allocation: Allocation) -> tuple[str, ...]:
    """What else gross and commitment count, and why netting may give the larger number."""
    figures = {figure.definition: figure.value for figure in allocation.leverage_figures}
    gross = figures.get(LeverageDefinition.GROSS_NOTIONAL)
    commitment = figures.get(LeverageDefinition.COMMITMENT)
    if gross is None or commitment is None:
        return ()
    above = commitment >= gross + WORTH_A_SENTENCE
    return (
        "The first two count reserve that is no cash equivalent"
        + ("; weights below 1 put gross under commitment." if above else "."),
    )


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


def _share(label: str, fraction: float, money: Money, *, needed: float | None = None) -> tuple[str, ...]:
    """A row of the reserve; `needed` is the initial margin that a pool asks for, after haircuts."""
    return (label, percent(fraction), money.cell_of(fraction), percent(needed) if needed is not None else "")


def _loss_borne(allocation: Allocation, report: ReserveReport) -> tuple[str, ...]:
    """Which loss on the overlays can be paid in cash the same day, and which after a sale."""
    notional = {figure.definition: figure.value for figure in allocation.leverage_figures}.get(
        LeverageDefinition.OVERLAY, 0.0
    )
    if notional < WORTH_A_SENTENCE:
        return ()
    eligible, free = report.variation_margin_eligible_fraction, report.free_fraction
    at_once = (
        f"Cash that may pay variation margin the same day covers a loss of {_of(eligible, notional)} on the "
        f"overlays, {percent(notional)} % of NAV."
    )
    if free - eligible < WORTH_A_SENTENCE:
        return (f"{at_once} Beyond it, something must be sold.",)
    rest = f"{percent(free - eligible)} % of NAV"
    if eligible < DUST:
        return (
            "Nothing that is free may pay variation margin the same day. "
            f"Once sold for cash, the free reserve, {rest}, covers a loss of {_of(free, notional)} on the "
            "overlays.",
        )
    return (
        f"{at_once} The rest of the free reserve, {rest}, must be sold for cash first; with it the cover is "
        f"{_of(free, notional)}.",
    )


def _of(cash: float, notional: float) -> str:
    """The loss that cash covers, in percent of notional, of which no more can be lost."""
    return f"{percent(min(cash / notional, 1.0), 1)} %"

"""Leverage on every definition, margin, and the reserve that pays for it."""

from __future__ import annotations

from counterpoise.command.layout import Section
from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    Allocation,
    AllocationProblem,
    LeverageDefinition,
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

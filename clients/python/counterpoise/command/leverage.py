"""Leverage on every definition, as things are."""

from __future__ import annotations

from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, LeverageDefinition
from counterpoise.wording.caps import leverage_caps
from counterpoise.wording.figures import WORTH_A_SENTENCE, fixed
from counterpoise.wording.stressed import BASE, base_leverage
from counterpoise.wording.words import LEVERAGE_DEFINITIONS


def leverage(allocation: Allocation, problem: AllocationProblem) -> Section | None:
    """Four numbers, each with what it counts and its cap."""
    caps = leverage_caps(problem, allocation.limits)
    rows = []
    for definition, value in base_leverage(allocation.leverage_figures).items():
        newer = (f"Newer definition {int(definition)}", "")
        name, meaning = LEVERAGE_DEFINITIONS.get(definition, newer)
        cap = caps.get((definition, BASE))
        rows.append((name, f"{fixed(value, 3)}x", f"{fixed(cap, 3)}x" if cap is not None else "", meaning))
    if not rows:
        return None
    return Section(
        title="Leverage over NAV",
        columns=("Definition", "now", "cap", "What it counts"),
        rows=rows,
        footnotes=_weighed(allocation),
        left=(0, 3),
    )


def _weighed(allocation: Allocation) -> tuple[str, ...]:
    """What else gross and commitment count, and why netting may give the larger number."""
    figures = base_leverage(allocation.leverage_figures)
    gross = figures.get(LeverageDefinition.GROSS_NOTIONAL)
    commitment = figures.get(LeverageDefinition.COMMITMENT)
    if gross is None or commitment is None:
        return ()
    above = commitment >= gross + WORTH_A_SENTENCE
    return (
        "The first two count reserve that is no cash equivalent"
        + ("; weights below 1 put gross under commitment." if above else "."),
    )

"""Leverage after a scenario: every position at what it is worth by then, over what is left of NAV."""

from __future__ import annotations

from counterpoise.model import LeverageDefinition, Scenario
from tests.reference.stress_book import StressBook, pool_of


def counted(book: StressBook, definition: LeverageDefinition, scenario: Scenario | None) -> float:
    """The numerator of a definition."""
    total = 0.0
    underlyings: dict[str, float] = {}
    for row, (line, r) in enumerate(zip(book.lines, book.after(scenario), strict=True)):
        worth = book.h[row] * max(1.0 + r, 0.0)
        if definition == LeverageDefinition.OVERLAY:
            total += abs(worth) if pool_of(line) else 0.0
        elif line.credit_line is not None:
            continue
        elif definition == LeverageDefinition.NET:
            total += 0.0 if line.reserve_tier is not None else worth
        elif line.reserve_tier is not None:
            total += 0.0 if line.reserve_tier.cash_equivalent else worth
        elif line.alpha_sleeve is not None:
            through = line.alpha_sleeve.look_through_leverage
            total += worth * (1.0 if through is None else through)
        elif definition == LeverageDefinition.COMMITMENT:
            key = f"same {line.underlying_id}" if line.underlying_id else f"row {row}"
            underlyings[key] = underlyings.get(key, 0.0) + worth
        else:
            weight = None if line.overlay is None else line.overlay.leverage_weight
            total += abs(worth) * (1.0 if weight is None else weight)
    return total + sum(abs(net) for net in underlyings.values())


def leverage_after(book: StressBook, definition: LeverageDefinition, scenario: Scenario | None) -> float:
    """Leverage in a definition; it has no meaning where nothing is left."""
    return counted(book, definition, scenario) / book.nav_after(scenario)

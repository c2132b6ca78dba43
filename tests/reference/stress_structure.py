"""Rules that nobody needs to state where pools scan or measure risk, and slopes of constraints."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from counterpoise.model import AllocationProblem, LeverageDefinition
from tests.reference.numbers import capital_per_unit
from tests.reference.stress_book import StressBook
from tests.reference.stress_margin import initial_margin
from tests.reference.structure import box, collateral_keys

UNIT = 1.0


def default_cap_applies(problem: AllocationProblem) -> bool:
    """Whether no hard limit caps gross notional leverage as it is today, so that 1.5 does."""
    for limit in problem.mandate.limits:
        measure = limit.leverage
        if limit.soft is not None or limit.upper is None or measure is None:
            continue
        today = measure.scenarios is None or measure.scenarios.base
        if today and measure.definition == LeverageDefinition.GROSS_NOTIONAL:
            return False
    return True


def structural_misses(book: StressBook) -> dict[str, float]:
    """How far each rule is missed, by a name of its own, NAV fractions."""
    problem = book.problem
    found = {
        "capital": abs(
            sum(capital_per_unit(line) * h for line, h in zip(book.lines, book.h, strict=True)) - 1
        )
    }
    for line, h in zip(book.lines, book.h, strict=True):
        lower, upper = box(problem, line)
        found[f"least {line.line_id}"] = 0.0 if lower is None else max(lower - h, 0.0)
        found[f"most {line.line_id}"] = 0.0 if upper is None else max(h - upper, 0.0)
    if default_cap_applies(problem):
        found["default cap"] = max(book.plain.leverage(LeverageDefinition.GROSS_NOTIONAL) - 1.5, 0.0)
    return found | collateral_misses(book)


def collateral_misses(book: StressBook) -> dict[str, float]:
    """Cover of every pool, supply of every tier, shares, and postings that nobody takes."""
    known = collateral_keys(book.problem)
    found = {
        f"posted without terms {key}": abs(value) for key, value in book.postings.items() if key not in known
    }
    found |= {f"negative posting {key}": max(-value, 0.0) for key, value in book.postings.items()}
    value_of: dict[str, float] = {}
    parts: list[tuple[str, str, float, float]] = []
    for line, h in zip(book.lines, book.h, strict=True):
        if line.reserve_tier is None:
            continue
        used = 0.0
        for terms in line.reserve_tier.collateral_terms:
            amount = book.postings.get((line.line_id, terms.margin_pool_id), 0.0)
            used += amount
            after = (1 - terms.haircut) * amount
            value_of[terms.margin_pool_id] = value_of.get(terms.margin_pool_id, 0.0) + after
            if terms.maximum_margin_share is not None:
                parts.append((line.line_id, terms.margin_pool_id, after, terms.maximum_margin_share))
        found[f"supply {line.line_id}"] = max(used - h, 0.0)
    for pool in book.problem.portfolio.margin_pools:
        name = pool.margin_pool_id
        found[f"cover {name}"] = max(initial_margin(book, pool) - value_of.get(name, 0.0), 0.0)
    for line_id, pool_id, after, share in parts:
        found[f"share {line_id} {pool_id}"] = max(after - share * value_of[pool_id], 0.0)
    return found


def largest_slope(book: StressBook, of: Callable[[StressBook], float]) -> float:
    """Most that a value changes by when one position changes by one, measured from no positions at all.

    Measures here are sums of constants and of what grows in proportion to positions, so that a step of one
    from nothing is as steep as any.
    """
    count = len(book.lines)
    start = of(StressBook(book.problem, np.zeros(count), {}, like=book))
    steepest = 0.0
    for row in range(count):
        for sign in (UNIT, -UNIT):
            h = np.zeros(count)
            h[row] = sign
            steepest = max(steepest, abs(of(StressBook(book.problem, h, {}, like=book)) - start))
    return steepest

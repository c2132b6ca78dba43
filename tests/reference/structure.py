"""Rules that nobody needs to state, at given positions: capital, boxes, margin, collateral."""

from __future__ import annotations

from counterpoise.model import AllocationProblem, LeverageDefinition, Line
from tests.reference.book import Book
from tests.reference.numbers import capital_per_unit, is_margined, margin_terms


def collateral_keys(problem: AllocationProblem) -> list[tuple[str, str]]:
    """(tier, pool) of every declared collateral term, in the order of the lines."""
    return [
        (line.line_id, terms.margin_pool_id)
        for line in problem.portfolio.lines
        if line.reserve_tier is not None
        for terms in line.reserve_tier.collateral_terms
    ]


def box(problem: AllocationProblem, line: Line) -> tuple[float | None, float | None]:
    """Least and largest position that the line itself allows; None is open."""
    lower = line.minimum_fraction
    if lower is None and line.overlay is None:
        lower = 0.0
    if line.alpha_sleeve is not None and line.alpha_sleeve.redeemable_fraction is not None:
        if line.current_fraction is None:
            raise ValueError(f"{line.line_id}: a redemption term without a current position")
        lower = max(lower or 0.0, line.current_fraction - line.alpha_sleeve.redeemable_fraction)
    uppers = [] if line.maximum_fraction is None else [line.maximum_fraction]
    if line.alpha_sleeve is not None and line.alpha_sleeve.capacity_amount is not None:
        uppers.append(line.alpha_sleeve.capacity_amount / problem.portfolio.nav_amount)
    if line.credit_line is not None:
        uppers.append(line.credit_line.committed_amount / problem.portfolio.nav_amount)
    return lower, min(uppers) if uppers else None


def needs_default_cap(problem: AllocationProblem) -> bool:
    """Whether no hard limit caps gross notional leverage, so that 1.5 applies."""
    return not any(
        limit.upper is not None
        and limit.soft is None
        and limit.leverage is not None
        and limit.leverage.definition == LeverageDefinition.GROSS_NOTIONAL
        for limit in problem.mandate.limits
    )


def structural_violations(book: Book) -> dict[str, float]:
    """How far each structural rule is missed, by a name of its own; NAV fractions."""
    problem, postings = book.problem, book.postings
    lines = problem.portfolio.lines
    found = {
        "capital": abs(sum(capital_per_unit(line) * h for line, h in zip(lines, book.h, strict=True)) - 1)
    }
    for line, h in zip(lines, book.h, strict=True):
        lower, upper = box(problem, line)
        found[f"box {line.line_id}"] = max(
            0.0 if lower is None else lower - h, 0.0 if upper is None else h - upper, 0.0
        )
    if needs_default_cap(problem):
        found["default cap"] = max(book.leverage(LeverageDefinition.GROSS_NOTIONAL) - 1.5, 0.0)
    for key in postings:
        if key not in collateral_keys(problem):
            found[f"posted without terms {key}"] = abs(postings[key])
    return found | collateral_violations(book)


def collateral_violations(book: Book) -> dict[str, float]:
    """Cover, supply and shares of every pool and tier."""
    problem, postings = book.problem, book.postings
    needed = {pool.margin_pool_id: 0.0 for pool in problem.portfolio.margin_pools}
    for line, h in zip(problem.portfolio.lines, book.h, strict=True):
        if is_margined(line):
            pool_id, rate = margin_terms(line)
            needed[pool_id] += rate * abs(h)
    posted = dict.fromkeys(needed, 0.0)
    found: dict[str, float] = {}
    parts: dict[tuple[str, str], tuple[float, float]] = {}
    for line, h in zip(problem.portfolio.lines, book.h, strict=True):
        if line.reserve_tier is None:
            continue
        used = 0.0
        for terms in line.reserve_tier.collateral_terms:
            amount = postings.get((line.line_id, terms.margin_pool_id), 0.0)
            found[f"posted {line.line_id} {terms.margin_pool_id}"] = max(-amount, 0.0)
            used += amount
            value = (1 - terms.haircut) * amount
            posted[terms.margin_pool_id] += value
            share = 1.0 if terms.maximum_margin_share is None else terms.maximum_margin_share
            parts[line.line_id, terms.margin_pool_id] = (value, share)
        found[f"supply {line.line_id}"] = max(used - h, 0.0)
    for pool_id, margin in needed.items():
        found[f"cover {pool_id}"] = max(margin - posted[pool_id], 0.0)
    for (tier_id, pool_id), (value, share) in parts.items():
        found[f"share {tier_id} {pool_id}"] = max(value - share * posted[pool_id], 0.0)
    return found

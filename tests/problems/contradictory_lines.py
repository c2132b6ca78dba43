"""Lines whose own numbers contradict the rules that nobody needs to state."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from counterpoise.model import (
    AllocationProblem,
    CollateralTerms,
    LeverageDefinition,
    Line,
    LineKind,
    ReserveTier,
)
from tests.problems.draw import Draw
from tests.reference.numbers import capital_per_unit
from tests.reference.structure import box

Change = Callable[[Line], Line]


def _changed(problem: AllocationProblem, change: Change) -> AllocationProblem:
    lines = tuple(change(line) for line in problem.portfolio.lines)
    return dataclasses.replace(problem, portfolio=dataclasses.replace(problem.portfolio, lines=lines))


def _boxed(line: Line, lower: float | None, upper: float | None) -> Line:
    return dataclasses.replace(line, minimum_fraction=lower, maximum_fraction=upper)


def _of_kind(problem: AllocationProblem, kind: LineKind) -> list[Line]:
    return [line for line in problem.portfolio.lines if line.kind == kind]


def maxima_below_the_budget(draw: Draw, problem: AllocationProblem, gap: float) -> AllocationProblem:
    """Capital that no line may take."""
    paid = [line.line_id for line in problem.portfolio.lines if capital_per_unit(line) > 0]
    maxima = dict(zip(paid, draw.shares(len(paid)), strict=True))

    def change(line: Line) -> Line:
        if line.line_id not in maxima:
            return line
        return _boxed(line, None, maxima[line.line_id] / (1 + gap))

    return _changed(problem, change)


def minima_above_the_budget(draw: Draw, problem: AllocationProblem, gap: float) -> AllocationProblem:
    """More capital than there is, line by line."""
    paid = [line.line_id for line in problem.portfolio.lines if capital_per_unit(line) > 0]
    credit = sum(box(problem, line)[1] or 0.0 for line in _of_kind(problem, LineKind.CREDIT_LINE))
    minima = dict(zip(paid, draw.shares(len(paid)), strict=True))

    def change(line: Line) -> Line:
        if line.line_id not in minima:
            return line
        floor = minima[line.line_id] * (1 + credit) * (1 + gap)
        # A minimum above the capacity of the sleeve itself would be refused as crossed bounds.
        sleeve = line.alpha_sleeve and dataclasses.replace(line.alpha_sleeve, capacity_amount=None)
        return dataclasses.replace(_boxed(line, floor, None), alpha_sleeve=sleeve)

    return _changed(problem, change)


def no_collateral(draw: Draw, problem: AllocationProblem, gap: float) -> AllocationProblem | None:
    """A future that must be held, at a pool that takes no tier that can hold anything."""
    futures = _of_kind(problem, LineKind.OVERLAY)
    if not futures:
        return None
    future = draw.one(futures)
    pool = future.margin_pool_id

    def change(line: Line) -> Line:
        if line.line_id == future.line_id:
            return _boxed(line, None, -gap) if draw.chance(0.5) else _boxed(line, gap, None)
        if line.reserve_tier is None:
            return line
        kept = tuple(terms for terms in line.reserve_tier.collateral_terms if terms.margin_pool_id != pool)
        return dataclasses.replace(
            line, reserve_tier=dataclasses.replace(line.reserve_tier, collateral_terms=kept)
        )

    changed = _changed(problem, change)
    terms = (CollateralTerms(margin_pool_id=pool, haircut=0.0),)
    empty = Line(
        line_id="empty-tier",
        annual_residual_volatility=0.0,
        maximum_fraction=0.0,
        reserve_tier=ReserveTier(
            annual_cash_drag=0.0,
            cash_equivalent=True,
            variation_margin_eligible=False,
            collateral_terms=terms,
        ),
    )
    portfolio = dataclasses.replace(changed.portfolio, lines=(*changed.portfolio.lines, empty))
    return dataclasses.replace(changed, portfolio=portfolio)


def half_of_a_whole(draw: Draw, problem: AllocationProblem, gap: float) -> AllocationProblem | None:
    """A pool whose only tier may be half of what is posted."""
    futures = _of_kind(problem, LineKind.OVERLAY)
    if not futures:
        return None
    future = draw.one(futures)
    pool = future.margin_pool_id
    only = draw.one(_of_kind(problem, LineKind.RESERVE_TIER)).line_id

    def change(line: Line) -> Line:
        if line.line_id == future.line_id:
            return _boxed(line, gap, None)
        if line.reserve_tier is None:
            return line
        terms = tuple(item for item in line.reserve_tier.collateral_terms if item.margin_pool_id != pool)
        if line.line_id == only:
            terms = (*terms, CollateralTerms(margin_pool_id=pool, haircut=0.1, maximum_margin_share=0.5))
        return dataclasses.replace(
            line, reserve_tier=dataclasses.replace(line.reserve_tier, collateral_terms=terms)
        )

    return _changed(problem, change)


def margin_above_capital(draw: Draw, problem: AllocationProblem, gap: float) -> AllocationProblem | None:
    """A future whose margin is more than all capital and credit."""
    futures = [line for line in _of_kind(problem, LineKind.OVERLAY) if line.overlay is not None]
    if not futures:
        return None
    future = draw.one(futures)
    rate = future.overlay.initial_margin_rate if future.overlay is not None else None
    credit = sum(box(problem, line)[1] or 0.0 for line in _of_kind(problem, LineKind.CREDIT_LINE))
    least = (1 + gap) * (1 + credit) / (rate or 1.0)
    if least > 100:
        return None
    return _changed(
        problem, lambda line: _boxed(line, least, None) if line.line_id == future.line_id else line
    )


def beyond_the_default_cap(draw: Draw, problem: AllocationProblem, gap: float) -> AllocationProblem | None:
    """Futures beyond the cap that applies where the mandate has none."""
    futures = _of_kind(problem, LineKind.OVERLAY)
    capped = any(
        limit.leverage is not None and limit.leverage.definition == LeverageDefinition.GROSS_NOTIONAL
        for limit in problem.mandate.limits
    )
    if not futures or capped:
        return None
    chosen = draw.one(futures)
    weight = chosen.overlay.leverage_weight if chosen.overlay is not None else None
    least = 1.5 * (1 + gap) / (1.0 if weight is None else weight)
    return _changed(
        problem, lambda line: _boxed(line, least, None) if line.line_id == chosen.line_id else line
    )


LINE_KINDS: dict[str, Callable[[Draw, AllocationProblem, float], AllocationProblem | None]] = {
    "maxima_below_the_budget": maxima_below_the_budget,
    "minima_above_the_budget": minima_above_the_budget,
    "no_collateral": no_collateral,
    "half_of_a_whole": half_of_a_whole,
    "margin_above_capital": margin_above_capital,
    "beyond_the_default_cap": beyond_the_default_cap,
}

"""A random book that its tiers can carry, and boxes around it."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    CreditLine,
    FloatArray,
    Line,
)
from tests.problems.draw import Draw
from tests.reference.return_terms import Postings
from tests.reference.stress_book import StressBook
from tests.reference.stress_margin import initial_margin

LARGEST_USE_OF_A_TIER = 0.6


def random_stressed_book(draw: Draw, problem: AllocationProblem) -> tuple[FloatArray, Postings]:
    """Capital that sums to one, and margined positions that the tiers can carry with room."""
    lines = problem.portfolio.lines
    h = np.zeros(len(lines))
    capital = 1.0
    for row, line in enumerate(lines):
        if line.credit_line is not None:
            h[row] = draw.one((0.0, draw.between(0.0, 0.05)))
            capital += h[row]
        elif line.overlay is not None:
            h[row] = draw.one((0.0, draw.normal(0.1, 0.35), draw.normal(0.1, 0.35)))
        elif line.margin_pool_id:
            h[row] = draw.between(0.0, 0.1)
    tiers = [row for row, line in enumerate(lines) if line.reserve_tier is not None]
    paid = [row for row, line in enumerate(lines) if line.capital_per_unit == 1.0 and row not in tiers]
    reserve = draw.between(0.08, 0.35) * capital
    cash = next(row for row in tiers if lines[row].line_id == "cash")
    for row, share in zip(tiers, draw.shares(len(tiers)), strict=True):
        h[row] = reserve * (0.6 * share + (0.4 if row == cash else 0.0))
    for row, share in zip(paid, draw.shares(len(paid)), strict=True):
        h[row] = (capital - reserve) * share
    return _carried(draw, problem, h)


def _carried(draw: Draw, problem: AllocationProblem, h: FloatArray) -> tuple[FloatArray, Postings]:
    """Margined positions shrunk until no tier posts more than a part of itself; margin is in proportion."""
    lines, book = problem.portfolio.lines, StressBook(problem, h, {})
    postings: Postings = {}
    for pool in problem.portfolio.margin_pools:
        takers = [
            (line.line_id, terms)
            for line in lines
            if line.reserve_tier is not None
            for terms in line.reserve_tier.collateral_terms
            if terms.margin_pool_id == pool.margin_pool_id
        ]
        weights = [
            share * min(1.0, 0.8 * (terms.maximum_margin_share or 1.25))
            for share, (_, terms) in zip(draw.shares(len(takers)), takers, strict=True)
        ]
        # Cash posts what the others' shares leave.
        free = 1.0 - sum(w for w, (line_id, _) in zip(weights, takers, strict=True) if line_id != "cash")
        margin = initial_margin(book, pool) * draw.one((1.0, draw.between(1.0, 1.2)))
        for weight, (line_id, terms) in zip(weights, takers, strict=True):
            part = free if line_id == "cash" else weight
            postings[line_id, pool.margin_pool_id] = part * margin / (1 - terms.haircut)
    used = {
        line.line_id: sum(v for (tier, _), v in postings.items() if tier == line.line_id) for line in lines
    }
    room = [
        LARGEST_USE_OF_A_TIER * h[row] / used[line.line_id]
        for row, line in enumerate(lines)
        if used[line.line_id] > 0
    ]
    shrink = min([1.0, *room])
    scale = np.array([shrink if line.margin_pool_id else 1.0 for line in lines])
    return h * scale, {key: value * shrink for key, value in postings.items()}


def boxed_lines(draw: Draw, lines: list[Line], h: FloatArray, nav_amount: float) -> tuple[Line, ...]:
    """Boxes and commitments around what is held."""
    found = []
    for line, position in zip(lines, h, strict=True):
        held = float(position)
        low = held - draw.magnitude(0.02, 0.4) if draw.chance(0.3) else None
        if line.overlay is None:
            low = None if low is None else max(low, 0.0)
        boxed = dataclasses.replace(
            line,
            current_fraction=held,
            minimum_fraction=low,
            maximum_fraction=held + draw.magnitude(0.02, 0.4) if draw.chance(0.5) else None,
        )
        if line.credit_line is not None:
            committed = (held + draw.between(0.02, 0.2)) * nav_amount
            terms = CreditLine(
                committed_amount=committed, annual_borrowing_spread=line.credit_line.annual_borrowing_spread
            )
            boxed = dataclasses.replace(boxed, credit_line=terms)
        found.append(boxed)
    return tuple(found)

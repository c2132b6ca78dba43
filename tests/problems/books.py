"""A random book chosen first: positions, margin and postings that fit together.

Everything else of a random problem is built around this book, which is how its feasibility is known:
capital sums to one by construction, margined positions are made small enough for the tiers to carry
their margin, and boxes and limits leave room on both sides of what the book has.
"""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import LineKind
from tests.problems.draw import Draw

LARGEST_USE_OF_A_TIER = 0.9
"""Part of a tier that may be posted, so that the book is never at the edge."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """One tier at one pool: its haircut, the value it posts after haircut, its part of the pool's."""

    tier: int
    pool: str
    haircut: float
    value: float
    share: float


@dataclass(frozen=True, kw_only=True)
class RandomBook:
    """Line by line: kind, position, pool and margin rate (empty and 0 without margin)."""

    kinds: tuple[LineKind, ...]
    positions: tuple[float, ...]
    pools: tuple[str, ...]
    margin_rates: tuple[float, ...]
    terms: tuple[Terms, ...]
    pool_ids: tuple[str, ...]


def random_book(draw: Draw, line_count: int, *, wide: bool = False) -> RandomBook:
    """A book with a reserve tier at least; `wide` margin rates and haircuts take their whole range."""
    kinds = _kinds(draw, line_count)
    pool_ids = tuple(f"pool-{index}" for index in range(draw.count(1, 3)))
    unfunded = [kind == LineKind.ALPHA_SLEEVE and draw.chance(0.3) for kind in kinds]
    margined = [kind == LineKind.OVERLAY or account for kind, account in zip(kinds, unfunded, strict=True)]
    pools = tuple(draw.one(pool_ids) if flag else "" for flag in margined)
    rates = tuple(_margin_rate(draw, wide=wide) if flag else 0.0 for flag in margined)
    positions = _positions(draw, kinds, unfunded)
    tiers = [index for index, kind in enumerate(kinds) if kind == LineKind.RESERVE_TIER]
    terms = _terms(draw, tiers, pool_ids, wide=wide)
    needed = {
        pool_id: sum(
            rate * abs(position)
            for rate, position, pool in zip(rates, positions, pools, strict=True)
            if pool == pool_id
        )
        for pool_id in pool_ids
    }
    extra = draw.one((1.0, draw.between(1.0, 1.5)))
    used = dict.fromkeys(tiers, 0.0)
    for item in terms:
        used[item.tier] += item.share * needed[item.pool] * extra / (1 - item.haircut)
    room = [LARGEST_USE_OF_A_TIER * positions[tier] / used[tier] for tier in tiers if used[tier] > 0]
    shrink = min(1.0, *room) if room else 1.0
    return RandomBook(
        kinds=kinds,
        positions=tuple(
            position * (shrink if flag else 1.0) for position, flag in zip(positions, margined, strict=True)
        ),
        pools=pools,
        margin_rates=rates,
        terms=tuple(
            Terms(
                tier=item.tier,
                pool=item.pool,
                haircut=item.haircut,
                value=item.share * needed[item.pool] * extra * shrink,
                share=item.share,
            )
            for item in terms
        ),
        pool_ids=pool_ids,
    )


def _kinds(draw: Draw, line_count: int) -> tuple[LineKind, ...]:
    """A mix of kinds that differs from book to book; one tier at least, rarely more than one credit line."""
    common = [LineKind.FUNDED_BETA, LineKind.OVERLAY, LineKind.ALPHA_SLEEVE]
    weights = draw.shares(len(common))
    kinds = [LineKind.RESERVE_TIER] * draw.count(1, 3)
    kinds += [LineKind.CREDIT_LINE] * draw.one((0, 0, 1, 2))
    while len(kinds) < line_count:
        kinds.append(common[int(draw.generator.choice(len(common), p=weights))])
    return tuple(draw.shuffled(kinds[:line_count]))


def _positions(draw: Draw, kinds: tuple[LineKind, ...], unfunded: list[bool]) -> list[float]:
    """Drawn credit adds to the capital that the paid lines share out; the reserve holds a tenth or more."""
    positions = [0.0] * len(kinds)
    capital = 1.0
    for index, kind in enumerate(kinds):
        if kind == LineKind.CREDIT_LINE:
            positions[index] = draw.one((0.0, draw.between(0.0, 0.2)))
            capital += positions[index]
        elif kind == LineKind.OVERLAY:
            positions[index] = draw.one((0.0, draw.normal(0.1, 0.3), draw.normal(0.1, 0.3)))
        elif unfunded[index]:
            positions[index] = draw.between(0.0, 0.2)
    tiers = [index for index, kind in enumerate(kinds) if kind == LineKind.RESERVE_TIER]
    paid = [
        index
        for index, kind in enumerate(kinds)
        if kind == LineKind.FUNDED_BETA or (kind == LineKind.ALPHA_SLEEVE and not unfunded[index])
    ]
    reserve = draw.between(0.1, 0.4) if paid else 1.0
    for index, share in zip(tiers, draw.shares(len(tiers)), strict=True):
        # No tier is empty: a pool may have no other.
        positions[index] = capital * reserve * (0.5 * share + 0.5 / len(tiers))
    for index, share in zip(paid, draw.shares(len(paid)) if paid else [], strict=True):
        positions[index] = capital * (1 - reserve) * share
    return positions


def _margin_rate(draw: Draw, *, wide: bool) -> float:
    return draw.magnitude(0.001, 1.0) if wide else draw.one((draw.between(0.01, 0.2), 0.05))


def _terms(draw: Draw, tiers: list[int], pool_ids: tuple[str, ...], *, wide: bool) -> list[Terms]:
    """Every pool takes one tier at least; `value` is filled in when the margin is known."""
    terms = []
    for pool in pool_ids:
        takers = draw.some(tiers)
        for tier, share in zip(takers, draw.shares(len(takers)), strict=True):
            haircut = draw.one((0.0, draw.magnitude(0.001, 0.99) if wide else draw.between(0.0, 0.3)))
            terms.append(Terms(tier=tier, pool=pool, haircut=haircut, value=0.0, share=share))
    return terms

"""Rules that every portfolio obeys: capital budget and collateral."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    LeverageDefinition,
    LimitKey,
    StructuralRule,
    Unit,
)
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.box import gross_cap
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, SparseRows, single_row
from optimizer.measures.leverage import leverage_constraint
from optimizer.measures.margin import initial_margin, rows_of
from optimizer.measures.shocks import Shock
from optimizer.measures.stress import stressed_nav

_STANDING: Final = Recall[tuple[Constraint, ...]](8)
_NAV: Final = Recall[Constraint](16)
_CAP: Final = Recall[Constraint](8)


def structural_constraints(book: Book) -> Iterator[Constraint]:
    """Capital budget, collateral rules, and the default leverage cap where the mandate has none."""
    yield from _STANDING.get((book.universe,), lambda: tuple(_standing(book)))
    scopes = [scope for limit in book.problem.mandate.limits if (scope := limit.states_of_nav) is not None]
    if scopes:
        named = {shock.scenario_id for scope in scopes for shock in book.shocks_in(scope)}
        shocks = [shock for shock in book.shocks if shock.scenario_id in named]
        yield _NAV.get(tuple(shocks), lambda: _stressed_nav(shocks))
    if gross_cap(book.problem) is None:
        yield _CAP.get((book.universe,), lambda: _default_cap(book))


def _standing(book: Book) -> Iterator[Constraint]:
    """Those of every mandate."""
    yield Constraint(
        keys=(LimitKey(structural_rule=StructuralRule.CAPITAL_BUDGET),),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(np.zeros(1), single_row(book.capital)),
        lower=1.0,
        upper=1.0,
    )
    if book.universe.portfolio.margin_pools:
        yield _collateral_cover(book)
    if len(book.postings.tier):
        yield _collateral_supply(book)
    if np.any(book.postings.maximum_share < 1.0):
        yield _collateral_share(book)


def _default_cap(book: Book) -> Constraint:
    key = LimitKey(structural_rule=StructuralRule.DEFAULT_LEVERAGE_CAP)
    bare = leverage_constraint(book, LeverageDefinition.GROSS_NOTIONAL, key)
    return Constraint(keys=bare.keys, unit=bare.unit, rows=bare.rows, upper=DEFAULT_LEVERAGE_CAP)


def _stressed_nav(shocks: Sequence[Shock]) -> Constraint:
    """-(1 + r_s'h) at most zero after every scenario that a ratio to stressed NAV names.

    The ratios imply it where what counts cannot be below zero and their bound is above it, but not always.
    """
    nav = stressed_nav(shocks)
    return Constraint(
        keys=tuple(
            LimitKey(structural_rule=StructuralRule.STRESSED_NAV, scenario_id=shock.scenario_id)
            for shock in shocks
        ),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(-nav.constant, nav.linear.scaled(-1.0)),
        upper=0.0,
    )


def _collateral_cover(book: Book) -> Constraint:
    """Per pool: initial margin less posted value after haircuts, at most zero."""
    posted, count = book.postings, len(book.problem.portfolio.margin_pools)
    value = SparseRows(count, posted.pool, _posting_columns(book), posted.haircut - 1.0)
    margins = rows_of([initial_margin(book, pool) for pool in range(count)])
    return Constraint(
        keys=tuple(
            LimitKey(structural_rule=StructuralRule.COLLATERAL_COVER, margin_pool_id=pool.margin_pool_id)
            for pool in book.problem.portfolio.margin_pools
        ),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(np.zeros(count), value, absolute=margins.absolute, pieces=margins.pieces),
        upper=0.0,
    )


def _collateral_supply(book: Book) -> Constraint:
    """Per tier that can be posted: what is posted less what it holds, at most zero."""
    tiers, row = np.unique(book.postings.tier, return_inverse=True)
    rows = SparseRows(
        len(tiers),
        np.concatenate([row, np.arange(len(tiers))]).astype(np.intp),
        np.concatenate([_posting_columns(book), tiers]),
        np.concatenate([np.ones(len(row)), -np.ones(len(tiers))]),
    )
    line_ids = book.problem.portfolio.line_ids
    return Constraint(
        keys=tuple(
            LimitKey(structural_rule=StructuralRule.COLLATERAL_SUPPLY, line_id=line_ids[tier])
            for tier in tiers
        ),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(np.zeros(len(tiers)), rows),
        upper=0.0,
    )


def _collateral_share(book: Book) -> Constraint:
    """Per posting with a share: its value less share times the pool's posted value, at most zero."""
    posted = book.postings
    capped = np.flatnonzero(posted.maximum_share < 1.0)
    value = 1.0 - posted.haircut
    row, column, coefficient = [], [], []
    for index, posting in enumerate(capped):
        same = np.flatnonzero(posted.pool == posted.pool[posting])
        row.append(np.full(len(same), index))
        column.append(book.line_count + same)
        own = (same == posting) * value[posting]
        coefficient.append(own - posted.maximum_share[posting] * value[same])
    line_ids, pools = book.problem.portfolio.line_ids, book.problem.portfolio.margin_pools
    return Constraint(
        keys=tuple(
            LimitKey(
                structural_rule=StructuralRule.COLLATERAL_SHARE,
                line_id=line_ids[posted.tier[posting]],
                margin_pool_id=pools[posted.pool[posting]].margin_pool_id,
            )
            for posting in capped
        ),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(
            np.zeros(len(capped)),
            SparseRows(len(capped), np.concatenate(row), np.concatenate(column), np.concatenate(coefficient)),
        ),
        upper=0.0,
    )


def _posting_columns(book: Book) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return book.line_count + np.arange(len(book.postings.tier), dtype=np.intp)

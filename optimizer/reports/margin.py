"""Margin by pool and what the reserve does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from counterpoise.model import CoverageFigure, FloatArray, LineValue, PoolMargin, ReserveReport
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.reports.holdings import Holdings
from optimizer.reports.instances import instances
from optimizer.reports.listing import lines_of
from optimizer.reports.states import states_of

_POOL: Final = (
    "margin_pool_id",
    "initial_margin_fraction",
    "posted_fractions",
    "scenario_id",
    "variation_margin_fraction",
)


def report_pool_margins(book: Book, variables: FloatArray) -> tuple[PoolMargin, ...]:
    """One for every pool, today with the tiers posted before haircut, then after every scenario."""
    return pool_margins_of(Holdings(book, variables))


def pool_margins_of(holdings: Holdings) -> tuple[PoolMargin, ...]:
    """The same."""
    book = holdings.book
    portfolio, states = book.problem.portfolio, states_of(book)
    initial, variation = holdings.stressed_margins, holdings.variation_margins
    posted = _posted(holdings)
    return instances(
        PoolMargin,
        _POOL,
        [
            (
                pool.margin_pool_id,
                margin,
                tuple(posted[index]) if state == 0 else (),
                scenario_id,
                called,
            )
            for state, (scenario_id, margins, calls) in enumerate(
                zip(states.scenario_ids, initial.tolist(), variation.tolist(), strict=True)
            )
            for index, (pool, margin, called) in enumerate(
                zip(portfolio.margin_pools, margins, calls, strict=True)
            )
        ],
    )


def _posted(holdings: Holdings) -> list[list[LineValue]]:
    """What is posted to each pool, by tier."""
    book = holdings.book
    line_ids = lines_of(book.problem.portfolio).line_ids
    posted: list[list[LineValue]] = [[] for _ in book.problem.portfolio.margin_pools]
    for tier, pool, value in zip(
        book.postings.tier.tolist(),
        book.postings.pool.tolist(),
        holdings.variables[book.line_count :].tolist(),
        strict=True,
    ):
        if value > 0.0:
            posted[pool].append(LineValue(line_id=line_ids[tier], value=value))
    return posted


@dataclass(frozen=True, eq=False)
class _Tiers:
    """Reserve tiers."""

    at: tuple[int, ...]
    """Their lines."""
    eligible: tuple[bool, ...]
    """Whether each may pay variation margin."""


_TIERS: Final = Recall[_Tiers](8)


def report_reserve(
    book: Book, variables: FloatArray, figures: tuple[CoverageFigure, ...] = ()
) -> ReserveReport:
    """All tiers, what is posted, what is free, what of that may pay variation margin; and coverage."""
    return reserve_of(Holdings(book, variables), figures)


def reserve_of(holdings: Holdings, figures: tuple[CoverageFigure, ...] = ()) -> ReserveReport:
    """The same."""
    portfolio = holdings.book.problem.portfolio
    tiers = _TIERS.get(
        (portfolio,),
        lambda: _Tiers(
            tuple([index for index, line in enumerate(portfolio.lines) if line.reserve_tier is not None]),
            tuple(
                [
                    line.reserve_tier.variation_margin_eligible
                    for line in portfolio.lines
                    if line.reserve_tier is not None
                ]
            ),
        ),
    )
    reserve = encumbered = eligible = 0.0
    for index, pays in zip(tiers.at, tiers.eligible, strict=True):
        held, posted = float(holdings.positions[index]), float(holdings.posted[index])
        reserve += held
        encumbered += posted
        if pays:
            eligible += held - posted
    return ReserveReport(
        reserve_fraction=reserve,
        encumbered_fraction=encumbered,
        free_fraction=reserve - encumbered,
        variation_margin_eligible_fraction=eligible,
        coverage_figures=figures,
    )

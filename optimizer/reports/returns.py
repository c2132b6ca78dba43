"""The expected net return term by term, and what synthetic exposure costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from counterpoise.model import FloatArray, IndexArray, ReturnReport, ReturnTerm, ReturnTermKind, SyntheticCost
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.returns import Charge, charges_of, margin_credit, reference_return
from optimizer.reports.holdings import Holdings
from optimizer.reports.instances import instances
from optimizer.reports.listing import lines_of, one_object
from optimizer.reports.locked import locked

_HELD = 1e-6
"""Below this fraction of NAV nothing is held."""
_TERM: Final = ("kind", "line_id", "annual_return")
_COST: Final = ("line_id", "annual_synthetic_cost", "annual_physical_cost")


@dataclass(frozen=True, eq=False)
class _Terms:
    """All terms but cash, one row for each kind in every array of the charge."""

    kinds: tuple[ReturnTermKind, ...]
    charge: Charge
    place: IndexArray
    """Where each posting counts among the terms by kind and line."""


@dataclass(frozen=True, eq=False)
class _Overlays:
    """What overlays cost a year per unit, and what tiers lose that are posted for them."""

    at: IndexArray
    """Their lines."""
    long_carry: FloatArray
    """Financing and roll of a long position."""
    short_carry: FloatArray
    physical_costs: tuple[float | None, ...]
    lost: FloatArray
    """Drag and margin credit, by posting."""


_TERMS: Final = Recall[_Terms](16)
_OVERLAYS: Final = Recall[_Overlays](8)


def report_return(book: Book, variables: FloatArray) -> ReturnReport:
    """Every nonzero term by line; they sum to the expected net return, annual decimal of NAV."""
    return return_of(Holdings(book, variables))


def return_of(holdings: Holdings) -> ReturnReport:
    """The same."""
    book, variables = holdings.book, holdings.variables
    terms = _terms(book)
    by_line = _by_line(book, terms, variables)
    line, kind = np.nonzero(by_line.T)
    line_ids, values = lines_of(book.problem.portfolio).line_ids, by_line.T[line, kind].tolist()
    cash = book.problem.market.annual_risk_free_rate
    rows: list[tuple[object, ...]] = [(ReturnTermKind.CASH, "", cash)]
    rows += [
        (terms.kinds[row], line_ids[index], value)
        for row, index, value in zip(kind.tolist(), line.tolist(), values, strict=True)
    ]
    net = math.fsum([cash, *values])
    alpha = math.fsum(by_line[terms.kinds.index(ReturnTermKind.ALPHA)].tolist())
    # A performance fee shrinks with the alpha; what is charged anyway stays.
    saved = math.fsum(
        [
            (sleeve.fees.total - sleeve.fees_without_alpha.total) * position
            for sleeve, position in zip(
                book.sleeves, variables[[sleeve.line for sleeve in book.sleeves]].tolist(), strict=True
            )
        ]
        if book.sleeves
        else []
    )
    return ReturnReport(
        annual_net_return=net,
        terms=instances(ReturnTerm, _TERM, rows),
        annual_net_return_without_alpha=net - alpha + saved,
        annual_reference_return=reference_return(book),
        synthetic_costs=_synthetic_costs(holdings),
    )


def _terms(book: Book) -> _Terms:
    """They follow from market and portfolio, what counts as alpha, and how long costs are borne."""
    problem = book.problem
    asked = one_object((problem.mandate.evidence_rule, problem.objective.holding_period_years))
    return _TERMS.get((problem.market, problem.portfolio, asked), lambda: locked(_make_terms(book)))


def _make_terms(book: Book) -> _Terms:
    charges = charges_of(book)
    every = tuple(charges.values())
    firsts = book.line_count * np.arange(len(every))[:, None]
    return _Terms(
        kinds=tuple(charges),
        charge=Charge(
            linear=np.stack([charge.linear for charge in every]),
            absolute=np.stack([charge.absolute for charge in every]),
            traded=np.stack([charge.traded for charge in every]),
            impact=np.stack([charge.impact for charge in every]),
        ),
        place=(firsts + book.postings.tier).ravel().astype(np.intp),
    )


def _by_line(book: Book, terms: _Terms, variables: FloatArray) -> FloatArray:
    """Signed annual return by kind and line, NAV fraction; what posted cash loses counts for the tier."""
    paid = terms.charge.by_variable(variables, book.current)
    by_line = -paid[:, : book.line_count]
    np.subtract.at(by_line.reshape(-1), terms.place, paid[:, book.line_count :].ravel())
    return np.asarray(by_line)


def _synthetic_costs(holdings: Holdings) -> tuple[SyntheticCost, ...]:
    """For every overlay that is held: financing, roll, and drag of the margin that it ties up."""
    book, h = holdings.book, holdings.positions
    overlays = _OVERLAYS.get((book.problem.portfolio,), lambda: locked(_overlays(book)))
    shown = np.flatnonzero(~(np.abs(h[overlays.at]) < _HELD))
    if not len(shown):
        return ()
    at = overlays.at[shown]
    carry = np.where(h[at] < 0.0, overlays.short_carry[shown], overlays.long_carry[shown])
    drag = _margin_drag(book, overlays.lost, holdings.variables)[book.pool[at]]
    costs = carry + holdings.margins_alone[at] / np.abs(h[at]) * drag
    line_ids = lines_of(book.problem.portfolio).line_ids
    return instances(
        SyntheticCost,
        _COST,
        [
            (line_ids[index], cost, overlays.physical_costs[place])
            for index, cost, place in zip(at.tolist(), costs.tolist(), shown.tolist(), strict=True)
        ],
    )


def _overlays(book: Book) -> _Overlays:
    lines = book.problem.portfolio.lines
    fees = {line.line_id: line.funded_beta.annual_fee for line in lines if line.funded_beta is not None}
    drags = [0.0 if line.reserve_tier is None else line.reserve_tier.annual_cash_drag for line in lines]
    at, long_carry, short_carry, physical = [], [], [], []
    for index, line in enumerate(lines):
        if line.overlay is not None:
            financing, short = (
                line.overlay.annual_financing_spread,
                line.overlay.annual_short_financing_spread,
            )
            at.append(index)
            long_carry.append(financing + line.overlay.annual_roll_cost)
            short_carry.append(-(financing if short is None else short) + line.overlay.annual_roll_cost)
            physical.append(fees.get(line.overlay.physical_line_id))
    return _Overlays(
        at=np.array(at, dtype=np.intp),
        long_carry=np.array(long_carry, dtype=float),
        short_carry=np.array(short_carry, dtype=float),
        physical_costs=tuple(physical),
        lost=np.array(drags, dtype=float)[book.postings.tier] + margin_credit(book),
    )


def _margin_drag(book: Book, lost: FloatArray, variables: FloatArray) -> FloatArray:
    """What the tiers posted to each pool lose a year, per unit of margin that they cover."""
    posted, count = book.postings, len(book.problem.portfolio.margin_pools)
    y = variables[book.line_count :]
    paid = np.bincount(posted.pool, y * lost, minlength=count)
    value = np.bincount(posted.pool, y * (1.0 - posted.haircut), minlength=count)
    return np.divide(paid, value, out=np.zeros(len(value)), where=value > 0.0)

"""The expected net return term by term, and what synthetic exposure costs."""

from __future__ import annotations

import math

import numpy as np

from counterpoise.model import FloatArray, Overlay, ReturnReport, ReturnTerm, ReturnTermKind, SyntheticCost
from optimizer.measures.book import Book
from optimizer.measures.margin import margins_alone
from optimizer.measures.returns import line_returns, margin_credit, reference_return

_HELD = 1e-6
"""Below this fraction of NAV nothing is held."""


def report_return(book: Book, variables: FloatArray) -> ReturnReport:
    """Every nonzero term by line; they sum to the expected net return, annual decimal of NAV."""
    by_kind = line_returns(book, variables)
    terms = [ReturnTerm(kind=ReturnTermKind.CASH, annual_return=book.problem.market.annual_risk_free_rate)]
    for index, line_id in enumerate(book.problem.portfolio.line_ids):
        terms += [
            ReturnTerm(kind=kind, line_id=line_id, annual_return=float(returns[index]))
            for kind, returns in by_kind.items()
            if returns[index] != 0.0
        ]
    net = math.fsum(term.annual_return for term in terms)
    alpha = math.fsum(term.annual_return for term in terms if term.kind is ReturnTermKind.ALPHA)
    # A performance fee shrinks with the alpha; what is charged anyway stays.
    saved = math.fsum(
        (sleeve.fees.total - sleeve.fees_without_alpha.total) * variables[sleeve.line]
        for sleeve in book.sleeves
    )
    return ReturnReport(
        annual_net_return=net,
        terms=tuple(terms),
        annual_net_return_without_alpha=net - alpha + saved,
        annual_reference_return=reference_return(book),
        synthetic_costs=_synthetic_costs(book, variables),
    )


def _synthetic_costs(book: Book, variables: FloatArray) -> tuple[SyntheticCost, ...]:
    """For every overlay that is held: financing, roll, and drag of the margin that it ties up."""
    lines = book.problem.portfolio.lines
    fees = {line.line_id: line.funded_beta.annual_fee for line in lines if line.funded_beta is not None}
    drag, margins = _margin_drag(book, variables), margins_alone(book, variables)
    costs = []
    for index, line in enumerate(lines):
        if line.overlay is None or abs(variables[index]) < _HELD:
            continue
        costs.append(
            SyntheticCost(
                line_id=line.line_id,
                annual_synthetic_cost=_carry(line.overlay, variables[index])
                + float(margins[index] / abs(variables[index]) * drag[book.pool[index]]),
                annual_physical_cost=fees.get(line.overlay.physical_line_id),
            )
        )
    return tuple(costs)


def _carry(overlay: Overlay, position: float) -> float:
    """Financing and roll per unit of notional, on the side that is held."""
    financing = overlay.annual_financing_spread
    if position < 0.0:
        short = overlay.annual_short_financing_spread
        financing = -(financing if short is None else short)
    return financing + overlay.annual_roll_cost


def _margin_drag(book: Book, variables: FloatArray) -> FloatArray:
    """What the tiers posted to each pool lose a year, per unit of margin that they cover."""
    posted = book.postings
    portfolio = book.problem.portfolio
    tiers = [line.reserve_tier for line in portfolio.lines]
    drag = np.array([0.0 if tier is None else tier.annual_cash_drag for tier in tiers])
    pools = portfolio.margin_pools
    y = variables[book.line_count :]
    lost = y * (drag[posted.tier] + margin_credit(book))
    paid = np.bincount(posted.pool, lost, minlength=len(pools))
    value = np.bincount(posted.pool, y * (1.0 - posted.haircut), minlength=len(pools))
    return np.divide(paid, value, out=np.zeros(len(value)), where=value > 0.0)

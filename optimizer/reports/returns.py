"""The expected net return term by term, and what synthetic exposure costs."""

from __future__ import annotations

import math

import numpy as np

from counterpoise.model import FloatArray, ReturnReport, ReturnTerm, ReturnTermKind, SyntheticCost
from optimizer.measures.book import Book
from optimizer.measures.returns import line_returns, reference_return

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
    return ReturnReport(
        annual_net_return=net,
        terms=tuple(terms),
        annual_net_return_without_alpha=net - alpha,
        annual_reference_return=reference_return(book),
        synthetic_costs=_synthetic_costs(book, variables),
    )


def _synthetic_costs(book: Book, variables: FloatArray) -> tuple[SyntheticCost, ...]:
    """For every overlay that is held: financing, roll, and drag of the margin that it ties up."""
    lines = book.problem.portfolio.lines
    fees = {line.line_id: line.funded_beta.annual_fee for line in lines if line.funded_beta is not None}
    drag = _margin_drag(book, variables)
    costs = []
    for index, line in enumerate(lines):
        if line.overlay is None or abs(variables[index]) < _HELD:
            continue
        side = math.copysign(1.0, variables[index])
        synthetic = side * line.overlay.annual_financing_spread + line.overlay.annual_roll_cost
        costs.append(
            SyntheticCost(
                line_id=line.line_id,
                annual_synthetic_cost=synthetic + float(book.margin_rate[index] * drag[book.pool[index]]),
                annual_physical_cost=fees.get(line.overlay.physical_line_id),
            )
        )
    return tuple(costs)


def _margin_drag(book: Book, variables: FloatArray) -> FloatArray:
    """Annual drag of the tiers posted to each pool, per unit of margin that they cover."""
    posted = book.postings
    pools = len(book.problem.portfolio.margin_pools)
    lines = book.problem.portfolio.lines
    rates = np.array([tier.annual_cash_drag if (tier := line.reserve_tier) else 0.0 for line in lines])
    y = variables[book.line_count :]
    drag = np.bincount(posted.pool, y * rates[posted.tier], minlength=pools)
    value = np.bincount(posted.pool, y * (1.0 - posted.haircut), minlength=pools)
    return np.divide(drag, value, out=np.zeros(pools), where=value > 0.0)

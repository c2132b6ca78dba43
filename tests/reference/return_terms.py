"""Expected net return at given positions, addend by addend, from the comments of the protos."""

from __future__ import annotations

from counterpoise.model import AllocationProblem, FloatArray, Line, Overlay, ReturnTermKind
from tests.reference.costs import margin_credit_rates, short_spread, trading_cost_fraction
from tests.reference.numbers import Numbers
from tests.reference.sleeves import SleeveNumbers

Postings = dict[tuple[str, str], float]
Terms = dict[tuple[ReturnTermKind, str], float]

COSTS = (
    ReturnTermKind.FINANCING,
    ReturnTermKind.ROLL,
    ReturnTermKind.FEE,
    ReturnTermKind.CASH_DRAG,
    ReturnTermKind.BORROWING,
    ReturnTermKind.MARGIN_CREDIT,
    ReturnTermKind.TRADING_COST,
)


def return_terms(
    problem: AllocationProblem,
    numbers: Numbers,
    h: FloatArray,
    postings: Postings,
    *,
    with_alpha: bool = True,
) -> Terms:
    """Addends by kind and line; without alpha every sleeve earns none, and charges what it then would."""
    terms: Terms = {(ReturnTermKind.CASH, ""): problem.market.annual_risk_free_rate}
    for row, line in enumerate(problem.portfolio.lines):
        position = float(h[row])
        premium = float(numbers.loadings[row] @ numbers.premia)
        terms[ReturnTermKind.PREMIUM, line.line_id] = premium * position
        if row in numbers.sleeves:
            _add_sleeve(terms, line, numbers.sleeves[row], position, with_alpha=with_alpha)
        if line.overlay is not None:
            terms[ReturnTermKind.FINANCING, line.line_id] = -_financing(line.overlay, position)
            terms[ReturnTermKind.ROLL, line.line_id] = -line.overlay.annual_roll_cost * abs(position)
        if line.funded_beta is not None:
            terms[ReturnTermKind.FEE, line.line_id] = -line.funded_beta.annual_fee * position
        if line.reserve_tier is not None:
            terms[ReturnTermKind.CASH_DRAG, line.line_id] = -line.reserve_tier.annual_cash_drag * position
        if line.credit_line is not None:
            spread = line.credit_line.annual_borrowing_spread
            terms[ReturnTermKind.BORROWING, line.line_id] = -spread * position
        if line.trading_cost is not None:
            years = problem.objective.holding_period_years or 1.0
            cost = trading_cost_fraction(line, position) / years
            terms[ReturnTermKind.TRADING_COST, line.line_id] = -cost
    for (tier_id, pool_id), rate in margin_credit_rates(problem).items():
        key = (ReturnTermKind.MARGIN_CREDIT, tier_id)
        terms[key] = terms.get(key, 0.0) - rate * postings.get((tier_id, pool_id), 0.0)
    return terms


def net_return(terms: Terms) -> float:
    """Sum of the addends."""
    return sum(terms.values())


def cost(terms: Terms) -> float:
    """Sum of the costs, positive where they cost."""
    return -sum(value for (kind, _), value in terms.items() if kind in COSTS)


def _add_sleeve(
    terms: Terms, line: Line, sleeve: SleeveNumbers, position: float, *, with_alpha: bool
) -> None:
    """Alpha before fees and the fees where it was declared gross; alpha alone where it was net."""
    charged = sleeve.fees if with_alpha else sleeve.fees_without_alpha
    terms[ReturnTermKind.ALPHA, line.line_id] = sleeve.intercept * position if with_alpha else 0.0
    terms[ReturnTermKind.FEE, line.line_id] = -charged * position


def _financing(overlay: Overlay, position: float) -> float:
    """Longs pay their spread, shorts receive theirs."""
    if position > 0:
        return overlay.annual_financing_spread * position
    return short_spread(overlay) * position

"""What lines, trades and postings cost, annual decimals per unit unless a name says otherwise."""

from __future__ import annotations

from counterpoise.model import AllocationProblem, Line, Overlay


def short_spread(overlay: Overlay) -> float:
    """What shorts receive: their own spread, else that of longs."""
    own = overlay.annual_short_financing_spread
    return overlay.annual_financing_spread if own is None else own


def signed_cost(line: Line) -> float:
    """Cost that turns its sign with the position: fees, drag, borrowing, the middle of both spreads."""
    if line.funded_beta is not None:
        return line.funded_beta.annual_fee
    if line.overlay is not None:
        return (line.overlay.annual_financing_spread + short_spread(line.overlay)) / 2
    if line.reserve_tier is not None:
        return line.reserve_tier.annual_cash_drag
    return line.credit_line.annual_borrowing_spread if line.credit_line is not None else 0.0


def absolute_cost(line: Line) -> float:
    """Cost on the absolute position: roll, and half of what lies between both spreads."""
    if line.overlay is None:
        return 0.0
    width = line.overlay.annual_financing_spread - short_spread(line.overlay)
    return line.overlay.annual_roll_cost + width / 2


def trading_rates(problem: AllocationProblem, line: Line) -> tuple[float, float]:
    """Coefficients of |t| and |t|^1.5 a year, t the trade."""
    if line.trading_cost is None:
        return 0.0, 0.0
    years = problem.objective.holding_period_years
    if years is None:
        raise ValueError("a trading cost without a holding period")
    return line.trading_cost.linear_rate / years, (line.trading_cost.impact_coefficient or 0.0) / years


def trading_cost_fraction(line: Line, position: float) -> float:
    """Cost of the trade, once, fraction of NAV."""
    if line.trading_cost is None or line.current_fraction is None:
        return 0.0
    trade = abs(position - line.current_fraction)
    return line.trading_cost.linear_rate * trade + (line.trading_cost.impact_coefficient or 0.0) * trade**1.5


def margin_credit_rates(problem: AllocationProblem) -> dict[tuple[str, str], float]:
    """(tier, pool) -> what a unit posted there loses a year; cash tiers alone lose anything."""
    spreads = {
        pool.margin_pool_id: pool.annual_margin_credit_spread or 0.0
        for pool in problem.portfolio.margin_pools
    }
    return {
        (line.line_id, terms.margin_pool_id): spreads[terms.margin_pool_id]
        for line in problem.portfolio.lines
        if line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible
        for terms in line.reserve_tier.collateral_terms
    }

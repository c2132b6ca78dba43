"""What a portfolio earns and what it costs, as charges to minimise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from counterpoise.model import Line
from optimizer.program.lines import Lines
from optimizer.program.terms.charges import Charges


def net_return_lost(lines: Lines) -> Charges:
    """The negative of the expected net return, but for the risk-free rate on capital, a constant."""
    earned = lines.premium + lines.inputs.alpha + lines.inputs.fees
    return cost(lines).plus(-earned)


def alpha_lost(lines: Lines) -> Charges:
    """The negative of the alpha that counts, after fees."""
    return Charges.none(lines.count, len(lines.postings)).plus(-lines.inputs.alpha)


def cost(lines: Lines) -> Charges:
    """Financing, roll, fees, drags, borrowing, margin credit and trading."""
    rates = lines.kept.get("rates", lambda: _rates(lines))
    years = lines.inputs.problem.objective.holding_period_years
    spread = 0.0 if years is None else 1.0 / years
    charges = replace(rates, traded=spread * rates.traded, impact=spread * rates.impact)
    return charges.plus(lines.inputs.fees)


def _rates(lines: Lines) -> Charges:
    """All but fees; of trading for one time."""
    pools = [pool.annual_margin_credit_spread or 0.0 for pool in lines.portfolio.margin_pools]
    by_posting = [
        pools[posting.pool] if _is_cash(lines.portfolio.lines[posting.tier]) else 0.0
        for posting in lines.postings
    ]
    return Charges(
        linear=np.concatenate([lines.each(_carried), by_posting]),
        absolute=lines.each(_on_either_side),
        traded=lines.each(lambda line: line.trading_cost.linear_rate if line.trading_cost else 0.0),
        impact=lines.each(_impact),
    )


def _is_cash(line: Line) -> bool:
    return line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible


def _impact(line: Line) -> float:
    return 0.0 if line.trading_cost is None else line.trading_cost.impact_coefficient or 0.0


def _carried(line: Line) -> float:
    if line.funded_beta is not None:
        return line.funded_beta.annual_fee
    if line.overlay is not None:
        short = line.overlay.annual_short_financing_spread
        long = line.overlay.annual_financing_spread
        return long if short is None else 0.5 * (long + short)
    if line.reserve_tier is not None:
        return line.reserve_tier.annual_cash_drag
    return line.credit_line.annual_borrowing_spread if line.credit_line is not None else 0.0


def _on_either_side(line: Line) -> float:
    """Roll, and half of what longs pay above what shorts receive."""
    if line.overlay is None:
        return 0.0
    short = line.overlay.annual_short_financing_spread
    width = 0.0 if short is None else line.overlay.annual_financing_spread - short
    return line.overlay.annual_roll_cost + 0.5 * width

"""Expected net return, as a cost to minimise; the risk-free rate on capital is a constant."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, Line
from optimizer.program.lines import Lines


def net_return_lost(lines: Lines) -> tuple[FloatArray, FloatArray]:
    """Costs per unit of position and per unit of absolute position, annual decimals, shape (n,)."""
    earned = lines.premium + lines.inputs.alpha
    return lines.each(_carried) - earned, lines.each(_rolled)


def alpha_lost(lines: Lines) -> tuple[FloatArray, FloatArray]:
    """The negative of the alpha that counts."""
    return -lines.inputs.alpha, np.zeros(lines.count)


def _carried(line: Line) -> float:
    if line.funded_beta is not None:
        return line.funded_beta.annual_fee
    if line.overlay is not None:
        return line.overlay.annual_financing_spread
    if line.reserve_tier is not None:
        return line.reserve_tier.annual_cash_drag
    return line.credit_line.annual_borrowing_spread if line.credit_line is not None else 0.0


def _rolled(line: Line) -> float:
    return line.overlay.annual_roll_cost if line.overlay is not None else 0.0

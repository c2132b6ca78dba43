"""Fees of a sleeve whose alpha is declared gross of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from counterpoise.model import FeeHurdle, FeeTerms


@dataclass(frozen=True)
class Fees:
    """What a manager is expected to charge, annual decimals on the position."""

    management: float
    performance: float

    @property
    def total(self) -> float:
        """Both."""
        return self.management + self.performance


NO_FEES = Fees(0.0, 0.0)


def expected_fees(terms: FeeTerms, whole_return: float, volatility: float, risk_free_rate: float) -> Fees:
    """Fees of a sleeve with this mean and volatility of its whole return before fees, annual decimals.

    The performance fee is rate * E[max(x, 0)] for a normal x: the return after the management fee,
    over the hurdle. A share of gains alone is convex in the outcome, so that it costs more than the
    rate times the mean.
    """
    hurdle = risk_free_rate if terms.hurdle is FeeHurdle.CASH else 0.0
    mean = whole_return - terms.annual_management_fee - hurdle
    return Fees(terms.annual_management_fee, terms.performance_fee_rate * mean_gain(mean, volatility))


def mean_gain(mean: float, volatility: float) -> float:
    """E[max(x, 0)] = m Phi(m/s) + s phi(m/s) for x normal with mean m and standard deviation s."""
    if volatility <= 0.0:
        return max(mean, 0.0)
    ratio = mean / volatility
    below = 0.5 * math.erfc(-ratio / math.sqrt(2.0))
    density = math.exp(-0.5 * ratio * ratio) / math.sqrt(2.0 * math.pi)
    # Rounding may leave a gain just below zero far out of the money.
    return max(mean * below + volatility * density, 0.0)

"""The positions that meet a risk budget, found by Newton steps, and the distance of others from them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from counterpoise.model import AllocationProblem, FloatArray, MeetRiskBudget
from tests.reference.numbers import Numbers
from tests.reference.risk import line_covariance

NEWTON_STEPS = 200


@dataclass(frozen=True, kw_only=True)
class RiskBudget:
    """Lines, wanted shares, covariance of these lines, and the positions that meet the shares."""

    rows: list[int]
    shares: FloatArray
    covariance: FloatArray
    target: FloatArray

    def volatility(self, positions: FloatArray) -> float:
        """Volatility that the lines have together."""
        return math.sqrt(max(float(positions @ self.covariance @ positions), 0.0))

    def distance(self, positions: FloatArray) -> float:
        """s(a) / s(a*) - 1 - sum b ln(a / a*); infinite where a line is not held."""
        if float(positions.min()) <= 0:
            return math.inf
        ratio = self.volatility(positions) / self.volatility(self.target)
        logs = np.log(positions / self.target)
        return ratio - 1 - float(self.shares @ logs)

    def risk_shares(self, positions: FloatArray) -> FloatArray:
        """Euler shares of the volatility."""
        marginal = self.covariance @ positions
        return np.asarray(positions * marginal / float(positions @ marginal))


def risk_budget(problem: AllocationProblem, numbers: Numbers, goal: MeetRiskBudget) -> RiskBudget:
    """The budget of a goal, at the size that it asks for."""
    rows_by_id = {line.line_id: row for row, line in enumerate(problem.portfolio.lines)}
    rows = [rows_by_id[item.line_id] for item in goal.shares]
    shares = np.array([item.value for item in goal.shares])
    covariance = line_covariance(problem, numbers, rows)
    target = _scale_free(covariance, shares)
    if goal.total_fraction is not None:
        target = target * (goal.total_fraction / float(target.sum()))
    elif goal.annual_volatility is not None:
        target = target * (goal.annual_volatility / math.sqrt(float(target @ covariance @ target)))
    return RiskBudget(rows=rows, shares=shares, covariance=covariance, target=target)


def _scale_free(covariance: FloatArray, shares: FloatArray) -> FloatArray:
    """argmin a'Ca / 2 - sum b ln a by damped Newton steps; its shares are b at every scale.

    Positions are measured in inverse volatilities, so that the start is near.
    """
    deviation = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviation, deviation)
    a = np.sqrt(shares)
    for _ in range(NEWTON_STEPS):
        gradient = correlation @ a - shares / a
        step = np.linalg.solve(correlation + np.diag(shares / a**2), gradient)
        decrement = math.sqrt(max(float(gradient @ step), 0.0))
        # Self-concordance in units of the smallest share: this step never leaves the positive side.
        damping = 1 / (1 + decrement / math.sqrt(float(shares.min())))
        a = a - (damping if decrement > 1e-8 else 1.0) * step
        if decrement < 1e-15:
            break
    return np.asarray(a / deviation)

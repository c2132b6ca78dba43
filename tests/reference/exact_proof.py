"""An infeasibility proof checked in exact arithmetic from the request's own numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from counterpoise.model import AllocationProblem, InfeasibilityProof, RiskMeasure, covariance_factor
from tests.reference.exact_box import Interval, boxes, exact
from tests.reference.exact_limits import ROUNDING, weighted_violation
from tests.reference.exact_structure import structural_violation
from tests.reference.exact_terms import Total
from tests.reference.numbers import Numbers, read_numbers


@dataclass(frozen=True, kw_only=True)
class CheckedProof:
    """The least weighted violation over the boxes, and what is not exact about it (zero without norms)."""

    contradiction: Fraction
    error: Fraction

    @property
    def holds(self) -> bool:
        """Whether no allocation can meet the named bounds."""
        return self.contradiction > self.error


def check_proof(problem: AllocationProblem, proof: InfeasibilityProof) -> CheckedProof:
    """Sums the weighted violations and minimises the sum."""
    numbers = read_numbers(problem)
    intervals = boxes(problem)
    total, error = Total(), Fraction(0)
    for item in proof.weights:
        assert item.weight > 0, item
        if item.key.structural_rule is not None:
            total.add(structural_violation(problem, item.key, item.side), exact(item.weight))
            continue
        total.add(weighted_violation(problem, numbers, item), Fraction(1))
        limit = next(limit for limit in problem.mandate.limits if limit.limit_id == item.key.limit_id)
        if limit.risk is not None:
            error += exact(item.weight) * _norm_error(problem, numbers, limit.risk, intervals)
    return CheckedProof(contradiction=total.least(intervals), error=error)


def _norm_error(
    problem: AllocationProblem, numbers: Numbers, measure: RiskMeasure, intervals: dict[str, Interval]
) -> Fraction:
    """| |L'x| - sqrt(x'Sx) | <= sqrt(|LL' - S| |x|^2), and multipliers that stick out by rounding."""
    factor = covariance_factor(numbers.covariance)
    largest = np.array(
        [
            float(max(abs(lower), abs(upper)))
            for lower, upper in (intervals[line.line_id] for line in problem.portfolio.lines)
        ]
    )
    x = np.abs(numbers.loadings).T @ largest + np.abs(numbers.reference)
    remainder = (
        np.abs(factor @ factor.T - numbers.covariance).max() + 1e-17 * np.abs(numbers.covariance).max()
    )
    residuals = np.array([line.annual_residual_volatility for line in problem.portfolio.lines])
    reach = float(np.sqrt(x @ np.abs(numbers.covariance) @ x) + residuals @ largest)
    # The scope of a limit only takes parts of x away, so these bounds hold for every scope.
    assert measure is not None
    return exact(float(np.sqrt(len(x) * remainder) * np.linalg.norm(x))) + ROUNDING * exact(reach)

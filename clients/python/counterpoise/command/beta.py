"""Beta beyond the reference portfolio's: what it earns is more market, no benefit."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import Allocation, AllocationProblem, ReturnReport
from counterpoise.wording.figures import LEAST_SAID, against, basis_points, fixed


@dataclass(frozen=True, kw_only=True)
class Beta:
    """Beta to the reference portfolio, and what the part above 1 earns, annual decimal of NAV.

    `annual_return` is (beta - 1) times the reference's premium over cash; below zero where beta below 1
    gives it away. What the exposure costs to hold is not taken off.
    """

    ratio: float
    annual_return: float

    @property
    def words(self) -> str:
        """Beta with three decimals."""
        return fixed(self.ratio, 3)

    @property
    def more_or_less(self) -> str:
        """Whether it is above the reference's."""
        return "More" if self.ratio > 1.0 else "Less"

    @property
    def brings(self) -> str:
        """`brings 17.8 bp`, or what it takes away."""
        return f"{'brings' if self.annual_return > 0 else 'takes'} {basis_points(abs(self.annual_return))} bp"


def beyond_the_reference(allocation: Allocation, problem: AllocationProblem) -> Beta | None:
    """None where beta is not known, or is so near to 1 that the difference earns nothing."""
    returns, risk = allocation.expected_return, allocation.risk
    reference = returns.annual_reference_return if returns is not None else None
    ratio = risk.reference_beta if risk is not None else None
    if reference is None or ratio is None:
        return None
    earned = (ratio - 1.0) * (reference - problem.market.annual_risk_free_rate)
    return Beta(ratio=ratio, annual_return=earned) if abs(earned) >= LEAST_SAID else None


def without_alpha(report: ReturnReport, beta: Beta | None) -> str:
    """How the portfolio compares with the reference when every alpha is zero; empty without a reference."""
    if report.annual_reference_return is None:
        return ""
    gain = report.annual_net_return_without_alpha - report.annual_reference_return
    told = f"With every alpha at zero it is {against(gain, 'the reference')}"
    if beta is None:
        return f"{told}."
    equal = at_equal_beta(gain, beta)
    if beta.annual_return > 0 and gain > 0:
        whose = f"of which {basis_points(beta.annual_return)} bp are beta above the reference's"
    else:
        whose = f"where its beta of {beta.words} {beta.brings}"
    return f"{told}, {whose}: {equal}."


def at_equal_beta(gain: float, beta: Beta) -> str:
    """`at equal beta it would be 7.1 bp behind`; `gain` is over the reference, annual decimal of NAV."""
    left = gain - beta.annual_return
    if abs(left) < LEAST_SAID:
        return "at equal beta it would be level"
    return f"at equal beta it would be {basis_points(abs(left))} bp {'ahead' if left > 0 else 'behind'}"

"""What a sleeve earns and charges: declared alpha restated, evidence gate, fees on the expected outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass

from counterpoise.model import AllocationProblem, AlphaBasis, AlphaSleeve, FeeHurdle

RECLASSIFIED_ABOVE = 0.80


@dataclass(frozen=True, kw_only=True)
class SleeveNumbers:
    """One sleeve per unit of position, annual decimals.

    `declared` is the intercept after fees before the gate; `intercept` is what the gate leaves of the
    alpha, before fees where it was declared gross. Fees are zero for net sleeves, whatever they charge.
    """

    declared: float
    intercept: float
    management_fee: float
    performance_fee: float
    fees_without_alpha: float

    @property
    def fees(self) -> float:
        """Both fees."""
        return self.management_fee + self.performance_fee

    @property
    def alpha(self) -> float:
        """Alpha that counts: after the gate and after fees."""
        return self.intercept - self.fees


def expected_gain(mean: float, volatility: float) -> float:
    """E[max(x, 0)] of a normal x: mean Phi(mean / s) + s phi(mean / s)."""
    if volatility == 0:
        return max(mean, 0.0)
    ratio = mean / volatility
    probability = 0.5 * math.erfc(-ratio / math.sqrt(2))
    density = math.exp(-0.5 * ratio * ratio) / math.sqrt(2 * math.pi)
    return mean * probability + volatility * density


def sleeve_numbers(
    problem: AllocationProblem, sleeve: AlphaSleeve, *, beta_return: float, volatility: float
) -> SleeveNumbers:
    """The numbers of a sleeve whose loadings earn `beta_return` over cash; `volatility` is its own, whole."""
    cash = problem.market.annual_risk_free_rate
    reclassified = sleeve.evidence.r_squared > _threshold(problem)
    if sleeve.expected_alpha.net_of_fees is not None:
        net = _intercept(sleeve.expected_alpha.net_of_fees, cash, beta_return)
        return SleeveNumbers(
            declared=net,
            intercept=min(net, 0.0) if reclassified else net,
            management_fee=0.0,
            performance_fee=0.0,
            fees_without_alpha=0.0,
        )
    declared, terms = sleeve.expected_alpha.gross_of_fees, sleeve.fees
    if declared is None or terms is None:
        raise ValueError("gross alpha without a basis or without fees")
    gross = _intercept(declared, cash, beta_return)
    # What cash adds to the outcome counts unless the hurdle takes it out; accounts hold no cash.
    start = cash if sleeve.unfunded_account is None else 0.0
    start -= cash if terms.hurdle == FeeHurdle.CASH else 0.0
    management = terms.annual_management_fee

    def performance(alpha: float) -> float:
        mean = start + beta_return + alpha - management
        return terms.performance_fee_rate * expected_gain(mean, volatility)

    counted = min(gross, 0.0) if reclassified else gross
    return SleeveNumbers(
        declared=gross - management - performance(gross),
        intercept=counted,
        management_fee=management,
        performance_fee=performance(counted),
        fees_without_alpha=management + performance(0.0),
    )


def _threshold(problem: AllocationProblem) -> float:
    rule = problem.mandate.evidence_rule
    if rule is None or rule.reclassify_r_squared is None:
        return RECLASSIFIED_ABOVE
    return rule.reclassify_r_squared


def _intercept(declared: AlphaBasis, cash: float, beta_return: float) -> float:
    """Over cash and over what the loadings earn."""
    if declared.annual_over_beta is not None:
        return declared.annual_over_beta
    if declared.annual_over_cash is not None:
        return declared.annual_over_cash - beta_return
    if declared.annual_total is not None:
        return declared.annual_total - cash - beta_return
    raise ValueError("alpha without basis")

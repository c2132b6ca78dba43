"""The evidence rule: which part of a sleeve's declared alpha counts."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import AllocationProblem, EvidenceRule, FloatArray, SleeveClass

CHARGE_R_SQUARED = 0.30
RECLASSIFY_R_SQUARED = 0.80
MINIMUM_OBSERVATION_COUNT = 36


@dataclass(frozen=True)
class SleeveEvidence:
    """The verdict on one sleeve; alphas are annual decimals over cash and over betas, after fees."""

    line: int
    """Index of the line."""
    sleeve_class: SleeveClass
    annual_declared_alpha: float
    annual_alpha: float
    """What counts."""
    months: int
    """Months of evidence."""
    wanted_months: int
    """Fewer than these are a warning."""


def weigh_evidence(problem: AllocationProblem, beta_returns: FloatArray) -> tuple[SleeveEvidence, ...]:
    """Restates every declared alpha over its betas and applies the mandate's evidence rule.

    `beta_returns` is mu'B of each line, annual decimal, shape (n,). From `charge_r_squared` only
    the intercept is alpha; above `reclassify_r_squared` the sleeve is beta: min(intercept, 0).
    """
    rule = problem.mandate.evidence_rule or EvidenceRule()
    charge = CHARGE_R_SQUARED if rule.charge_r_squared is None else rule.charge_r_squared
    reclassify = RECLASSIFY_R_SQUARED if rule.reclassify_r_squared is None else rule.reclassify_r_squared
    months = rule.minimum_observation_count or MINIMUM_OBSERVATION_COUNT
    verdicts = []
    for index, line in enumerate(problem.portfolio.lines):
        sleeve = line.alpha_sleeve
        if sleeve is None or sleeve.expected_alpha.net_of_fees is None:
            continue
        intercept = sleeve.expected_alpha.net_of_fees.over_beta(
            problem.market.annual_risk_free_rate, float(beta_returns[index])
        )
        r_squared = sleeve.evidence.r_squared
        sleeve_class = SleeveClass.ALPHA
        if r_squared > reclassify:
            sleeve_class = SleeveClass.BETA
        elif r_squared >= charge:
            sleeve_class = SleeveClass.ALPHA_AND_BETA
        verdicts.append(
            SleeveEvidence(
                line=index,
                sleeve_class=sleeve_class,
                annual_declared_alpha=intercept,
                annual_alpha=min(intercept, 0.0) if sleeve_class is SleeveClass.BETA else intercept,
                months=sleeve.evidence.observation_count,
                wanted_months=months,
            )
        )
    return tuple(verdicts)

"""The evidence rule: which part of a sleeve's declared alpha counts, and what its fees leave."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.model import (
    DEFAULT_MAXIMUM_EVIDENCE_AGE_DAYS,
    DEFAULT_MINIMUM_OBSERVATION_COUNT,
    AlphaSleeve,
    EvidenceRule,
    FloatArray,
    MarketModel,
    SleeveClass,
    TotalPortfolio,
    sleeve_class_of,
)
from optimizer.measures.fees import NO_FEES, Fees, expected_fees


@dataclass(frozen=True)
class SleeveEvidence:
    """The verdict on one sleeve; alphas are annual decimals over cash and over betas."""

    line: int
    """Index of the line."""
    sleeve_class: SleeveClass
    annual_intercept: float
    """What was declared, gross or net of fees as it was."""
    annual_declared_alpha: float
    """The same after fees."""
    annual_alpha: float
    """What counts, after fees."""
    fees: Fees
    """What is charged on what counts, where alpha was declared gross."""
    fees_without_alpha: Fees
    """What is charged even with no alpha."""
    months: int
    """Months of evidence."""
    wanted_months: int
    """Fewer than these are a warning."""
    stale_days: int | None
    """Age of the evidence where it is older than the mandate allows."""


def weigh_evidence(
    market: MarketModel,
    portfolio: TotalPortfolio,
    evidence_rule: EvidenceRule | None,
    beta_returns: FloatArray,
    volatilities: FloatArray,
) -> tuple[SleeveEvidence, ...]:
    """Restates every declared alpha over its betas and applies the evidence rule; unset is the default one.

    `beta_returns` is mu'B and `volatilities` the whole volatility of each line, annual decimals,
    shape (n,). From `charge_r_squared` only the intercept is alpha; above `reclassify_r_squared` the
    sleeve is beta: min(intercept, 0). A rule on a gross alpha comes before the fees, which are
    charged whether there is alpha or not.
    """
    rule = evidence_rule or EvidenceRule()
    risk_free_rate = market.annual_risk_free_rate
    verdicts = []
    for index, line in enumerate(portfolio.lines):
        sleeve = line.alpha_sleeve
        if sleeve is None:
            continue
        beta_return = float(beta_returns[index])
        intercept = sleeve.expected_alpha.basis.over_beta(risk_free_rate, beta_return)
        sleeve_class = sleeve_class_of(sleeve.evidence.r_squared, rule)
        counted = min(intercept, 0.0) if sleeve_class is SleeveClass.BETA else intercept
        cash = risk_free_rate if sleeve.unfunded_account is None else 0.0
        declared = used = without = NO_FEES
        if sleeve.fees is not None:
            declared, used, without = (
                expected_fees(
                    sleeve.fees, cash + beta_return + alpha, float(volatilities[index]), risk_free_rate
                )
                for alpha in (intercept, counted, 0.0)
            )
        verdicts.append(
            SleeveEvidence(
                line=index,
                sleeve_class=sleeve_class,
                annual_intercept=intercept,
                annual_declared_alpha=intercept - declared.total,
                annual_alpha=counted - used.total,
                fees=used,
                fees_without_alpha=without,
                months=sleeve.evidence.observation_count,
                wanted_months=rule.minimum_observation_count or DEFAULT_MINIMUM_OBSERVATION_COUNT,
                stale_days=_stale_days(sleeve, portfolio.as_of_date, rule),
            )
        )
    return tuple(verdicts)


def _stale_days(sleeve: AlphaSleeve, as_of: datetime.date, rule: EvidenceRule) -> int | None:
    last, most = sleeve.evidence.last_observation_date, rule.maximum_evidence_age_days
    age = 0 if last is None else (as_of - last).days
    return age if age > (DEFAULT_MAXIMUM_EVIDENCE_AGE_DAYS if most is None else most) else None

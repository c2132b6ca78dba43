"""What is believed of an alpha after its history."""

from __future__ import annotations

from counterpoise.model import (
    DEFAULT_PRIOR_ANNUAL_ERROR,
    DEFAULT_PRIOR_ANNUAL_MEAN,
    AlphaPrior,
    AlphaQuestion,
    FactorRegression,
)


def prior_of(question: AlphaQuestion) -> AlphaPrior:
    """The belief before any history."""
    default = AlphaPrior(annual_mean=DEFAULT_PRIOR_ANNUAL_MEAN, annual_error=DEFAULT_PRIOR_ANNUAL_ERROR)
    return question.prior or default


def shrink(prior: AlphaPrior, regression: FactorRegression) -> tuple[float, float]:
    """Mean and error of the belief after a regression, annual decimals.

    Normal belief m0, s0 and normal estimate a, s: (m0/s0^2 + a/s^2) / (1/s0^2 + 1/s^2) and
    1 / sqrt(1/s0^2 + 1/s^2), written so that an exact estimate, s = 0, is believed.
    """
    before, estimate = prior.annual_error**2, regression.annual_alpha_error**2
    whole = before + estimate
    mean = (prior.annual_mean * estimate + regression.annual_alpha * before) / whole
    return mean, (before * estimate / whole) ** 0.5

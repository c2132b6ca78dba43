"""What fees leave of a fund, and which of them are paid for beta."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.optimize import brentq

from counterpoise.model import (
    DEFAULT_LEAST_ANNUAL_NET_ALPHA,
    ActiveFund,
    AlphaEvidence,
    CaptureVerdict,
    FactorRegression,
    FeeBasis,
    FeeReport,
    FeeTerms,
)
from optimizer.measures.fees import Fees, expected_fees

_TOLERANCE = 1e-15
_MOST_STEPS = 1_000
"""Where the manager takes nearly every gain, the fee that leaves a mean is many times that mean."""


@dataclass(frozen=True)
class Charged:
    """What a manager charges over one year, and the mean over cash before that; annual decimals."""

    gross_excess: float
    fees: Fees
    naive_performance: float
    """The performance fee without volatility."""

    @property
    def net_excess(self) -> float:
        """What is left of the mean."""
        return self.gross_excess - self.fees.total


def charge(
    terms: FeeTerms, basis: FeeBasis, excess_return: float, volatility: float, risk_free_rate: float
) -> Charged:
    """Fees of a fund whose mean over cash, net or gross of them, and volatility are these annual decimals.

    Gains are of funded capital: the outcome is normal with the risk-free rate in its mean.
    """
    gross = excess_return
    if basis is FeeBasis.NET:
        taken = performance_fee_before(terms, risk_free_rate + excess_return, volatility, risk_free_rate)
        gross += terms.annual_management_fee + taken
    whole = risk_free_rate + gross
    return Charged(
        gross_excess=gross,
        fees=expected_fees(terms, whole, volatility, risk_free_rate),
        naive_performance=expected_fees(terms, whole, 0.0, risk_free_rate).performance,
    )


def performance_fee_before(
    terms: FeeTerms, net_return: float, volatility: float, risk_free_rate: float
) -> float:
    """The expected performance fee p after which this mean of the whole return is left, annual decimals.

    It solves p = k E[max(X + p, 0)], k the rate and X normal: the net return over the hurdle, with the
    volatility. The derivative of p - k E[max(X + p, 0)] is 1 - k P(X + p > 0) >= 1 - k > 0: what is left
    rises strictly with what was earned, and there is one solution. At p = 0 the difference is not above zero.
    As E[max(X + p, 0)] <= max(E[X], 0) + p + s / sqrt(2 pi), it is not below zero at
    k (max(E[X], 0) + s) / (1 - k).
    """

    def fee_at(fee: float, spread: float) -> float:
        before = net_return + terms.annual_management_fee + fee
        return expected_fees(terms, before, spread, risk_free_rate).performance

    rate = terms.performance_fee_rate
    most = (fee_at(0.0, 0.0) + rate * volatility) / (1.0 - rate)
    if most - fee_at(most, volatility) <= 0.0:
        return most  # the bound itself without volatility, but for rounding
    found = brentq(lambda fee: fee - fee_at(fee, volatility), 0.0, most, xtol=_TOLERANCE, maxiter=_MOST_STEPS)
    return float(found)


def report_fees(fund: ActiveFund, evidence: AlphaEvidence, risk_free_rate: float) -> FeeReport | None:
    """Fees over one year in which the fund earns on average what it did over cash.

    Volatility before fees is taken for that of the returns as they are. A performance fee for beta is what is
    charged beyond a fund that earns cash and alpha alone, and moves by its residual alone; it is below zero
    where beta lost. None where there is too little data for a verdict on the regression.
    """
    regression, performance = evidence.regression, evidence.performance
    if evidence.sleeve_class is None or regression is None or performance is None:
        return None
    terms, volatility = fund.fees, performance.annual_volatility
    charged = charge(terms, fund.fee_basis, performance.annual_excess_return, volatility, risk_free_rate)
    fee = charged.fees.total
    before, after = (fee, 0.0) if fund.fee_basis is FeeBasis.NET else (0.0, fee)
    gross_alpha = regression.annual_alpha + before
    explained = share_explained(regression)
    share = beta_share(explained)
    alone = math.sqrt(1.0 - explained) * volatility
    without_beta = expected_fees(terms, risk_free_rate + gross_alpha, alone, risk_free_rate)
    return FeeReport(
        annual_gross_alpha=gross_alpha,
        annual_management_fee=charged.fees.management,
        annual_performance_fee=charged.fees.performance,
        annual_naive_performance_fee=charged.naive_performance,
        annual_fee=fee,
        annual_net_alpha=regression.annual_alpha - after,
        annual_net_alpha_lower=regression.annual_alpha_lower - after,
        annual_net_alpha_upper=regression.annual_alpha_upper - after,
        beta_share=share,
        annual_fee_for_beta=share * charged.fees.management
        + charged.fees.performance
        - without_beta.performance,
        annual_active_fee=active_fee(fee, fund.annual_passive_fee, share),
    )


def share_explained(regression: FactorRegression) -> float:
    """Share of variance that benchmark and factors explain: adjusted R-squared, in [0, 1].

    One less it is residual over whole variance, both with their degrees of freedom.
    """
    if regression.annual_residual_volatility == 0.0:
        return 1.0
    return regression.verdict_r_squared


def beta_share(explained: float) -> float:
    """Share of a fund that its betas stand for: sqrt(R2) / (sqrt(R2) + sqrt(1 - R2)).

    A fund with weights w of its benchmark and 1 - w of an uncorrelated portfolio of the same volatility has
    R2 = w^2 / (w^2 + (1 - w)^2). Source: Miller (2007), Measuring the true cost of active management by
    mutual funds, Journal of Investment Management 5(1).
    """
    passive, active = math.sqrt(explained), math.sqrt(1.0 - explained)
    return passive / (passive + active)


def active_fee(fee: float, passive_fee: float, share: float) -> float | None:
    """What the active part costs: (fee - w passive fee) / (1 - w), w the share of beta; annual decimals.

    None where there is no active part. Source: Miller (2007), as above.
    """
    return (fee - share * passive_fee) / (1.0 - share) if share < 1.0 else None


def verdict_of(net_alpha: float, least: float | None) -> CaptureVerdict:
    """What an alpha after fees does, against the least one that adds value; annual decimals."""
    threshold = DEFAULT_LEAST_ANNUAL_NET_ALPHA if least is None else least
    if net_alpha <= 0.0:
        return CaptureVerdict.AMPLIFIES_NO_SKILL
    return CaptureVerdict.ADDS_VALUE if net_alpha > threshold else CaptureVerdict.BELOW_THRESHOLD

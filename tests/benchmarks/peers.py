"""Other libraries on the same question, each used as its manual shows, with the inputs handed over.

Every function returns a callable that builds the library's objects, solves and returns weights.
"""

from __future__ import annotations

from collections.abc import Callable

import clarabel
import cvxportfolio
import numpy as np
import pandas as pd
import riskfolio
from pypfopt import EfficientFrontier
from scipy import sparse
from skfolio.optimization import MeanRisk, ObjectiveFunction
from skfolio.prior import BasePrior, ReturnDistribution

from counterpoise.model import FloatArray
from tests.benchmarks.mean_variance import MeanVariance
from tests.reference.conic_rows import default_settings

Solve = Callable[[], FloatArray]


def clarabel_by_hand(question: MeanVariance, method: str) -> Solve:
    """Conic data built once; only the solve counts."""
    count = len(question.ids)
    p = sparse.csc_matrix(np.triu(question.aversion * question.covariance))
    eye = sparse.identity(count, format="csc")
    a = sparse.vstack([sparse.csc_matrix(np.ones((1, count))), eye, -eye], format="csc")
    b = np.concatenate([[1.0], np.full(count, question.cap), np.zeros(count)])
    settings = default_settings()
    settings.direct_solve_method = method

    def solve() -> FloatArray:
        cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(2 * count)]
        return np.asarray(clarabel.DefaultSolver(p, -question.mean, a, b, cones, settings).solve().x)

    return solve


def pyportfolioopt(question: MeanVariance) -> Solve:
    """PyPortfolioOpt's quadratic utility."""

    def solve() -> FloatArray:
        frontier = EfficientFrontier(question.mean, question.covariance, weight_bounds=(0.0, question.cap))
        return np.array(list(frontier.max_quadratic_utility(question.aversion).values()))

    return solve


class GivenPrior(BasePrior):
    """Means and covariance that are known, for skfolio."""

    def __init__(self, mean: FloatArray, covariance: FloatArray) -> None:
        self.mean = mean
        self.covariance = covariance

    def fit(self, X: FloatArray, y: FloatArray | None = None) -> GivenPrior:  # noqa: N803 - scikit-learn's name
        """Takes what was given."""
        del y
        self.return_distribution_ = ReturnDistribution(
            mu=self.mean, covariance=self.covariance, returns=np.asarray(X)
        )
        return self


def skfolio_mean_risk(question: MeanVariance) -> Solve:
    """skfolio's utility; its charge is the aversion times variance, without the half."""
    returns = np.random.default_rng(0).normal(0.0, 0.01, (10, len(question.ids)))

    def solve() -> FloatArray:
        model = MeanRisk(
            objective_function=ObjectiveFunction.MAXIMIZE_UTILITY,
            risk_aversion=question.aversion / 2,
            max_weights=question.cap,
            prior_estimator=GivenPrior(question.mean, question.covariance),
        )
        return np.asarray(model.fit(returns).weights_)

    return solve


def cvxportfolio_single_period(question: MeanVariance) -> Solve:
    """cvxportfolio's policy for one period, without market data of its own."""
    today = pd.Timestamp("2025-06-30", tz="UTC")
    mean = pd.Series(question.mean, question.ids)
    covariance = pd.DataFrame(question.covariance, question.ids, question.ids)
    holdings = pd.Series(0.0, [*question.ids, "cash"])
    holdings["cash"] = 1e6

    def solve() -> FloatArray:
        policy = cvxportfolio.SinglePeriodOptimization(
            cvxportfolio.ReturnsForecast(r_hat=mean)
            - 0.5 * question.aversion * cvxportfolio.FullCovariance(Sigma=covariance),
            [cvxportfolio.LongOnly(), cvxportfolio.NoCash(), cvxportfolio.MaxWeights(question.cap)],
            include_cash_return=False,
        )
        trades, _, _ = policy.execute(holdings, market_data=None, t=today)
        return np.asarray((trades + holdings)[:-1] / holdings.sum())

    return solve


def riskfolio_utility(question: MeanVariance) -> Solve:
    """Riskfolio-Lib's utility; its charge is the aversion times variance, without the half."""
    returns = pd.DataFrame(
        np.random.default_rng(0).normal(0.0, 0.01, (10, len(question.ids))), columns=list(question.ids)
    )
    mean = pd.DataFrame([question.mean], columns=list(question.ids))
    covariance = pd.DataFrame(question.covariance, list(question.ids), list(question.ids))

    def solve() -> FloatArray:
        portfolio = riskfolio.Portfolio(returns=returns, upperlng=question.cap)
        portfolio.mu = mean
        portfolio.cov = covariance
        weights = portfolio.optimization(
            model="Classic", rm="MV", obj="Utility", rf=0, l=question.aversion / 2
        )
        return np.asarray(weights["weights"])

    return solve


PEERS: dict[str, Callable[[MeanVariance], Solve]] = {
    "PyPortfolioOpt": pyportfolioopt,
    "skfolio": skfolio_mean_risk,
    "cvxportfolio": cvxportfolio_single_period,
    "Riskfolio-Lib": riskfolio_utility,
}

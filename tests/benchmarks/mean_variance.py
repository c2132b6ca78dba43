"""Long-only mean-variance with a weight cap: the question that every peer can be asked.

maximize mu'w - aversion/2 w'Sw  subject to  sum w = 1, 0 <= w <= cap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    Driver,
    ExpectedReturn,
    FloatArray,
    MarketModel,
    MaximizeUtility,
    Objective,
    RiskModel,
    SymmetricMatrix,
)
from tests.golden_problems import funded, problem_of

CAPS = {20: 0.15, 100: 0.05, 500: 0.02}
"""Cap by number of assets."""


@dataclass(frozen=True, kw_only=True)
class MeanVariance:
    """Means, covariance, cap, aversion; asset ids in order."""

    ids: tuple[str, ...]
    mean: FloatArray
    covariance: FloatArray
    cap: float
    aversion: float

    def value(self, weights: FloatArray) -> float:
        """The objective."""
        return float(self.mean @ weights - 0.5 * self.aversion * weights @ self.covariance @ weights)

    def problem(self, aversion: float) -> AllocationProblem:
        """The same question as a total portfolio: one fund and one driver per asset, no cash."""
        market = MarketModel(
            annual_risk_free_rate=0.0,
            drivers=tuple(
                Driver(driver_id=item, expected_return=ExpectedReturn(annual_excess=float(mean)))
                for item, mean in zip(self.ids, self.mean, strict=True)
            ),
            risk_model=RiskModel(annual_covariance=SymmetricMatrix.from_square(self.ids, self.covariance)),
        )
        return problem_of(
            "mean-variance",
            market,
            tuple(funded(f"fund-{item}", item, maximum=self.cap) for item in self.ids),
            (),
            objective=Objective(maximize_utility=MaximizeUtility(total_risk_aversion=aversion)),
        )


def mean_variance(assets: int, *, seed: int = 0) -> MeanVariance:
    """A covariance of ten common factors and own risk, dense; means in proportion to volatility."""
    generator = np.random.default_rng(seed)
    factors = generator.normal(0.0, 0.05, (assets, 10)) + np.concatenate([[0.12], np.zeros(9)])
    covariance = factors @ factors.T + np.diag(generator.uniform(0.05, 0.25, assets) ** 2)
    mean = 0.3 * np.sqrt(np.diag(covariance)) + generator.normal(0.0, 0.02, assets)
    return MeanVariance(
        ids=tuple(f"asset-{index:03d}" for index in range(assets)),
        mean=mean,
        covariance=covariance,
        cap=CAPS[assets],
        aversion=5.0,
    )

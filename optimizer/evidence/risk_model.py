"""The risk model of an allocation problem, out of estimates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import (
    FactorForm,
    FloatArray,
    RectangularMatrix,
    RegimeKind,
    RiskModel,
    RiskModelQuestion,
    StressedCorrelation,
    SymmetricMatrix,
    VolatilityCorrelation,
)
from optimizer.evidence.covariance import Covariance
from optimizer.evidence.regimes import Regime, driver_values
from optimizer.evidence.residuals import SharedResiduals


def build_risk_model(
    question: RiskModelQuestion,
    annual: Covariance,
    regimes: Sequence[Regime],
    residuals: SharedResiduals | None,
) -> RiskModel:
    """Volatilities and a correlation, or loadings on factors; with the stressed regime and shared residuals.

    `annual` has volatilities of a year.
    """
    ids = tuple(driver.driver_id for driver in question.drivers)
    stressed = _stressed(question, ids, regimes)
    shared = residuals.correlation if residuals is not None else None
    if annual.loadings is not None:
        return RiskModel(
            sleeve_residual_correlation=shared,
            stressed_correlation=stressed,
            factor_form=_factor_form(ids, annual.loadings, annual.volatilities),
        )
    return RiskModel(
        sleeve_residual_correlation=shared,
        stressed_correlation=stressed,
        volatility_correlation=VolatilityCorrelation(
            annual_volatilities=driver_values(ids, annual.volatilities),
            correlation=SymmetricMatrix.from_square(ids, annual.correlation),
        ),
    )


def _factor_form(ids: tuple[str, ...], loadings: FloatArray, volatilities: FloatArray) -> FactorForm:
    """Standardised loadings and what they leave, times annual volatilities."""
    specific = np.sqrt(np.clip(1.0 - (loadings**2).sum(axis=1), 0.0, None))
    return FactorForm(
        loadings=RectangularMatrix(
            row_ids=ids,
            column_ids=tuple(f"f{number}" for number in range(1, loadings.shape[1] + 1)),
            values=(volatilities[:, None] * loadings).ravel(),
        ),
        specific_volatilities=driver_values(ids, volatilities * specific),
    )


def _stressed(
    question: RiskModelQuestion, ids: tuple[str, ...], regimes: Sequence[Regime]
) -> StressedCorrelation | None:
    """The number that the question gives, or the correlation of stressed periods."""
    given = question.stress_regime
    if given is not None and given.uniform is not None:
        return StressedCorrelation(uniform=given.uniform)
    for regime in regimes:
        if regime.kind is RegimeKind.STRESSED:
            matrix = SymmetricMatrix.from_square(ids, regime.covariance.correlation)
            return StressedCorrelation(correlation=matrix)
    return None

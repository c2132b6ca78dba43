"""Charges for what is not known exactly: weighted standard errors of alpha and of premia."""

from __future__ import annotations

import numpy as np

from counterpoise.model import AlphaUncertainty, PremiumUncertainty
from optimizer.measures.book import Book
from optimizer.measures.residual_risk import residuals
from optimizer.measures.risk import Volatility


def alpha_error(book: Book, charge: AlphaUncertainty) -> Volatility:
    """Weight times |R^.5 e|, e the position times the alpha error of each sleeve, annual decimal."""
    lines, drivers = book.problem.portfolio.lines, len(book.premia)
    errors = np.array(
        [(line.alpha_sleeve.annual_alpha_error or 0.0) if line.alpha_sleeve else 0.0 for line in lines]
    )
    place = {line.line_id: index for index, line in enumerate(lines)}
    return Volatility(
        variable_count=book.variable_count,
        factor=np.zeros((drivers, 0)),
        loadings=book.loadings,
        residuals=residuals(charge.weight * errors, np.arange(len(lines)), charge.error_correlation, place),
        line_mask=np.ones(len(lines)),
        driver_mask=np.ones(drivers),
        reference=np.zeros(drivers),
    )


def premium_error(book: Book, charge: PremiumUncertainty) -> Volatility:
    """Weight times sqrt(sum (error_d x_d)^2) over exposures x of all lines, annual decimal."""
    drivers = len(book.premia)
    by_id = {item.driver_id: item.value for item in charge.annual_errors}
    errors = np.array([by_id.get(driver_id, 0.0) for driver_id in book.problem.market.driver_ids])
    return Volatility(
        variable_count=book.variable_count,
        factor=np.diag(charge.weight * errors),
        loadings=book.loadings,
        residuals=None,
        line_mask=np.ones(book.line_count),
        driver_mask=np.ones(drivers),
        reference=np.zeros(drivers),
    )

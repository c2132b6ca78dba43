"""What must hold inside the market model: references and the risk model."""

from __future__ import annotations

from counterpoise.model import MarketModel
from counterpoise.validate.matrices import check_correlation, check_covariance
from counterpoise.validate.names import Names
from counterpoise.validate.report import Report, usable


def check_market(market: MarketModel, names: Names, report: Report) -> None:
    """Risk model over the drivers, and groups of known drivers."""
    place = ("market", "risk_model")
    if usable(market.risk_model.volatility_correlation):
        form = market.risk_model.volatility_correlation
        check_correlation(form, names, (*place, "volatility_correlation"), report)
    if usable(market.risk_model.annual_covariance):
        matrix = market.risk_model.annual_covariance
        check_covariance(matrix, names, (*place, "annual_covariance"), report)
    for index, group in enumerate(market.driver_groups):
        names.drivers.check(group.driver_ids, ("market", "driver_groups", index, "driver_ids"), report)

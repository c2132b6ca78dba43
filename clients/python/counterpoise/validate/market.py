"""What must hold inside the market model: references, units and the risk model."""

from __future__ import annotations

from counterpoise.model import MarketModel
from counterpoise.validate.names import Names
from counterpoise.validate.report import Report
from counterpoise.validate.risk_model import check_risk_model
from counterpoise.validate.units import check_expected_return


def check_market(market: MarketModel, names: Names, report: Report) -> None:
    """Risk model over the drivers, their expected returns, and groups of known drivers."""
    for index, driver in enumerate(market.drivers):
        if driver.unit is not None or driver.expected_return.annual_basis_points is not None:
            check_expected_return(driver, ("market", "drivers", index), report)
    check_risk_model(market.risk_model, names, ("market", "risk_model"), report)
    for index, group in enumerate(market.driver_groups):
        names.drivers.check(group.driver_ids, ("market", "driver_groups", index, "driver_ids"), report)

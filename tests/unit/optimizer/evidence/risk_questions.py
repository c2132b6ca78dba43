"""Questions for risk models, built from arrays."""

import numpy as np

from counterpoise.model import (
    Driver,
    EstimateRiskModelRequest,
    ExpectedReturn,
    Frequency,
    ReturnBasis,
    ReturnHistory,
    RiskModelQuestion,
    SampleCovariance,
)
from optimizer.usecases.estimate_risk_model import estimate_risk_model
from tests.unit.optimizer.evidence.questions import column, period_ends

FORMS = ("sample", "exponential", "ledoit_wolf", "factor")


def ask_risk(drivers, sleeves=None, *, cash=None, dates=None, frequency=Frequency.MONTHLY, **terms):
    """A question on returns over cash, or on total returns where there is cash; the sample unless told."""
    if not terms.keys() & set(FORMS):
        terms["sample"] = SampleCovariance()
    basis = ReturnBasis.EXCESS if cash is None else ReturnBasis.TOTAL
    series = {**drivers, **(sleeves or {})}
    columns = [column(name, np.asarray(returns), basis) for name, returns in series.items()]
    if cash is not None:
        columns.append(column("cash", cash, ReturnBasis.TOTAL))
    return RiskModelQuestion(
        history=ReturnHistory(
            frequency=frequency,
            dates=dates or period_ends(len(columns[0].returns), frequency),
            columns=tuple(columns),
        ),
        annual_risk_free_rate=0.03,
        drivers=tuple(
            Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=0.03)) for name in drivers
        ),
        sleeve_ids=tuple(sleeves or {}),
        cash_id="" if cash is None else "cash",
        **terms,
    )


def named(returns, prefix="d"):
    """Columns of an array, shape (periods, columns), by id."""
    return {f"{prefix}{index}": values for index, values in enumerate(np.asarray(returns).T)}


def estimate(question):
    """What a whole call says."""
    return estimate_risk_model(EstimateRiskModelRequest(question=question))


def covariance(response):
    """Annual covariance of the drivers, in the order of the question."""
    return response.market.risk_model.covariance(response.market.driver_ids)


def correlation(response):
    """Their correlation."""
    square = covariance(response)
    volatilities = np.sqrt(square.diagonal())
    return square / np.outer(volatilities, volatilities)

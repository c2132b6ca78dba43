"""Problems small enough for closed forms: two drivers, sleeves, three funds, wishes."""

from dataclasses import replace

import numpy as np

from counterpoise.model import (
    Aggregation,
    AlphaBasis,
    AlphaSleeve,
    Driver,
    DriverValue,
    ExpectedAlpha,
    ExpectedReturn,
    FactorEvidence,
    Limit,
    LineKind,
    LineScope,
    PositionMeasure,
    SoftLimit,
)
from tests.golden_problems import funded, market, problem_of, tier

DRIVERS = (
    Driver(driver_id="one", expected_return=ExpectedReturn(annual_excess=0.04)),
    Driver(driver_id="two", expected_return=ExpectedReturn(annual_excess=0.04)),
)
MARKET = market(DRIVERS, np.array([0.2, 0.1]), np.eye(2))
SLEEVES = LineScope(kinds=(LineKind.ALPHA_SLEEVE,))


def sleeve(line_id, alpha, *, loading=0.0, residual=0.05, error=None, maximum=None):
    line = funded(line_id, "one", residual=residual, maximum=maximum)
    kind = AlphaSleeve(
        expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=alpha)),
        evidence=FactorEvidence(r_squared=0.1, observation_count=120),
        annual_alpha_error=error,
    )
    loadings = (DriverValue(driver_id="one", value=loading),) if loading else ()
    return replace(line, loadings=loadings, funded_beta=None, alpha_sleeve=kind)


def in_sleeves(total):
    measure = PositionMeasure(lines=SLEEVES, aggregation=Aggregation.SUM)
    return Limit(limit_id="sleeves", lower=total, upper=total, position=measure)


def soft(limit_id, line_id, lower, priority, weight=None):
    measure = PositionMeasure(lines=LineScope(line_ids=(line_id,)), aggregation=Aggregation.EACH)
    terms = SoftLimit(priority=priority, violation_weight=weight)
    return Limit(limit_id=limit_id, lower=lower, position=measure, soft=terms)


def three_funds(*limits):
    lines = (funded("one", "one"), funded("two", "two"), tier("cash", posts=False))
    return problem_of("soft", MARKET, lines, limits)

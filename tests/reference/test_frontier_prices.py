"""Shadow prices of a frontier beside the slopes of its certified objectives."""

import time
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.frames.frontier import frontier_frame
from counterpoise.model import (
    Aggregation,
    AllocateRequest,
    Driver,
    DriverScope,
    ExpectedReturn,
    ExposureMeasure,
    FactorNeutralityMeasure,
    Limit,
    LimitBoundParameter,
    LineScope,
    Side,
    SoftLimit,
    SolveParameters,
    SweepAxis,
    TraceFrontierResponse,
)
from optimizer.usecases.allocate import allocate
from optimizer.usecases.clock import Clock
from tests.golden_problems import funded, gross_limit, market, pension, problem_of, tier


def traced(problems, limit_id, values):
    """The frame of a sweep, each point answered here."""
    axis = SweepAxis(
        limit_bound=LimitBoundParameter(limit_id=limit_id, side=Side.UPPER), parameter_values=values
    )
    now = time.monotonic()
    clock = Clock(admitted=now, limit=now + 120.0, deadline=float("inf"))
    parameters = SolveParameters(maximum_relative_gap=1e-7)
    points = [
        TraceFrontierResponse(
            point_index=index,
            coordinates=(value,),
            allocation=allocate(AllocateRequest(problem=problem, parameters=parameters), clock).allocation,
        )
        for index, (value, problem) in enumerate(zip(values, problems, strict=True))
    ]
    return frontier_frame(points, (axis,))


def under_caps(caps, *, soft_cap=None):
    """Equity at 3 % and bonds at -1 % with a soft floor of 0.5, under caps on both."""
    drivers = (
        Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.03)),
        Driver(driver_id="bonds", expected_return=ExpectedReturn(annual_excess=-0.01)),
    )
    lines = (funded("A", "equity"), funded("B", "bonds"), tier("cash", posts=True))
    floor = Limit(
        limit_id="floor",
        lower=0.5,
        soft=None if soft_cap else SoftLimit(priority=1),
        exposure=ExposureMeasure(
            drivers=DriverScope(driver_ids=("bonds",)),
            aggregation=Aggregation.EACH,
            lines=LineScope(all_lines=True),
        ),
    )
    priced = market(drivers, np.array([0.15, 0.1]), np.eye(2))
    return [
        problem_of("capped", priced, lines, (floor, replace(gross_limit(cap), soft=soft_cap))) for cap in caps
    ]


def test_prices_are_slopes_where_soft_limits_are_met_with_room():
    caps = (0.4, 0.45, 0.5, 0.55, 0.6)
    frame = traced(under_caps(caps), "gross-cap", caps)
    # Up to 0.5 more room is filled with bonds, which the floor wants and which lose 1 %.
    np.testing.assert_allclose(np.diff(frame["objective"]) / 0.05, [-0.01, -0.01, 0.03, 0.03], atol=1e-4)
    assert list(frame["soft_limits_missed"]) == [1, 1, 0, 0, 0]
    np.testing.assert_allclose(
        frame["shadow_price[gross-cap.upper]"], [np.nan, np.nan, np.nan, 0.03, 0.03], rtol=1e-3
    )


def test_a_soft_cap_has_a_price_only_where_it_can_be_met():
    caps = (0.4, 0.5, 0.6, 0.7)
    frame = traced(under_caps(caps, soft_cap=SoftLimit(priority=1)), "gross-cap", caps)
    np.testing.assert_allclose(np.diff(frame["objective"]) / 0.1, [0.0, 0.03, 0.03], atol=1e-4)
    np.testing.assert_allclose(
        frame["shadow_price[gross-cap.upper]"], [np.nan, np.nan, 0.03, 0.03], rtol=1e-3
    )


def test_a_neutrality_limit_whose_lower_side_binds_has_the_price_of_its_slope():
    problem, values = pension(), (0.08, 0.1, 0.12)
    equity, bonds = problem.market.drivers
    losing = replace(bonds, expected_return=ExpectedReturn(annual_excess=-0.02))
    problems = [
        replace(
            problem,
            market=replace(problem.market, drivers=(equity, losing)),
            mandate=replace(
                problem.mandate,
                limits=(
                    Limit(
                        limit_id="neutral",
                        upper=value,
                        factor_neutrality=FactorNeutralityMeasure(
                            drivers=DriverScope(driver_ids=("bonds",)), lines=LineScope(all_lines=True)
                        ),
                    ),
                    *problem.mandate.limits[1:],
                ),
            ),
        )
        for value in values
    ]
    frame = traced(problems, "neutral", values)
    slope = (frame.loc[2, "objective"] - frame.loc[0, "objective"]) / 0.04
    assert slope == pytest.approx(0.0125, rel=1e-4)
    np.testing.assert_allclose(frame["shadow_price[neutral.upper]"], slope, rtol=1e-4)

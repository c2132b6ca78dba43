"""What is assumed to move together: the largest drivers with each other, sleeves beyond the drivers."""

from __future__ import annotations

import numpy as np

from counterpoise.model import Allocation, AllocationProblem
from counterpoise.wording.figures import DUST, fixed
from counterpoise.wording.names import Names

_NAMED = 7
_NO_VOLATILITY = 1e-8


def assumed(allocation: Allocation, problem: AllocationProblem, names: Names) -> tuple[str, ...]:
    """A sentence about drivers and one about sleeves, each where there are two of them."""
    return (*_of_drivers(allocation, problem, names), *_of_sleeves(allocation, problem))


def _of_drivers(allocation: Allocation, problem: AllocationProblem, names: Names) -> tuple[str, ...]:
    """Correlations of the driver whose exposure is most volatile with those that come after it."""
    driver_ids = problem.market.driver_ids
    covariance = problem.market.risk_model.covariance(driver_ids)
    volatility = np.sqrt(np.clip(covariance.diagonal(), 0.0, None))
    place = {driver_id: index for index, driver_id in enumerate(driver_ids)}
    alone = {
        place[item.driver_id]: abs(item.funded + item.overlay + item.alpha_look_through)
        * float(volatility[place[item.driver_id]])
        for item in allocation.exposures
        if item.driver_id in place
    }
    first, *others = sorted((one for one in alone if alone[one] >= DUST), key=lambda one: -alone[one]) or [0]
    if not others or volatility[first] < _NO_VOLATILITY:
        return ()
    told = [
        f"{names.driver(driver_ids[one])} "
        f"{fixed(float(covariance[first, one] / (volatility[first] * volatility[one])), 2)}"
        for one in others[:_NAMED]
    ]
    return (f"Assumed correlations of {names.driver(driver_ids[first])}: {', '.join(told)}.",)


def _of_sleeves(allocation: Allocation, problem: AllocationProblem) -> tuple[str, ...]:
    """How the sleeves are assumed to move together beyond the drivers."""
    held = {line.line_id for line in allocation.positions if abs(line.fraction) >= DUST}
    own = [
        line.line_id
        for line in problem.portfolio.lines
        if line.alpha_sleeve is not None and line.line_id in held and line.annual_residual_volatility > 0
    ]
    if len(own) < 2:
        return ()
    matrix = problem.market.risk_model.sleeve_residual_correlation
    named = [axis_id for axis_id in matrix.axis_ids if axis_id in own] if matrix is not None else []
    if matrix is None or len(named) < 2:
        return ("Beyond the drivers, the sleeves are assumed independent of each other.",)
    places = [matrix.axis_ids.index(axis_id) for axis_id in named]
    square = matrix.to_square()
    pairs = [square[one, other] for index, one in enumerate(places) for other in places[:index]]
    average, most = fixed(sum(pairs) / len(pairs), 2), fixed(max(pairs), 2)
    of_one_pair = f"{average} on average, {most} at most" if len(pairs) > 1 and average != most else most
    others = ", the others independent" if len(own) > len(named) else ""
    return (f"Beyond the drivers, {len(named)} sleeves are assumed correlated by {of_one_pair}{others}.",)

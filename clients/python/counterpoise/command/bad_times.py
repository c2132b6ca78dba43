"""Which correlation is assumed for bad times."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from counterpoise.model import Allocation, AllocationProblem, SymmetricMatrix, UniformStress
from counterpoise.wording.figures import fixed
from counterpoise.wording.names import Names

_NAMED = 5
_CHANGED = 0.005
"""What is 0.01 when rounded."""

Exposures = Mapping[str, float]
"""Exposure by driver, in the driver's own unit."""


def assumed_in_bad_times(problem: AllocationProblem, names: Names, exposures: Exposures) -> tuple[str, ...]:
    """A sentence on the stressed correlation; nothing where the risk model has none."""
    stressed = problem.market.risk_model.stressed_correlation
    if stressed is None:
        return ()
    if stressed.uniform is not None:
        return (_uniform(stressed.uniform, names),)
    if stressed.correlation is None:
        return ()
    return _stated(problem, stressed.correlation, names, exposures)


def exposures_of(allocation: Allocation) -> Exposures:
    """What the portfolio is exposed to."""
    return {
        item.driver_id: item.funded + item.overlay + item.alpha_look_through for item in allocation.exposures
    }


def reference_of(problem: AllocationProblem) -> Exposures:
    """What the reference portfolio is exposed to."""
    return {item.driver_id: item.value for item in problem.mandate.reference_exposures}


def _uniform(uniform: UniformStress, names: Names) -> str:
    growth = uniform.growth_driver_ids
    named = ", ".join(names.driver(name) for name in growth[:_NAMED])
    more = f" and {len(growth) - _NAMED} more" if len(growth) > _NAMED else ""
    with_growth = f" and with {named}{more}" if growth else ""
    return (
        "Bad times assume that whole returns of sleeves correlate by "
        f"{fixed(uniform.correlation, 2)} with each other{with_growth}; volatilities stay."
    )


def _stated(
    problem: AllocationProblem, matrix: SymmetricMatrix, names: Names, exposures: Exposures
) -> tuple[str, ...]:
    """Correlations of the driver whose exposure is most volatile that change most, with those of today."""
    ids = problem.market.driver_ids
    covariance = problem.market.risk_model.covariance(ids)
    volatility = np.sqrt(np.clip(covariance.diagonal(), 0.0, None))
    sizes = [abs(exposures.get(name, 0.0)) * float(volatility[place]) for place, name in enumerate(ids)]
    first = max(range(len(ids)), key=lambda place: sizes[place])
    square, axis = matrix.to_square(), {name: place for place, name in enumerate(matrix.axis_ids)}
    told = []
    for place, name in enumerate(ids):
        if place == first or not volatility[first] * volatility[place] or name not in axis:
            continue
        today = float(covariance[first, place] / (volatility[first] * volatility[place]))
        stressed = float(square[axis[ids[first]], axis[name]])
        if abs(stressed - today) >= _CHANGED:
            words = f"{names.driver(name)} {fixed(stressed, 2)} (now {fixed(today, 2)})"
            told.append((abs(stressed - today), words))
    told.sort(key=lambda item: -item[0])
    if not told:
        return ("Bad times assume other correlations of drivers; volatilities stay.",)
    named = ", ".join(words for _, words in told[:_NAMED])
    return (f"Bad times assume correlations of {names.driver(ids[first])}: {named}; volatilities stay.",)

"""What a sweep moves, and its values, in words."""

from __future__ import annotations

from counterpoise.model import AllocationProblem, LimitKey, Side, SweepAxis, Unit
from counterpoise.wording.figures import PER_BASIS_POINT
from counterpoise.wording.measures import unit_of_limit
from counterpoise.wording.names import Names


def swept(axis: SweepAxis, names: Names) -> str:
    """What an axis moves, by the names of the problem."""
    if axis.limit_bound is not None:
        side = "lower" if axis.limit_bound.side == Side.LOWER else "upper"
        return f"{side} bound of {names.limit(LimitKey(limit_id=axis.limit_bound.limit_id))}"
    if axis.reserve_rate is not None:
        return f"rate of {names.limit(LimitKey(limit_id=axis.reserve_rate.limit_id))}"
    return "risk aversion" if axis.risk_aversion is not None else "factor on every alpha"


def value_in_words(value: float, axis: SweepAxis, problem: AllocationProblem, names: Names) -> str:
    """A value with its unit, and with every digit that was asked for."""
    if axis.reserve_rate is not None:
        return f"{100.0 * value:.8g} %"
    if axis.limit_bound is None:
        return f"{value:.8g}"
    key = LimitKey(limit_id=axis.limit_bound.limit_id)
    limit = names.stated(key)
    unit = unit_of_limit(limit, problem) if limit is not None else Unit.RATIO
    if unit is Unit.NAV_FRACTION_PER_BASIS_POINT:
        return f"{1e4 * value:.8g} {PER_BASIS_POINT}"
    if unit is Unit.RATIO and not names.is_share(key):
        return f"{value:.8g}x"
    return f"{100.0 * value:.8g} %"

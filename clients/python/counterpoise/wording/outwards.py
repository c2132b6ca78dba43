"""Bounds rounded to their wider side: what is typed in from a page still allows what the page says."""

from __future__ import annotations

import math

from counterpoise.model import LimitKey, Side, Unit
from counterpoise.wording.names import Names

_DECIMALS = {Unit.RATIO: 3, Unit.NAV_FRACTION_PER_BASIS_POINT: 7}
_OF_PERCENT = 4
"""Decimals of numbers that are read in percent with two of them."""
_NOISE = 1e-6
"""Part of the last digit that is how a decimal is held as a float."""


def wider_bound(key: LimitKey, bound: float, side: Side, unit: Unit, names: Names) -> str:
    """A bound in words, an upper one rounded up, a lower one down."""
    return _rounded(key, bound, unit, names, up=side is Side.UPPER)


def larger_amount(key: LimitKey, amount: float, unit: Unit, names: Names) -> str:
    """How far a bound moves in words, rounded up."""
    return _rounded(key, amount, unit, names, up=True)


def _rounded(key: LimitKey, value: float, unit: Unit, names: Names, *, up: bool) -> str:
    decimals = _OF_PERCENT if names.is_share(key) else _DECIMALS.get(unit, _OF_PERCENT)
    digits = value * 10.0**decimals
    nearest = round(digits)
    if abs(digits - nearest) > _NOISE:
        nearest = math.ceil(digits) if up else math.floor(digits)
    return names.number(key, nearest / 10.0**decimals, unit)

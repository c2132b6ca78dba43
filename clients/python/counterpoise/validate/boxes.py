"""Bounds of one position: in order, and not above what amounts and redemptions leave."""

from __future__ import annotations

from counterpoise.model import AlphaSleeve, CreditLine, ErrorReason, Line, LineKind
from counterpoise.validate.names import kind_of
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import shown

_ROUNDING = 1e-12
_LARGEST_COMMITMENT = 100
"""Times NAV."""


def check_box(line: Line, place: Place, report: Report) -> None:
    """Bounds in order; only overlays go below zero."""
    minimum, maximum = line.minimum_fraction, line.maximum_fraction
    if usable(minimum) and minimum < 0 and _is_long_only(line):
        message = f"{shown(minimum)} is below zero, where only overlays can be; write 0 or more"
        report.add((*place, "minimum_fraction"), ErrorReason.NUMBER_OUT_OF_RANGE, message)
    if not usable(maximum):
        return
    if usable(minimum) and minimum > maximum:
        message = f"{shown(maximum)} is below minimum_fraction {shown(minimum)}; raise it or lower that"
        report.add((*place, "maximum_fraction"), ErrorReason.BOUNDS_CROSSED, message)
    elif minimum is None and maximum < 0 and _is_long_only(line):
        message = f"{shown(maximum)} is below the minimum, which is 0 where it is unset; write 0 or more"
        report.add((*place, "maximum_fraction"), ErrorReason.BOUNDS_CROSSED, message)


def _is_long_only(line: Line) -> bool:
    return kind_of(line) not in {None, LineKind.OVERLAY}


def check_commitment(line: Line, credit: CreditLine, nav: float, place: Place, report: Report) -> None:
    """What can be drawn is not below the least position, and not out of proportion."""
    committed = credit.committed_amount
    _check_most(line, committed, nav, place, report)
    if usable(committed) and usable(nav) and 0 < nav < committed / _LARGEST_COMMITMENT:
        message = f"{shown(committed)} is more than {_LARGEST_COMMITMENT} times NAV; write what can be drawn"
        report.add((*place, "credit_line", "committed_amount"), ErrorReason.NUMBER_OUT_OF_RANGE, message)


def check_capacity(line: Line, sleeve: AlphaSleeve, nav: float, place: Place, report: Report) -> None:
    """What the manager takes is not below the least position, nor below what cannot be redeemed."""
    _check_most(line, sleeve.capacity_amount, nav, place, report)
    if sleeve.redeemable_fraction is not None:
        _check_redemption(line, sleeve, nav, place, report)


def _check_redemption(line: Line, sleeve: AlphaSleeve, nav: float, place: Place, report: Report) -> None:
    """What stays invested fits below the bounds of the position."""
    current, redeemable, capacity = line.current_fraction, sleeve.redeemable_fraction, sleeve.capacity_amount
    if not (usable(current) and usable(redeemable)):
        return
    left, maximum, above = current - redeemable, line.maximum_fraction, ""
    if usable(maximum) and left > maximum + _ROUNDING:
        above = f"maximum_fraction {shown(maximum)}"
    elif usable(capacity) and usable(nav) and nav > 0 and (left - _ROUNDING) * nav > capacity:
        above = f"capacity_amount {shown(capacity)}"
    if above:
        message = (
            f"current_fraction {shown(current)} less {shown(redeemable)} stays invested, above {above}; "
            "raise that, or what can be redeemed"
        )
        report.add((*place, "alpha_sleeve", "redeemable_fraction"), ErrorReason.BOUNDS_CROSSED, message)


def _check_most(line: Line, most: float | None, nav: float, place: Place, report: Report) -> None:
    """The least position must not be above what an amount allows."""
    minimum = line.minimum_fraction
    if usable(minimum) and usable(most) and usable(nav) and minimum * nav > most * (1 + _ROUNDING):
        message = (
            f"{shown(minimum)} of NAV is {shown(minimum * nav)}, above the most of {shown(most)}; "
            "lower it or raise the amount"
        )
        report.add((*place, "minimum_fraction"), ErrorReason.BOUNDS_CROSSED, message)

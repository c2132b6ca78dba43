"""Single inputs in words: what each is, on which basis it is declared, its number and its step."""

from __future__ import annotations

from counterpoise.model import (
    AllocationProblem,
    InputSensitivity,
    LimitKey,
    Side,
    Unit,
)
from counterpoise.wording.figures import PER_BASIS_POINT, percent
from counterpoise.wording.names import Names

_SIDES = {Side.LOWER: "Lower bound", Side.UPPER: "Upper bound"}


def input_name(item: InputSensitivity, names: Names) -> str:
    """What an input is, by the names of the problem."""
    if item.premium is not None:
        return f"Return of {names.driver(item.premium.driver_id)}"
    if item.alpha is not None:
        return f"Alpha of {names.line(item.alpha.line_id)}"
    if item.margin_rate is not None:
        return f"Margin rate of {names.line(item.margin_rate.line_id)}"
    if item.bound is not None:
        side = _SIDES.get(item.bound.side, "Bound")
        return f"{side} of {names.limit(_key(item))}"
    return "an input newer than this client"


def basis(item: InputSensitivity, problem: AllocationProblem) -> str:
    """On which basis the problem declares a return or an alpha; empty for other inputs."""
    if item.premium is not None:
        found = {driver.driver_id: driver.expected_return for driver in problem.market.drivers}
        given = found.get(item.premium.driver_id)
        if given is None:
            return ""
        if given.annual_basis_points is not None:
            return "move"
        return "total" if given.annual_total is not None else "over cash"
    if item.alpha is None:
        return ""
    sleeve = next(
        (line.alpha_sleeve for line in problem.portfolio.lines if line.line_id == item.alpha.line_id), None
    )
    if sleeve is None:
        return ""
    alpha = sleeve.expected_alpha
    over = "over betas"
    if alpha.basis.annual_total is not None:
        over = "total"
    elif alpha.basis.annual_over_cash is not None:
        over = "over cash"
    return f"{over}, {'net' if alpha.net_of_fees is not None else 'gross'}"


def number(item: InputSensitivity, names: Names) -> str:
    """An input as it is; margin rates are shares of notional, read in percent."""
    if item.margin_rate is not None:
        return f"{percent(item.value)} %"
    return names.number(_key(item), item.value, item.unit)


def step(item: InputSensitivity, names: Names) -> str:
    """A step with all its digits: it may be smaller than what two decimals show."""
    in_percent = item.unit in (Unit.NAV_FRACTION, Unit.ANNUAL_RATE) or item.margin_rate is not None
    if in_percent or names.is_share(_key(item)):
        return f"{100.0 * item.step:.4g} %"
    if item.unit == Unit.NAV_FRACTION_PER_BASIS_POINT:
        return f"{1e4 * item.step:.4g} {PER_BASIS_POINT}"
    return f"{item.step:.4g}x"


def _key(item: InputSensitivity) -> LimitKey:
    return LimitKey(limit_id=item.bound.limit_id if item.bound is not None else None)

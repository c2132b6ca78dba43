"""What the structure is worth to the total fund after every cost, and what that rests on."""

from __future__ import annotations

from counterpoise.command.layout import Section
from counterpoise.model import Allocation, LineKind, ReturnReport
from counterpoise.wording.figures import DUST, WORTH_A_SENTENCE, Money, basis_points, percent
from counterpoise.wording.names import Names

_NOTHING = 1e-7
"""A thousandth of a basis point a year."""


def to_the_fund(allocation: Allocation, money: Money) -> Section | None:
    """Net return against the reference portfolio, as it is and with every alpha at zero."""
    report = allocation.expected_return
    if report is None:
        return None
    reference = report.annual_reference_return
    has_sleeves = _sleeves(allocation) >= WORTH_A_SENTENCE
    if reference is None and not has_sleeves:
        return None

    def cells(text: str, annual_return: float) -> tuple[str, ...]:
        if reference is None:
            return (text, percent(annual_return, 3), money.cell_of(annual_return))
        gain = annual_return - reference
        return (
            text,
            percent(annual_return, 3),
            basis_points(gain, signed=True),
            money.cell_of(gain, signed=True),
        )

    rows = [cells("This portfolio, after every cost", report.annual_net_return)]
    if has_sleeves:
        rows.append(cells("The same with every alpha at zero", report.annual_net_return_without_alpha))
    if reference is not None:
        rows.append(("The reference portfolio", percent(reference, 3), "", ""))
    columns = (
        "",
        "% a year",
        *(("bp more", f"{money.heading} more") if reference is not None else (money.heading,)),
    )
    return Section(
        title="Benefit to the total fund",
        columns=columns,
        rows=rows,
        footnotes=_break_even(allocation, report) if has_sleeves else (),
    )


def synthetic_costs(allocation: Allocation, names: Names, money: Money) -> Section | None:
    """What each overlay costs a year against the funded line that it replaces."""
    report = allocation.expected_return
    held = {position.line_id: position.fraction for position in allocation.positions}
    if report is None:
        return None
    costs = [
        cost
        for cost in report.synthetic_costs
        if abs(held.get(cost.line_id, 0.0)) >= DUST
        and (abs(cost.annual_synthetic_cost) >= _NOTHING or cost.annual_physical_cost is not None)
    ]
    if not costs:
        return None
    compares = any(cost.annual_physical_cost is not None for cost in costs)
    rows: list[tuple[str, ...]] = []
    extra_cost = 0.0
    for cost in costs:
        notional, physical = abs(held[cost.line_id]), cost.annual_physical_cost
        extra = cost.annual_synthetic_cost - (physical or 0.0)
        extra_cost += notional * extra
        row: tuple[str, ...] = (
            names.line(cost.line_id),
            percent(notional),
            basis_points(cost.annual_synthetic_cost),
        )
        if compares:
            row += (
                basis_points(physical) if physical is not None else "-",
                basis_points(extra, signed=True) if physical is not None else "-",
            )
        rows.append((*row, money.cell_of(notional * extra)))
    return Section(
        title="Synthetic against physical" if compares else "Cost of synthetic exposure",
        sentences=(
            "Financing, roll and the drag of margin, bp of notional a year"
            + (", against the fee of the fund that an overlay replaces." if compares else "."),
        ),
        columns=(
            "Overlay",
            "notional %",
            "synthetic",
            *(("physical", "difference") if compares else ()),
            f"{money.heading} a year",
        ),
        rows=rows,
        footnotes=_paid_by_alpha(allocation, report, extra_cost),
    )


def _break_even(allocation: Allocation, report: ReturnReport) -> tuple[str, ...]:
    """The alpha at which the portfolio earns what the reference portfolio earns."""
    reference, sleeves = report.annual_reference_return, _sleeves(allocation)
    if reference is None:
        return ()
    needed = (reference - report.annual_net_return_without_alpha) / sleeves
    counted = _alpha(report) / sleeves
    if needed <= 0:
        return (
            f"It works with alpha at zero: the sleeves, {percent(sleeves)} % of NAV, could lose "
            f"{percent(-needed)} % a year before it falls behind the reference portfolio.",
        )
    return (
        f"It does not work with alpha at zero. Break-even: the sleeves, {percent(sleeves)} % of NAV, must "
        f"add {percent(needed)} % a year to reach the reference portfolio; {percent(counted)} % is counted.",
    )


def _paid_by_alpha(allocation: Allocation, report: ReturnReport, cost: float) -> tuple[str, ...]:
    """What the sleeves must earn to pay for the exposure that makes room for them."""
    sleeves = _sleeves(allocation)
    overlays = sum(
        abs(position.fraction) for position in allocation.positions if position.kind == LineKind.OVERLAY
    )
    if min(sleeves, overlays) < WORTH_A_SENTENCE or cost <= 0:
        return ()
    dearer = f"The overlays cost {basis_points(cost)} bp of NAV a year more than funds would."
    if report.annual_reference_return is not None:
        return (dearer,)  # what the alpha must bring is told against the reference portfolio
    alpha = _alpha(report)
    return (
        f"{dearer} The sleeves, {percent(sleeves)} % of NAV, earn that back from "
        f"{percent(cost / sleeves)} % of alpha on; {percent(alpha / sleeves)} % is counted: "
        f"{basis_points(alpha - cost)} bp of NAV remain.",
    )


def _alpha(report: ReturnReport) -> float:
    """What alpha adds after the fees on it, annual decimal of NAV."""
    return report.annual_net_return - report.annual_net_return_without_alpha


def _sleeves(allocation: Allocation) -> float:
    """Capital and notional in sleeves, fraction of NAV."""
    return sum(item.fraction for item in allocation.positions if item.kind == LineKind.ALPHA_SLEEVE)

"""What synthetic exposure costs against the funds that it replaces."""

from __future__ import annotations

from counterpoise.command.alpha import alpha_after_fees, in_sleeves
from counterpoise.command.layout import Section
from counterpoise.model import Allocation, LineKind, ReturnReport
from counterpoise.wording.figures import DUST, WORTH_A_SENTENCE, Money, basis_points, percent
from counterpoise.wording.names import Names

_NOTHING = 1e-7
"""A thousandth of a basis point a year."""


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
    whole = compares and any(cost.annual_physical_cost is None for cost in costs)
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
            "Financing, roll and drag of margin, bp of notional a year"
            + (", against the fee of the replaced fund." if compares else "."),
        ),
        columns=(
            "Overlay",
            "notional %",
            "synthetic",
            *(("physical", "difference") if compares else ()),
            f"{money.heading} a year",
        ),
        rows=rows,
        footnotes=_paid_by_alpha(allocation, report, extra_cost, whole=whole),
    )


def _paid_by_alpha(
    allocation: Allocation, report: ReturnReport, cost: float, *, whole: bool
) -> tuple[str, ...]:
    """What the sleeves must earn to pay for the exposure that makes room for them."""
    sleeves = in_sleeves(allocation)
    overlays = sum(
        abs(position.fraction) for position in allocation.positions if position.kind == LineKind.OVERLAY
    )
    if min(sleeves, overlays) < WORTH_A_SENTENCE or cost <= 0:
        return ()
    counted = "; where none is named, all counts" if whole else ""
    dearer = f"The overlays cost {basis_points(cost)} bp of NAV a year more than funds would{counted}."
    if report.annual_reference_return is not None:
        return (dearer,)  # what the alpha must bring is told against the reference portfolio
    alpha = alpha_after_fees(allocation)
    return (
        f"{dearer} The sleeves, {percent(sleeves)} % of NAV, earn that back from "
        f"{percent(cost / sleeves)} % of alpha on; {percent(alpha / sleeves)} % is counted: "
        f"{basis_points(alpha - cost)} bp of NAV remain.",
    )

"""What the portfolio is expected to earn, term by term, and what synthetic exposure costs."""

from __future__ import annotations

from counterpoise.command.figures import DUST, WORTH_A_SENTENCE, Money, against, basis_points, percent
from counterpoise.command.layout import Section, largest
from counterpoise.command.words import RETURN_TERMS, Names, say
from counterpoise.model import Allocation, LineKind, ReturnReport, ReturnTermKind

_SHOWN_OF_A_KIND = 10
_NOTHING = 1e-7
"""A thousandth of a basis point of NAV: below it a term is left by rounding."""
_A_TENTH_OF_A_BASIS_POINT = 1e-5


def breakdown(allocation: Allocation, names: Names, money: Money) -> Section | None:
    """Expected net return by kind and line; the rows sum to the net."""
    report = allocation.expected_return
    if report is None:
        return None

    def cells(text: str, value: float, *, total: bool) -> tuple[str, ...]:
        line, kind = ("", basis_points(value)) if total else (basis_points(value), "")
        return (text, line, kind, money.cell_of(value))

    rows: list[tuple[str, ...]] = []
    for kind in dict.fromkeys(term.kind for term in report.terms):
        terms = [term for term in report.terms if term.kind == kind]
        if all(abs(term.annual_return) < _NOTHING for term in terms):
            continue
        rows.append(cells(say(kind, RETURN_TERMS), sum(term.annual_return for term in terms), total=True))
        by_line = [
            (term.annual_return, cells(f"  {names.line(term.line_id)}", term.annual_return, total=False))
            for term in terms
            if term.line_id and abs(term.annual_return) >= _NOTHING
        ]
        shown, hidden = largest(by_line, _SHOWN_OF_A_KIND)
        rows += shown
        rows += [(f"  and {hidden} smaller ones", "", "", "")] if hidden else []
    net = report.annual_net_return
    rows += [(), cells("Expected net return", net, total=True)]
    return Section(
        title="Expected return of a year",
        columns=("", "bp by line", "bp of NAV", money.heading),
        rows=rows,
        footnotes=_comparisons(report, money),
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
        footnotes=_break_even(allocation, report, extra_cost),
    )


def _comparisons(report: ReturnReport, money: Money) -> tuple[str, ...]:
    net, without = report.annual_net_return, report.annual_net_return_without_alpha
    reference = report.annual_reference_return
    notes = []
    if reference is not None:
        gain = net - reference
        same = abs(gain) < _A_TENTH_OF_A_BASIS_POINT
        more = "as much" if same else f"{against(gain, 'that')}, {money.words_of(gain)} a year"
        notes.append(f"The reference portfolio earns {percent(reference, 3)} %; this one earns {more}.")
    if any(term.kind == ReturnTermKind.ALPHA for term in report.terms):
        zero = f"With every alpha at zero the same positions earn {percent(without, 3)} %"
        than = f": {against(without - reference, 'the reference portfolio')}" if reference is not None else ""
        notes.append(f"{zero}{than}.")
    return tuple(notes)


def _break_even(allocation: Allocation, report: ReturnReport, cost: float) -> tuple[str, ...]:
    """What the sleeves must earn to pay for the exposure that makes room for them."""
    sleeves = sum(
        position.fraction for position in allocation.positions if position.kind == LineKind.ALPHA_SLEEVE
    )
    overlays = sum(
        abs(position.fraction) for position in allocation.positions if position.kind == LineKind.OVERLAY
    )
    alpha = sum(term.annual_return for term in report.terms if term.kind == ReturnTermKind.ALPHA)
    if min(sleeves, overlays) < WORTH_A_SENTENCE or cost <= 0:
        return ()
    return (
        f"The overlays cost {basis_points(cost)} bp of NAV more than funds would. The sleeves, "
        f"{percent(sleeves)} % of NAV, earn that back from {percent(cost / sleeves)} % of alpha on; "
        f"{percent(alpha / sleeves)} % is counted.",
        f"Alpha less that cost: {basis_points(alpha - cost)} bp of NAV.",
    )

"""From the reference portfolio to this one: what makes the expected return, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable

from counterpoise.command.layout import Section
from counterpoise.model import (
    Allocation,
    AllocationProblem,
    LineKind,
    ReturnReport,
    ReturnTerm,
    ReturnTermKind,
)
from counterpoise.wording.figures import WORTH_A_SENTENCE, Money, basis_points, percent
from counterpoise.wording.names import Names
from counterpoise.wording.words import RETURN_TERMS, say

_NOTHING = 1e-7
"""A thousandth of a basis point of NAV: below it a term is left by rounding."""
_SAID = 5e-6
"""What is 0.1 bp when rounded."""
_DRIVERS_NAMED = 6
_COSTS = {
    "Financing and rolling of overlays": (ReturnTermKind.FINANCING, ReturnTermKind.ROLL),
    "Spread on drawn credit": (ReturnTermKind.BORROWING,),
    "Reserve drag and margin credit": (ReturnTermKind.CASH_DRAG, ReturnTermKind.MARGIN_CREDIT),
    "Trading, a year's share": (ReturnTermKind.TRADING_COST,),
}


def to_the_fund(
    allocation: Allocation, problem: AllocationProblem, names: Names, money: Money
) -> Section | None:
    """The expected return, step by step from that of the reference portfolio where there is one.

    The steps sum to the benefit in basis points and in money.
    """
    report = allocation.expected_return
    if report is None:
        return None
    reference, net = report.annual_reference_return, report.annual_net_return
    held = in_sleeves(allocation) >= WORTH_A_SENTENCE

    def cells(text: str, value: float, *, signed: bool) -> tuple[str, ...]:
        return (text, basis_points(value, signed=signed), money.cell_of(value, signed=signed))

    def against(value: float) -> list[tuple[str, ...]]:
        if reference is None:
            return []
        return [cells("  against the reference portfolio", value - reference, signed=True)]

    rows = [cells("The reference portfolio", reference, signed=False)] if reference is not None else []
    rows += [cells(f"  {text}", value, signed=True) for text, value in _steps(allocation, report)]
    rows += [(), cells("This portfolio, after every cost", net, signed=False), *against(net)]
    if held:
        without = report.annual_net_return_without_alpha
        rows += [cells("The same with every alpha at zero", without, signed=False), *against(without)]
    return Section(
        title="Benefit to the total fund" if reference is not None else "Expected return of a year",
        columns=("A year", "bp of NAV", money.heading),
        rows=rows,
        footnotes=(
            *_premia_by_driver(allocation, problem, names),
            *(_of_alpha(allocation, report, money) if held else ()),
        ),
    )


def alpha_after_fees(allocation: Allocation) -> float:
    """What alpha brings after the fees of the sleeves, annual decimal of NAV."""
    report = allocation.expected_return
    sleeves = _sleeves(allocation)
    return _sum_of(
        term
        for term in (report.terms if report is not None else ())
        if term.kind == ReturnTermKind.ALPHA or (term.kind == ReturnTermKind.FEE and term.line_id in sleeves)
    )


def _steps(allocation: Allocation, report: ReturnReport) -> list[tuple[str, float]]:
    """Changes from the reference return, or from nothing, to the net return; what is nothing is left out."""
    terms, reference, sleeves = report.terms, report.annual_reference_return, _sleeves(allocation)

    def of(*kinds: ReturnTermKind) -> float:
        return _sum_of(term for term in terms if term.kind in kinds)

    cash, premia = of(ReturnTermKind.CASH), of(ReturnTermKind.PREMIUM)
    fees = [term for term in terms if term.kind == ReturnTermKind.FEE]
    newer = sorted({int(term.kind) for term in terms} - set(ReturnTermKind))
    first = (
        [("Premia of exposures beyond the reference's", cash + premia - reference)]
        if reference is not None
        else [("Cash on all capital", cash), ("Premia of the exposures", premia)]
    )
    steps = [
        ("Alpha of the sleeves, after their fees", alpha_after_fees(allocation)),
        ("Fees of funds", _sum_of(term for term in fees if term.line_id not in sleeves)),
        *[(text, of(*kinds)) for text, kinds in _COSTS.items()],
        *[
            (say(term.kind, RETURN_TERMS), term.annual_return)
            for kind in newer
            for term in terms
            if term.kind == kind
        ],
    ]
    return first + [(text, value) for text, value in steps if abs(value) >= _NOTHING]


def _premia_by_driver(allocation: Allocation, problem: AllocationProblem, names: Names) -> tuple[str, ...]:
    """Which exposures beyond the reference's bring the premia, largest first."""
    rate = problem.market.annual_risk_free_rate
    premia = {driver.driver_id: driver.expected_return.over_cash(rate) for driver in problem.market.drivers}
    changes = [
        (
            (item.funded + item.overlay + item.alpha_look_through - item.reference) * premia[item.driver_id],
            names.driver(item.driver_id),
        )
        for item in allocation.exposures
        if item.reference is not None and item.driver_id in premia
    ]
    told = sorted((item for item in changes if abs(item[0]) >= _SAID), key=lambda item: -abs(item[0]))
    if not told:
        return ()
    named = [f"{name} {basis_points(value, signed=True)}" for value, name in told[:_DRIVERS_NAMED]]
    rest = sum(value for value, _ in told[_DRIVERS_NAMED:])
    named += [f"others {basis_points(rest, signed=True)}"] if len(told) > _DRIVERS_NAMED else []
    return (f"Premia beyond the reference's, in bp: {', '.join(named)}.",)


def _of_alpha(allocation: Allocation, report: ReturnReport, money: Money) -> tuple[str, ...]:
    """Alpha after fees as a number, the alpha that breaks even, and the fees that are charged without any."""
    sleeves, alpha = in_sleeves(allocation), alpha_after_fees(allocation)
    counted = (
        f"Alpha after fees is {basis_points(alpha)} bp of NAV = {money.words_of(alpha)} a year: "
        f"{percent(alpha / sleeves)} % of what is in sleeves, {percent(sleeves)} % of NAV."
    )
    reference = report.annual_reference_return
    if reference is None:
        return (counted,)
    needed = (alpha - (report.annual_net_return - reference)) / sleeves
    break_even = (
        f"Break-even: the sleeves must add {percent(needed)} % a year after fees to reach the reference "
        "portfolio."
        if needed > 0
        else f"Break-even: the sleeves could lose {percent(-needed)} % a year after fees before the "
        "portfolio falls behind the reference portfolio."
    )
    works = report.annual_net_return_without_alpha >= reference
    charged = report.annual_net_return - alpha - report.annual_net_return_without_alpha
    fees = f", where managers still charge {basis_points(charged)} bp of NAV" if charged >= _SAID else ""
    without = f"It {'works' if works else 'does not work'} with alpha at zero{fees}."
    return (counted, f"{without} {break_even}")


def _sleeves(allocation: Allocation) -> set[str]:
    return {item.line_id for item in allocation.positions if item.kind == LineKind.ALPHA_SLEEVE}


def in_sleeves(allocation: Allocation) -> float:
    """Capital and notional in sleeves, fraction of NAV."""
    return sum(item.fraction for item in allocation.positions if item.kind == LineKind.ALPHA_SLEEVE)


def _sum_of(terms: Iterable[ReturnTerm]) -> float:
    return sum(term.annual_return for term in terms)

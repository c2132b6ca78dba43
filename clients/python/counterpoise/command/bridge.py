"""From the reference portfolio to this one: what makes the expected return, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable

from counterpoise.command.alpha import alpha_after_fees, in_sleeves, of_alpha, sleeves_of
from counterpoise.command.beta import Beta, beyond_the_reference
from counterpoise.command.layout import Section
from counterpoise.model import (
    Allocation,
    AllocationProblem,
    ReturnReport,
    ReturnTerm,
    ReturnTermKind,
)
from counterpoise.wording.figures import LEAST_SAID, WORTH_A_SENTENCE, Money, basis_points
from counterpoise.wording.names import Names
from counterpoise.wording.words import RETURN_TERMS, say

_NOTHING = 1e-7
"""A thousandth of a basis point of NAV: below it a term is left by rounding."""
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
    beta = beyond_the_reference(allocation, problem)
    held = in_sleeves(allocation) >= WORTH_A_SENTENCE

    def cells(text: str, value: float, *, signed: bool) -> tuple[str, ...]:
        return (text, basis_points(value, signed=signed), money.cell_of(value, signed=signed))

    def against(value: float) -> list[tuple[str, ...]]:
        if reference is None:
            return []
        return [cells("  against the reference portfolio", value - reference, signed=True)]

    rows = [cells("The reference portfolio", reference, signed=False)] if reference is not None else []
    rows += [cells(f"  {text}", value, signed=True) for text, value in _steps(allocation, report, beta)]
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
            *(of_alpha(allocation, report, beta, money) if held else ()),
        ),
    )


def _steps(allocation: Allocation, report: ReturnReport, beta: Beta | None) -> list[tuple[str, float]]:
    """Changes from the reference return, or from nothing, to the net return; what is nothing is left out."""
    terms, reference, sleeves = report.terms, report.annual_reference_return, sleeves_of(allocation)

    def of(*kinds: ReturnTermKind) -> float:
        return _sum_of(term for term in terms if term.kind in kinds)

    cash, premia = of(ReturnTermKind.CASH), of(ReturnTermKind.PREMIUM)
    fees = [term for term in terms if term.kind == ReturnTermKind.FEE]
    newer = sorted({int(term.kind) for term in terms} - set(ReturnTermKind))
    first = (
        _beyond_the_reference(cash + premia - reference, beta)
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


def _beyond_the_reference(premia: float, beta: Beta | None) -> list[tuple[str, float]]:
    """More or less of the reference portfolio, and exposures that are others than its own."""
    if beta is None:
        return [("Premia of exposures beyond the reference's", premia)]
    return [
        (f"{beta.more_or_less} beta than the reference ({beta.words})", beta.annual_return),
        ("Other exposures than the reference's", premia - beta.annual_return),
    ]


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
    told = sorted((item for item in changes if abs(item[0]) >= LEAST_SAID), key=lambda item: -abs(item[0]))
    if not told:
        return ()
    named = [f"{name} {basis_points(value, signed=True)}" for value, name in told[:_DRIVERS_NAMED]]
    rest = sum(value for value, _ in told[_DRIVERS_NAMED:])
    named += [f"others {basis_points(rest, signed=True)}"] if len(told) > _DRIVERS_NAMED else []
    return (f"Premia beyond the reference's, in bp: {', '.join(named)}.",)


def _sum_of(terms: Iterable[ReturnTerm]) -> float:
    return sum(term.annual_return for term in terms)

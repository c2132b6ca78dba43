"""A frontier as a table: what each value of the swept number leaves of the goal."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pandas as pd

from counterpoise.command.glossary import explained
from counterpoise.command.layout import Section
from counterpoise.command.running import ExitCode
from counterpoise.frames.frontier import REFUSED, axis_name, frontier_frame, price_name
from counterpoise.model import (
    AllocationProblem,
    MeetRiskBudget,
    SweepAxis,
    TerminationReason,
    TraceFrontierResponse,
)
from counterpoise.wording.figures import DUST, fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.prices import optimized
from counterpoise.wording.sweeps import swept, value_in_words

_OPTIMAL, _INFEASIBLE = "optimal", "infeasible"
_UNPROVEN = "not proven"
_SAID = {"optimal": "certified", "infeasible": _INFEASIBLE, REFUSED: REFUSED}
_REFUSALS_SHOWN = 3


def frontier_code(points: Sequence[TraceFrontierResponse]) -> ExitCode:
    """Infeasible where every point is: the end of a frontier is a finding, and no failure."""
    if any(point.allocation is None for point in points):
        return ExitCode.ERROR
    reasons = {point.allocation.termination.reason for point in points if point.allocation is not None}
    if reasons - {TerminationReason.OPTIMAL, TerminationReason.INFEASIBLE}:
        return ExitCode.NOT_CERTIFIED
    return ExitCode.INFEASIBLE if reasons == {TerminationReason.INFEASIBLE} else ExitCode.CERTIFIED


def frontier_page(
    points: Sequence[TraceFrontierResponse], axis: SweepAxis, problem: AllocationProblem
) -> list[Section | None]:
    """One row for each value, in the order in which they were asked for."""
    names, frame = Names(problem), frontier_frame(points, (axis,))
    portfolio = problem.portfolio
    price = price_name(axis_name(axis))
    priced = price in frame
    section = Section(
        title=f"Frontier: {swept(axis, names)}",
        sentences=(
            f"{portfolio.portfolio_id} under {problem.mandate.mandate_id}: {optimized(problem.objective)}, "
            f"at {len(frame)} value{'s' if len(frame) != 1 else ''}. Each is a certified answer of its own.",
        ),
        columns=(
            "Value",
            "",
            "objective",
            "net return",
            "leverage",
            "active risk",
            *(("shadow price",) if priced else ()),
        ),
        rows=[
            (
                value_in_words(row[axis_name(axis)], axis, problem, names),
                _SAID.get(row["termination"], _UNPROVEN),
                _objective(row["objective"], problem),
                _cell(row["net_return"], lambda number: f"{percent(number, 3)} %"),
                _cell(row["gross_leverage"], lambda number: f"{fixed(number, 3)}x"),
                _cell(row["active_risk"], lambda number: f"{percent(number)} %"),
                *((_cell(row[price], _price),) if priced else ()),
            )
            for _, row in frame.iterrows()
        ],
        left=(0, 1),
        whole=(0, 1),
        footnotes=(*_priced(priced=priced), *_without(frame), *_refused(points)),
    )
    return explained([section])


def _objective(value: float, problem: AllocationProblem) -> str:
    if isinstance(problem.objective.goal, MeetRiskBudget):
        return _cell(value, lambda number: f"{number:.4g}")
    return _cell(value, lambda number: f"{percent(number, 3)} %")


def _cell(value: float, words: Callable[[float], str]) -> str:
    return "" if math.isnan(value) else words(value)


def _price(number: float) -> str:
    """A bound that does not bind is worth nothing; engines leave dust."""
    return f"{number:.4g}" if number >= DUST else "0"


def _priced(*, priced: bool) -> tuple[str, ...]:
    if not priced:
        return ()
    return (
        "The shadow price is the objective's improvement per unit by which that bound is loosened; "
        "it holds for small moves.",
    )


def _without(frame: pd.DataFrame) -> tuple[str, ...]:
    """How many points have no answer to act on."""
    endings = list(frame["termination"])
    infeasible, refused = endings.count(_INFEASIBLE), endings.count(REFUSED)
    unproven = len(endings) - infeasible - refused - endings.count(_OPTIMAL)
    told = []
    if infeasible:
        told.append(
            f"{infeasible} of {len(endings)} points are proven infeasible; `counterpoise explain` says why a "
            "problem is."
        )
    if unproven:
        told.append(f"{unproven} of {len(endings)} points are not proven either way.")
    return tuple(told)


def _refused(points: Sequence[TraceFrontierResponse]) -> tuple[str, ...]:
    told = [
        f"Point {point.point_index} was refused: {_why(point)}"
        for point in sorted(points, key=lambda point: point.point_index)
        if point.allocation is None
    ]
    more = len(told) - _REFUSALS_SHOWN
    return (*told[:_REFUSALS_SHOWN], *((f"and {more} more.",) if more > 0 else ()))


def _why(point: TraceFrontierResponse) -> str:
    refusal = point.refusal
    if refusal is None:
        return "the answer does not say why."
    if refusal.violations:
        first = refusal.violations[0]
        return f"{first.field}: {first.message}"
    return refusal.message or refusal.reason.name.lower().replace("_", " ")

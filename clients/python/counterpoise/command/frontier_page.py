"""A frontier as a table: what each value of the swept number leaves of the goal."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pandas as pd

from counterpoise.command.frontier_notes import (
    INFEASIBLE,
    OPTIMAL,
    missed,
    prices_explained,
    refused,
    without,
)
from counterpoise.command.glossary import explained
from counterpoise.command.layout import Section
from counterpoise.command.running import ExitCode
from counterpoise.frames.frontier import MISSED, REFUSED, axis_name, frontier_frame, price_name
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

_UNPROVEN = "not proven"
_SAID = {OPTIMAL: "certified", INFEASIBLE: INFEASIBLE, REFUSED: REFUSED}


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
    priced, missing = price in frame, bool((frame[MISSED] > 0).any())
    section = Section(
        title=f"Frontier: {swept(axis, names)}",
        sentences=(
            f"{portfolio.portfolio_id} under {problem.mandate.mandate_id}: {optimized(problem.objective)}, "
            f"at {len(frame)} value{'s' if len(frame) != 1 else ''}.{_of_its_own(frame)}",
        ),
        columns=(
            "Value",
            "",
            "objective",
            "net return",
            "leverage",
            "active risk",
            *(("soft missed",) if missing else ()),
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
                *((_cell(row[MISSED], lambda number: f"{number:.0f}"),) if missing else ()),
                *((_cell(row[price], _price),) if priced else ()),
            )
            for _, row in frame.iterrows()
        ],
        left=(0, 1),
        whole=(0, 1),
        footnotes=(
            *prices_explained(frame, points, axis, problem),
            *missed(points, axis, problem, names),
            *without(frame),
            *refused(points, axis, problem, names),
        ),
    )
    return explained([section])


def _of_its_own(frame: pd.DataFrame) -> str:
    """What a certified row is, where there is one."""
    certified = frame["termination"] == OPTIMAL
    if certified.all():
        return " Each is a certified answer of its own."
    return " Each that is certified is an answer of its own." if certified.any() else ""


def _objective(value: float, problem: AllocationProblem) -> str:
    if isinstance(problem.objective.goal, MeetRiskBudget):
        return _cell(value, lambda number: f"{number:.4g}")
    return _cell(value, lambda number: f"{percent(number, 3)} %")


def _cell(value: float, words: Callable[[float], str]) -> str:
    return "" if math.isnan(value) else words(value)


def _price(number: float) -> str:
    """A bound that does not bind is worth nothing; engines leave dust."""
    return f"{number:.4g}" if number >= DUST else "0"

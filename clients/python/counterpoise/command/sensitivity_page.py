"""What an answer owes to single inputs: what a step of each is worth, and which positions it moves."""

from __future__ import annotations

from collections.abc import Iterator

from counterpoise.command.glossary import explained
from counterpoise.command.layout import Section
from counterpoise.command.sensitivity_words import basis, input_name, number, step
from counterpoise.model import (
    AllocationProblem,
    InputResponse,
    MeasureSensitivityResponse,
    MeetRiskBudget,
    Objective,
    TerminationReason,
)
from counterpoise.wording.figures import basis_points, percent
from counterpoise.wording.names import Names
from counterpoise.wording.prices import optimized
from counterpoise.wording.soft import misses_in_words

_MOVES_SHOWN = 3
_MISSES_SHOWN = 3
_ENDINGS = {TerminationReason.INFEASIBLE: "infeasible", TerminationReason.TIME_LIMIT: "no time"}


def sensitivity_page(
    response: MeasureSensitivityResponse, problem: AllocationProblem
) -> list[Section | None]:
    """The inputs that move a certified answer most, the most first."""
    names = Names(problem)
    provenance = response.allocation.provenance
    return explained(
        [
            _inputs(response, problem, names),
            _positions(response, names),
            Section(
                sentences=(f"Server {provenance.server_version}.", f"Problem {provenance.problem_sha256}")
            ),
        ]
    )


def _inputs(response: MeasureSensitivityResponse, problem: AllocationProblem, names: Names) -> Section:
    objective = problem.objective
    left_out = _left_out(response, names)
    if not response.inputs:
        return Section(title="Sensitivity", sentences=("No input moves this answer.", *left_out))
    unit = "" if isinstance(objective.goal, MeetRiskBudget) else ", bp"
    return Section(
        title="Sensitivity",
        sentences=(
            f"How much the objective, {optimized(objective)}, improves when one input moves one step and the "
            f"answer follows.{_of_their_own(response)}",
        ),
        columns=("Input", "Basis", "now", "step", f"step down{unit}", f"step up{unit}", "derivative"),
        rows=[
            (
                input_name(item, names),
                basis(item, problem),
                number(item, names),
                step(item, names),
                _gain(item.lower, objective),
                _gain(item.higher, objective),
                _derivative(item.objective_derivative),
            )
            for item in response.inputs
        ],
        left=(0, 1),
        footnotes=(*_notes(response, names), *left_out),
    )


def _of_their_own(response: MeasureSensitivityResponse) -> str:
    """What an end is, where there is one with an answer."""
    ends = [end for item in response.inputs for end in (item.lower, item.higher) if end is not None]
    if not any(end.reason == TerminationReason.OPTIMAL for end in ends):
        return ""
    return " Each end with a number is a certified answer of its own."


def _notes(response: MeasureSensitivityResponse, names: Names) -> Iterator[str]:
    inputs = response.inputs
    ends = [end for item in inputs for end in (item.lower, item.higher)]
    yield (
        "The derivative is the objective's improvement per unit by which the input rises; it holds for "
        "small moves."
    )
    if any(item.objective_derivative == 0.0 for item in inputs):
        yield "It is 0 for an input that begins to matter only within the step."
    if any(item.objective_derivative is None for item in inputs):
        yield "There is none where a move may change what soft limits miss; the ends hold."
    if any(end is None for end in ends):
        yield "-: one step that way is no valid input."
    if any(end is not None and end.reason == TerminationReason.TIME_LIMIT for end in ends):
        yield "no time: time ran out before that answer; ask for a longer time limit."
    yield from _missed(response, names)


def _missed(response: MeasureSensitivityResponse, names: Names) -> Iterator[str]:
    """By how much soft limits are missed at ends, against now."""
    told = [
        f"{input_name(item, names)}, step {word}: by {abs(end.soft_violation_change):.4g} "
        f"{'more' if end.soft_violation_change > 0.0 else 'less'}"
        for item in response.inputs
        for word, end in (("down", item.lower), ("up", item.higher))
        if end is not None and end.soft_violation_change
    ]
    if told:
        more = f"; and {len(told) - _MISSES_SHOWN} more" if len(told) > _MISSES_SHOWN else ""
        yield (
            "*: soft limits, which come before the objective, are missed by another amount there. "
            f"{'; '.join(told[:_MISSES_SHOWN])}{more}."
        )


def _left_out(response: MeasureSensitivityResponse, names: Names) -> tuple[str, ...]:
    misses = misses_in_words(response.allocation, names)
    if not misses:
        return ()
    return (
        f"Soft limits are missed: {misses}. Where the objective would gain by missing them more, margin "
        "rates and bounds are left out.",
    )


def _derivative(value: float | None) -> str:
    return "" if value is None else f"{value:+.4g}"


def _gain(response: InputResponse | None, objective: Objective) -> str:
    if response is None:
        return "-"
    if response.reason != TerminationReason.OPTIMAL:
        return _ENDINGS.get(response.reason, "not proven")
    mark = "*" if response.soft_violation_change else ""
    if isinstance(objective.goal, MeetRiskBudget):
        return f"{response.objective_change:+.3g}{mark}"
    return f"{basis_points(response.objective_change, 2, signed=True)}{mark}"


def _positions(response: MeasureSensitivityResponse, names: Names) -> Section | None:
    rows = []
    for item in response.inputs:
        for word, end in (("down", item.lower), ("up", item.higher)):
            if end is not None and end.position_changes:
                rows.append((input_name(item, names), word, _moves(end, names)))
    if not rows:
        return None
    return Section(
        title="Positions that move most",
        columns=("Input", "Step", "Change, % of NAV"),
        rows=rows,
        left=(0, 1, 2),
    )


def _moves(end: InputResponse, names: Names) -> str:
    told = [
        f"{names.line(item.line_id)} {percent(item.change, signed=True)}"
        for item in end.position_changes[:_MOVES_SHOWN]
    ]
    more = len(end.position_changes) - _MOVES_SHOWN
    return f"{', '.join(told)}{f' and {more} more' if more > 0 else ''}"

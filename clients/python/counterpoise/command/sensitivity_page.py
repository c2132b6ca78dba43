"""What an answer owes to single inputs: what a step of each is worth, and which positions it moves."""

from __future__ import annotations

from counterpoise.command.glossary import explained
from counterpoise.command.layout import Section
from counterpoise.model import (
    AllocationProblem,
    InputResponse,
    InputSensitivity,
    LimitKey,
    MeasureSensitivityResponse,
    MeetRiskBudget,
    Objective,
    Side,
    TerminationReason,
    Unit,
)
from counterpoise.wording.figures import PER_BASIS_POINT, basis_points, percent
from counterpoise.wording.names import Names
from counterpoise.wording.prices import optimized

_MOVES_SHOWN = 3
_ENDINGS = {TerminationReason.INFEASIBLE: "infeasible"}
_SIDES = {Side.LOWER: "Lower bound", Side.UPPER: "Upper bound"}


def sensitivity_page(
    response: MeasureSensitivityResponse, problem: AllocationProblem
) -> list[Section | None]:
    """The inputs that move a certified answer most, the most first."""
    names = Names(problem)
    provenance = response.allocation.provenance
    return explained(
        [
            _inputs(response, problem.objective, names),
            _positions(response, names),
            Section(
                sentences=(f"Server {provenance.server_version}.", f"Problem {provenance.problem_sha256}")
            ),
        ]
    )


def _inputs(response: MeasureSensitivityResponse, objective: Objective, names: Names) -> Section:
    if not response.inputs:
        return Section(title="Sensitivity", sentences=("No input moves this answer.",))
    unit = "" if isinstance(objective.goal, MeetRiskBudget) else ", bp"
    return Section(
        title="Sensitivity",
        sentences=(
            f"How much the objective, {optimized(objective)}, improves when one input moves one step and the "
            "answer follows. Each end is a certified answer of its own.",
        ),
        columns=("Input", "now", "step", f"step down{unit}", f"step up{unit}", "derivative"),
        rows=[
            (
                input_name(item, names),
                _number(item, item.value, names),
                _step(item, names),
                _gain(item.lower, objective),
                _gain(item.higher, objective),
                f"{item.objective_derivative:+.4g}",
            )
            for item in response.inputs
        ],
        footnotes=(
            "The derivative is the objective's improvement per unit by which the input rises; it holds for "
            "small moves.",
            *_left_out(response),
        ),
    )


def _left_out(response: MeasureSensitivityResponse) -> tuple[str, ...]:
    if all(item.lower is not None and item.higher is not None for item in response.inputs):
        return ()
    return ("-: one step that way is no valid input.",)


def input_name(item: InputSensitivity, names: Names) -> str:
    """What an input is, by the names of the problem."""
    if item.premium is not None:
        return f"Premium of {names.driver(item.premium.driver_id)}"
    if item.alpha is not None:
        return f"Alpha of {names.line(item.alpha.line_id)}"
    if item.margin_rate is not None:
        return f"Margin rate of {names.line(item.margin_rate.line_id)}"
    if item.bound is not None:
        side = _SIDES.get(item.bound.side, "Bound")
        return f"{side} of {names.limit(LimitKey(limit_id=item.bound.limit_id))}"
    return "an input newer than this client"


def _number(item: InputSensitivity, value: float, names: Names) -> str:
    return names.number(_key(item), value, item.unit)


def _step(item: InputSensitivity, names: Names) -> str:
    """A step with all its digits: it may be smaller than what two decimals show."""
    if item.unit in (Unit.NAV_FRACTION, Unit.ANNUAL_RATE) or names.is_share(_key(item)):
        return f"{100.0 * item.step:.4g} %"
    if item.unit == Unit.NAV_FRACTION_PER_BASIS_POINT:
        return f"{1e4 * item.step:.4g} {PER_BASIS_POINT}"
    return f"{item.step:.4g}x"


def _key(item: InputSensitivity) -> LimitKey:
    return LimitKey(limit_id=item.bound.limit_id if item.bound is not None else None)


def _gain(response: InputResponse | None, objective: Objective) -> str:
    if response is None:
        return "-"
    if response.reason != TerminationReason.OPTIMAL:
        return _ENDINGS.get(response.reason, "not proven")
    if isinstance(objective.goal, MeetRiskBudget):
        return f"{response.objective_change:+.3g}"
    return basis_points(response.objective_change, 2, signed=True)


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

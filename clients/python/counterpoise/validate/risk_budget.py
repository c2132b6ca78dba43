"""A risk budget: its lines can have their shares, and the shares are all there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from counterpoise.model import AllocationProblem, ErrorReason, Line, LineKind, LineValue, MeetRiskBudget
from counterpoise.validate.budget_covariance import check_rank
from counterpoise.validate.names import Names, kind_of
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import shown

_ROUNDING: Final = 1e-9
_PLACE: Final = ("objective", "meet_risk_budget", "shares")
_RISK: Final = ("line_id", "loadings", "annual_residual_volatility", "underlying_id")
"""What of a line its risk is read from."""


def check_risk_budget(
    problem: AllocationProblem, budget: MeetRiskBudget, names: Names, report: Report
) -> None:
    """Shares of lines that can be long, sum to one, and have a covariance of full rank."""
    ids = [share.line_id for share in budget.shares]
    if not ids:
        return
    known = names.lines.check(ids, _PLACE, report, "line_id")
    for index, name in enumerate(ids):
        line = names.lines.by_id.get(name)
        if line is not None and kind_of(line) is LineKind.CREDIT_LINE:
            known = False
            message = f"{shown(name)} is a credit line, which has no share of risk; leave it out"
            report.add((*_PLACE, index, "line_id"), ErrorReason.ID_UNKNOWN, message)
    _check_sum(budget.shares, report)
    budgeted = names.lines.by_id.keys() & set(ids)
    places: list[Place] = []
    for index, line in enumerate(problem.portfolio.lines):
        if line.line_id in budgeted:
            places.append(("portfolio", "lines", index))
            _check_room(line, places[-1], report)
    read = [(*place, part) for place in places for part in _RISK]
    if known and report.sound(("market",), ("portfolio", "loading_matrix"), *read):
        check_rank(problem, [names.lines.by_id[name] for name in ids], names, _PLACE, report)


def _check_sum(shares: Sequence[LineValue], report: Report) -> None:
    places = [(*_PLACE, index, "value") for index in range(len(shares))]
    if not report.sound(*places) or not all(usable(share.value) for share in shares):
        return
    total = sum(share.value for share in shares)
    if abs(total - 1) > _ROUNDING:
        message = f"the shares sum to {total:.12g}; write shares that sum to 1, such as each over their sum"
        report.add(_PLACE, ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _check_room(line: Line, place: Place, report: Report) -> None:
    """A line with a share of the budget is above zero, whatever else holds."""
    minimum, at = line.minimum_fraction, (*place, "minimum_fraction")
    if usable(minimum) and minimum < 0 and report.sound(at):
        message = (
            f"{shown(minimum)} is below zero, but the line has a share in objective.meet_risk_budget, "
            "whose lines are never short; write 0 or more"
        )
        report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)
    most = [("maximum_fraction", line.maximum_fraction)]
    if usable(line.alpha_sleeve):
        most.append(("alpha_sleeve.capacity_amount", line.alpha_sleeve.capacity_amount))
    for name, value in most:
        at = (*place, *name.split("."))
        if usable(value) and value <= 0 and report.sound(at):
            message = (
                f"{shown(value)} leaves no room, but the line has a share in objective.meet_risk_budget; "
                "write a number above 0, or leave the line out of the budget"
            )
            report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)

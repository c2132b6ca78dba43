"""What trades need: the positions they start from, and the years over which their cost is spread."""

from __future__ import annotations

from counterpoise.model import AllocationProblem, EntityRef, ErrorReason, Limit, Line
from counterpoise.validate.facts import Facts
from counterpoise.validate.names import Names
from counterpoise.validate.report import Report, usable
from counterpoise.validate.scopes import lines_in
from counterpoise.validate.text import is_id, listed, shown


def check_trading(problem: AllocationProblem, facts: list[Facts], names: Names, report: Report) -> None:
    """Current positions and the holding period, where something asks for them."""
    lines = problem.portfolio.lines
    limits = _turnover_limits(problem, facts, names)
    # Most problems trade free of cost and redeem freely: this must cost them little.
    asking = [
        index
        for index, line in enumerate(lines)
        if line.trading_cost is not None
        or (line.alpha_sleeve is not None and line.alpha_sleeve.redeemable_fraction is not None)
        or (limits and line.line_id in limits)
    ]
    for index in asking:
        if lines[index].current_fraction is None:
            _report_missing(index, lines[index], limits.get(lines[index].line_id), report)
    costly = [lines[index].line_id for index in asking if usable(lines[index].trading_cost)]
    if costly and problem.objective.holding_period_years is None:
        message = (
            f"required and unset: trading_cost of {listed(map(shown, costly))} is spread over it; "
            "write a number of years in [0.01, 100]"
        )
        at = ("objective", "holding_period_years")
        report.add(at, ErrorReason.FIELD_MISSING, message, subjects=names.lines.refs(costly[:10]))


def _turnover_limits(problem: AllocationProblem, facts: list[Facts], names: Names) -> dict[str, Limit]:
    """The first turnover limit on each line without a current position, by id of the line."""
    limits: dict[str, Limit] = {}
    waiting: set[str] | None = None
    for limit, fact in zip(problem.mandate.limits, facts, strict=True):
        if fact.trades and limit.turnover is not None:
            if waiting is None:
                by_id = names.lines.by_id.items()
                waiting = {name for name, line in by_id if line.current_fraction is None}
            here = waiting & lines_in(limit.turnover.lines, names)
            waiting -= here
            limits |= dict.fromkeys(here, limit)
    return limits


def _report_missing(index: int, line: Line, limit: Limit | None, report: Report) -> None:
    """Reports a line without a current position, if something that can be read asks for it."""
    needs = ["trading_cost"] if usable(line.trading_cost) else []
    if usable(line.alpha_sleeve) and usable(line.alpha_sleeve.redeemable_fraction):
        needs.append("alpha_sleeve.redeemable_fraction")
    subjects: tuple[EntityRef, ...] = ()
    if limit is not None:
        needs.append(f"turnover limit {shown(limit.limit_id)}")
        subjects = (EntityRef(limit_id=limit.limit_id),) if is_id(limit.limit_id) else ()
    if needs:
        message = (
            f"required and unset: trades are counted from it by {' and '.join(needs)}; "
            "write the position now as a fraction of NAV, 0 where there is none"
        )
        at = ("portfolio", "lines", index, "current_fraction")
        report.add(at, ErrorReason.CURRENT_POSITION_MISSING, message, subjects=subjects)

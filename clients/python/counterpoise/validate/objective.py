"""What must hold inside the objective, and of the sleeves and drivers that its charges need."""

from __future__ import annotations

from counterpoise.model import AllocationProblem, ErrorReason
from counterpoise.validate.names import Names
from counterpoise.validate.ranges import STANDARD_ERROR
from counterpoise.validate.report import Report, usable
from counterpoise.validate.risk_budget import check_risk_budget
from counterpoise.validate.risk_model import check_sleeve_correlation
from counterpoise.validate.units import check_decimals


def check_objective(problem: AllocationProblem, names: Names, report: Report) -> None:
    """Charges for uncertainty, and the risk budget."""
    objective = problem.objective
    if usable(objective.alpha_uncertainty):
        _check_alpha_errors(problem, report)
        matrix = objective.alpha_uncertainty.error_correlation
        if usable(matrix):
            at = ("objective", "alpha_uncertainty", "error_correlation")
            check_sleeve_correlation(matrix, names, at, report)
    if usable(objective.premium_uncertainty):
        errors, place = objective.premium_uncertainty.annual_errors, ("objective", "premium_uncertainty")
        at = (*place, "annual_errors")
        names.drivers.check([item.driver_id for item in errors], at, report, "driver_id")
        check_decimals(errors, STANDARD_ERROR, names, at, report)
    if usable(objective.meet_risk_budget):
        for name in ("alpha_uncertainty", "premium_uncertainty"):
            if usable(getattr(objective, name)):
                message = "meet_risk_budget charges for no uncertainty; leave it out, or choose another goal"
                report.add(("objective", name), ErrorReason.FIELDS_EXCLUSIVE, message)
        check_risk_budget(problem, objective.meet_risk_budget, names, report)


def _check_alpha_errors(problem: AllocationProblem, report: Report) -> None:
    """Every sleeve says how well its alpha is known."""
    for index, line in enumerate(problem.portfolio.lines):
        if usable(line.alpha_sleeve) and line.alpha_sleeve.annual_alpha_error is None:
            message = (
                "required and unset, because objective.alpha_uncertainty charges for it; "
                "write the standard error of the annual alpha, 0 where it is known exactly"
            )
            at = ("portfolio", "lines", index, "alpha_sleeve", "annual_alpha_error")
            report.add(at, ErrorReason.FIELD_MISSING, message)

"""What calls need that start from a given portfolio: those that measure it, and those that trade it."""

from __future__ import annotations

from counterpoise.model import (
    AllocateRequest,
    AllocationProblem,
    CreateRebalanceJobRequest,
    ErrorReason,
    ExplainInfeasibilityRequest,
    HistoryRequest,
    MeasureLiquidityRequest,
    MeasureSensitivityRequest,
    StressPortfolioRequest,
    TraceFrontierRequest,
    UpdateRebalanceJobRequest,
    ValidatePortfolioRequest,
)
from counterpoise.validate.explanations import check_weights
from counterpoise.validate.horizons import check_distinct
from counterpoise.validate.jobs import JobRequest, RebalanceRequest, check_balancing_cash
from counterpoise.validate.marks import MarksRequest
from counterpoise.validate.report import Report, usable
from counterpoise.validate.sweeps import check_sweep

PortfolioRequest = (
    AllocateRequest
    | ExplainInfeasibilityRequest
    | ValidatePortfolioRequest
    | StressPortfolioRequest
    | MeasureLiquidityRequest
    | MeasureSensitivityRequest
    | TraceFrontierRequest
)
"""Requests about a problem, which is their first field."""
Request = PortfolioRequest | HistoryRequest | RebalanceRequest | MarksRequest
ProblemRequest = PortfolioRequest | JobRequest
"""Requests that bring a problem."""
_STARTS = {
    StressPortfolioRequest: "the portfolio is measured at it",
    MeasureLiquidityRequest: "the portfolio is measured at it",
    CreateRebalanceJobRequest: "trades start from it",
    UpdateRebalanceJobRequest: "trades start from it",
}
"""What a request that needs every position needs it for."""


def check_measured(problem: AllocationProblem, kind: type[ProblemRequest], report: Report) -> None:
    """A position of every line, for a stress something that goes wrong, for trades cash that balances."""
    purpose = _STARTS.get(kind)
    if purpose is None:
        return
    for index, line in enumerate(problem.portfolio.lines):
        at = ("portfolio", "lines", index, "current_fraction")
        if usable(line) and line.current_fraction is None and report.sound(at):
            message = (
                f"required and unset: {purpose}; "
                "write the position now as a fraction of NAV, 0 where there is none"
            )
            report.add(at, ErrorReason.CURRENT_POSITION_MISSING, message)
    if kind is StressPortfolioRequest and usable(problem.scenarios) and not problem.scenarios:
        message = "empty, so there is nothing to stress the portfolio by; write at least one scenario"
        report.add(("scenarios",), ErrorReason.FIELD_MISSING, message)
    if kind in {CreateRebalanceJobRequest, UpdateRebalanceJobRequest}:
        check_balancing_cash(problem, report)


def check_request(request: PortfolioRequest, report: Report) -> None:
    """What fields of a request that are sound by themselves say of each other."""
    if isinstance(request, MeasureLiquidityRequest) and report.sound(("horizon_trading_days",)):
        check_distinct(request.horizon_trading_days, ("horizon_trading_days",), report)
    if isinstance(request, ExplainInfeasibilityRequest) and report.sound(("weights",)):
        check_weights(request, report)
    if isinstance(request, TraceFrontierRequest):
        check_sweep(request, report)

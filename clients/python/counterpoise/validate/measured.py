"""What calls need that measure a given portfolio instead of looking for one."""

from __future__ import annotations

from counterpoise.model import (
    AllocateRequest,
    AllocationProblem,
    ErrorReason,
    HistoryRequest,
    MeasureLiquidityRequest,
    StressPortfolioRequest,
    ValidatePortfolioRequest,
)
from counterpoise.validate.horizons import check_distinct
from counterpoise.validate.report import Report, usable

PortfolioRequest = (
    AllocateRequest | ValidatePortfolioRequest | StressPortfolioRequest | MeasureLiquidityRequest
)
"""Requests about a problem, which is their first field."""
Request = PortfolioRequest | HistoryRequest


def check_measured(problem: AllocationProblem, kind: type[PortfolioRequest], report: Report) -> None:
    """A position of every line, and for a stress something that goes wrong."""
    if kind not in {StressPortfolioRequest, MeasureLiquidityRequest}:
        return
    for index, line in enumerate(problem.portfolio.lines):
        at = ("portfolio", "lines", index, "current_fraction")
        if usable(line) and line.current_fraction is None and report.sound(at):
            message = (
                "required and unset: the portfolio is measured at it; "
                "write the position now as a fraction of NAV, 0 where there is none"
            )
            report.add(at, ErrorReason.CURRENT_POSITION_MISSING, message)
    if kind is StressPortfolioRequest and usable(problem.scenarios) and not problem.scenarios:
        message = "empty, so there is nothing to stress the portfolio by; write at least one scenario"
        report.add(("scenarios",), ErrorReason.FIELD_MISSING, message)


def check_request(request: PortfolioRequest, report: Report) -> None:
    """What fields of a request that are sound by themselves say of each other."""
    if isinstance(request, MeasureLiquidityRequest) and report.sound(("horizon_trading_days",)):
        check_distinct(request.horizon_trading_days, ("horizon_trading_days",), report)

"""Requests and responses of the calls."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.model.allocation import Allocation
from counterpoise.model.problem import AllocationProblem
from counterpoise.model.reports import Warning
from counterpoise.model.solve import SolveParameters
from counterpoise.model.violation import Violation


@dataclass(frozen=True, kw_only=True)
class AllocateRequest:
    """Request of Allocate."""

    problem: AllocationProblem
    parameters: SolveParameters | None = None
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Facts of one execution; never part of the answer."""

    queue_duration: datetime.timedelta | None = None
    solve_duration: datetime.timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class AllocateResponse:
    """Response of Allocate."""

    allocation: Allocation
    request_id: str = ""
    execution: Execution | None = None


@dataclass(frozen=True, kw_only=True)
class ValidatePortfolioRequest:
    """Request of ValidatePortfolio."""

    problem: AllocationProblem
    maximum_violation_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class ValidatePortfolioResponse:
    """Response of ValidatePortfolio."""

    violations: tuple[Violation, ...] = ()
    violation_count: int = 0
    warnings: tuple[Warning, ...] = ()
    problem_sha256: str = ""

"""Requests and responses of the calls that ask for many answers."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model.allocation import Allocation
from counterpoise.model.mandate import Mandate
from counterpoise.model.market import MarketModel
from counterpoise.model.objective import Objective
from counterpoise.model.portfolio import TotalPortfolio
from counterpoise.model.problem import AllocationProblem
from counterpoise.model.scenario import ReturnSample, Scenario
from counterpoise.model.solve import SolveParameters
from counterpoise.model.sweep import SweepAxis
from counterpoise.model.violation import ErrorReason, Violation


@dataclass(frozen=True, kw_only=True)
class CallRefusal:
    """Why one of many questions has no answer: what its own call would have ended with."""

    reason: ErrorReason
    message: str = ""
    violations: tuple[Violation, ...] = ()
    violation_count: int = 0
    error_id: str = ""


@dataclass(frozen=True, kw_only=True)
class TraceFrontierRequest:
    """Request of TraceFrontier: one or two axes, whose product are the points; `time_limit` is for each."""

    problem: AllocationProblem
    parameters: SolveParameters | None = None
    axes: tuple[SweepAxis, ...] = ()
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class TraceFrontierResponse:
    """One point of a frontier: an allocation, or why there is none."""

    point_index: int = 0
    coordinates: tuple[float, ...] = ()
    allocation: Allocation | None = None
    refusal: CallRefusal | None = None
    completed_count: int = 0
    total_count: int = 0


@dataclass(frozen=True, kw_only=True)
class BatchHeader:
    """Whole parts that items of a batch may leave out; parts are replaced, never merged."""

    market: MarketModel | None = None
    mandate: Mandate | None = None
    objective: Objective | None = None
    scenarios: tuple[Scenario, ...] = ()
    parameters: SolveParameters | None = None
    return_samples: tuple[ReturnSample, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BatchItem:
    """One problem of a batch; its answer carries its id."""

    request_id: str
    portfolio: TotalPortfolio
    market: MarketModel | None = None
    mandate: Mandate | None = None
    objective: Objective | None = None
    scenarios: tuple[Scenario, ...] = ()
    return_samples: tuple[ReturnSample, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AllocateBatchRequest:
    """A message of a batch: at most one header, which comes first, then items."""

    header: BatchHeader | None = None
    item: BatchItem | None = None


@dataclass(frozen=True, kw_only=True)
class AllocateBatchResponse:
    """One answer of a batch: an allocation, or why there is none; items are counted from 0."""

    request_id: str = ""
    item_index: int = 0
    allocation: Allocation | None = None
    refusal: CallRefusal | None = None

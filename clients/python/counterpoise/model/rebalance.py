"""What is kept of rebalancing: jobs, runs, proposals, kill switches."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from counterpoise.model.allocation import Allocation
from counterpoise.model.problem import AllocationProblem
from counterpoise.model.reports import (
    ExposureReport,
    LeverageFigure,
    LimitReport,
    PoolMargin,
    Position,
    ReserveReport,
    ReturnReport,
    RiskReport,
)
from counterpoise.model.schedule import Schedule
from counterpoise.model.solve import LimitKey
from counterpoise.model.stress import StressReport
from counterpoise.model.trades import TradePlan
from counterpoise.model.trigger import Trigger, TriggerStatus
from counterpoise.model.violation import ErrorReason

if TYPE_CHECKING:
    import pandas as pd


class RebalanceJobState(IntEnum):
    """States of a job."""

    ACTIVE = 1
    PAUSED = 2
    DELETED = 3


class OverlapPolicy(IntEnum):
    """What becomes of a slot while another run of the job waits or is under work."""

    SKIP = 1
    QUEUE_LATEST = 2
    CANCEL_RUNNING = 3


class RebalanceRunState(IntEnum):
    """States of a run; the last four are final."""

    PENDING = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4
    CANCELLED = 5
    SKIPPED = 6


class RebalanceRunOutcome(IntEnum):
    """What a run that succeeded came to."""

    PROPOSED = 1
    WITHIN_TOLERANCE = 2
    REFUSED = 3


class RunGuard(IntEnum):
    """What can stop a run."""

    MARKS_STALE = 1
    MARKS_MIXED = 2
    HOLDINGS_UNBALANCED = 3
    PROBLEM_INVALID = 4
    INFEASIBLE = 5
    NOT_CERTIFIED = 6
    ANSWER_UNSTABLE = 7
    TURNOVER = 8
    NOT_TRADABLE = 9
    HALTED = 10
    JOB_CHANGED = 11
    TRADES_OUTSTANDING = 12


class RebalanceProposalState(IntEnum):
    """States of a proposal; all but OPEN are final."""

    OPEN = 1
    APPROVED = 2
    REJECTED = 3
    EXPIRED = 4
    SUPERSEDED = 5


class ReleaseState(IntEnum):
    """What became of approved trades."""

    DRY_RUN = 1
    WAITING = 2
    RELEASED = 3
    WITHHELD = 4


@dataclass(frozen=True, kw_only=True)
class RebalanceJob:
    """A standing order to look at a portfolio. Deleting keeps it for audit."""

    name: str = ""
    display_name: str = ""
    problem: AllocationProblem
    run_policy: RunPolicy | None = None
    trade_policy: TradePolicy | None = None
    state: RebalanceJobState | None = None
    state_reason: str = ""
    revision: int = 0
    etag: str = ""
    author: str = ""
    create_time: datetime.datetime | None = None
    update_time: datetime.datetime | None = None
    schedule: Schedule | None = None
    next_slot_times: tuple[datetime.datetime, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    trigger_statuses: tuple[TriggerStatus, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunPolicy:
    """When a run is started or stopped, and what may leave."""

    proposal_lifetime: datetime.timedelta | None = None
    maximum_mark_age: datetime.timedelta | None = None
    release_approved: bool | None = None
    maximum_turnover_fraction: float | None = None
    maximum_answer_jump_fraction: float | None = None
    compliance_tolerance_fraction: float | None = None
    overlap_policy: OverlapPolicy | None = None
    catch_up_window: datetime.timedelta | None = None
    pause_failure_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class TradePolicy:
    """From weights to orders."""

    tolerance_fraction: float | None = None
    minimum_ticket_amount: float | None = None
    band_fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class RebalanceRun:
    """One look at a portfolio."""

    name: str = ""
    state: RebalanceRunState | None = None
    outcome: RebalanceRunOutcome | None = None
    initiator: str = ""
    job_revision: int = 0
    marks: str = ""
    allocation: Allocation | None = None
    refusals: tuple[RunRefusal, ...] = ()
    proposal: str = ""
    failure: RunFailure | None = None
    create_time: datetime.datetime | None = None
    start_time: datetime.datetime | None = None
    end_time: datetime.datetime | None = None
    slot_time: datetime.datetime | None = None
    trigger_id: str = ""


@dataclass(frozen=True, kw_only=True)
class RunRefusal:
    """What stopped a run."""

    guard: RunGuard | None = None
    message: str = ""
    limits: tuple[LimitKey, ...] = ()
    line_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunFailure:
    """Why the machinery failed."""

    reason: ErrorReason | None = None
    message: str = ""
    error_id: str = ""


@dataclass(frozen=True, kw_only=True)
class RebalanceProposal:
    """Trades that wait for a decision. Their content never changes; only the state does."""

    name: str = ""
    state: RebalanceProposalState | None = None
    run: str = ""
    plan: TradePlan | None = None
    content_sha256: str = ""
    barred_approvers: tuple[str, ...] = ()
    expire_time: datetime.datetime | None = None
    decision: Decision | None = None
    superseding_proposal: str = ""
    create_time: datetime.datetime | None = None
    before: PortfolioMeasures | None = None
    after: PortfolioMeasures | None = None
    release: Release | None = None

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no frames.
        def trades_frame(self) -> pd.DataFrame:
            """Trades indexed by line id: what changes, why, and what is worth it."""

        def steps_frame(self) -> pd.DataFrame:
            """Parts of trades by step and line, in the order in which they are done."""

        def rolls_frame(self) -> pd.DataFrame:
            """Rolls that are due, indexed by line id."""

        def before_after_frame(self) -> pd.DataFrame:
            """Both sides of every number, by part and name; columns unit, before, after, change."""


@dataclass(frozen=True, kw_only=True)
class PortfolioMeasures:
    """A portfolio measured, without prices of limits."""

    positions: tuple[Position, ...] = ()
    exposures: tuple[ExposureReport, ...] = ()
    expected_return: ReturnReport | None = None
    leverage_figures: tuple[LeverageFigure, ...] = ()
    pool_margins: tuple[PoolMargin, ...] = ()
    reserve: ReserveReport | None = None
    risk: RiskReport | None = None
    limits: tuple[LimitReport, ...] = ()
    stresses: tuple[StressReport, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What somebody decided."""

    principal: str = ""
    decide_time: datetime.datetime | None = None
    comment: str = ""
    content_sha256: str = ""
    authenticated: bool = False


@dataclass(frozen=True, kw_only=True)
class Release:
    """What became of approved trades."""

    state: ReleaseState | None = None
    change_time: datetime.datetime | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class KillSwitch:
    """A switch that stops runs, approvals and releases while it is engaged."""

    scope: str = ""
    principal: str = ""
    comment: str = ""
    engage_time: datetime.datetime | None = None

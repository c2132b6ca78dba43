"""How to solve, how it ended, and the proof."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model.common import Side

DEFAULT_RELATIVE_GAP = 1e-5
"""Relative gap that a certificate must reach where the caller names none."""


class SolveMode(IntEnum):
    """What may differ between two answers to the same question; every answer is certified."""

    REPEATABLE = 1
    FAST = 2


class AllocationView(IntEnum):
    """How much of an answer to send."""

    BASIC = 1
    FULL = 2


class TerminationReason(IntEnum):
    """How a solve ended; only OPTIMAL carries positions."""

    OPTIMAL = 1
    INFEASIBLE = 2
    UNDETERMINED = 3
    TIME_LIMIT = 4


class AttemptVerdict(IntEnum):
    """What the certifier said of one attempt."""

    CERTIFIED = 1
    NOT_FEASIBLE = 2
    GAP_TOO_WIDE = 3
    RAY_NOT_VALID = 4
    NO_CLAIM = 5


class StructuralRule(IntEnum):
    """Rules that nobody needs to state."""

    CAPITAL_BUDGET = 1
    LINE_BOX = 2
    SLEEVE_CAPACITY = 3
    COLLATERAL_COVER = 4
    COLLATERAL_SUPPLY = 5
    COLLATERAL_SHARE = 6
    CREDIT_COMMITMENT = 7
    DEFAULT_LEVERAGE_CAP = 8
    SLEEVE_REDEMPTION = 9
    STRESSED_NAV = 10


@dataclass(frozen=True, kw_only=True)
class SolveParameters:
    """How to solve; never part of the problem's identity."""

    time_limit: datetime.timedelta | None = None
    maximum_relative_gap: float | None = None
    view: AllocationView | None = None
    mode: SolveMode | None = None


@dataclass(frozen=True, kw_only=True)
class SolveAttempt:
    """One rung of the ladder: one engine with one scaling, and the certifier's verdict."""

    engine: str = ""
    engine_status: str = ""
    verdict: AttemptVerdict
    worst_hard_violation: float | None = None
    relative_gap: float | None = None


@dataclass(frozen=True, kw_only=True)
class Termination:
    """Why the answer is what it is."""

    reason: TerminationReason
    detail: str = ""
    attempts: tuple[SolveAttempt, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LimitKey:
    """A constraint that a report or a proof speaks of; exactly one of the first two is set."""

    limit_id: str | None = None
    structural_rule: StructuralRule | None = None
    line_id: str = ""
    driver_id: str = ""
    margin_pool_id: str = ""
    counterparty_id: str = ""
    scenario_id: str = ""
    horizon_trading_days: int | None = None

    def __str__(self) -> str:
        """Readable form: origin and members, as in `keep-beta[us_equity]`."""
        origin = self.limit_id
        if origin is None:
            origin = self.structural_rule.name.lower() if self.structural_rule is not None else ""
        named = (self.line_id, self.driver_id, self.margin_pool_id, self.counterparty_id, self.scenario_id)
        members = [part for part in named if part]
        if self.horizon_trading_days is not None:
            members.append("same day" if self.horizon_trading_days == 0 else f"{self.horizon_trading_days}d")
        return f"{origin}[{', '.join(members)}]" if members else origin


@dataclass(frozen=True, kw_only=True)
class SoftStageProof:
    """One priority of soft limits: its weighted violation, and the least that is possible."""

    priority: int = 0
    violation: float = 0.0
    violation_bound: float = 0.0
    held_at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class OptimalityProof:
    """Weak duality over the finite box of positions; one stage for every soft priority before it."""

    objective: float = 0.0
    objective_bound: float = 0.0
    relative_gap: float = 0.0
    gap_scale: float = 0.0
    worst_hard_violation: float = 0.0
    worst_limit: LimitKey | None = None
    soft_stages: tuple[SoftStageProof, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProofWeight:
    """One bound of an infeasibility proof."""

    key: LimitKey
    side: Side
    weight: float = 0.0
    components: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProofPiece:
    """What several bounds of a proof share: margin of a pool, or netting in commitment leverage."""

    margin_pool_id: str = ""
    scenario_id: str = ""
    horizon_trading_days: int = 0
    components: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InfeasibilityProof:
    """Weights, summing to one, under which the named bounds contradict each other."""

    weights: tuple[ProofWeight, ...] = ()
    contradiction: float = 0.0
    error_bound: float = 0.0
    pieces: tuple[ProofPiece, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Proof of the termination reason; exactly one field is set."""

    optimality: OptimalityProof | None = None
    infeasibility: InfeasibilityProof | None = None

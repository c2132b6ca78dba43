"""Why there is no allocation, and the least that would allow one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model.common import Side, Unit
from counterpoise.model.solve import LimitKey, StructuralRule


class InfeasibilityVerdict(IntEnum):
    """Whether there is an allocation at all."""

    FEASIBLE = 1
    INFEASIBLE = 2
    UNDETERMINED = 3


@dataclass(frozen=True, kw_only=True)
class FixedLimit:
    """Bounds that must not move."""


@dataclass(frozen=True, kw_only=True)
class RelaxationWeight:
    """How dear it is to relax one limit, or the boxes of lines or the default cap on leverage.

    One of `limit_id` and `structural_rule`, one of `weight` (of one unit of the bound) and `fixed`.
    """

    limit_id: str | None = None
    structural_rule: StructuralRule | None = None
    weight: float | None = None
    fixed: FixedLimit | None = None


@dataclass(frozen=True, kw_only=True)
class ConflictMember:
    """One bound of a conflict, as it is asked for."""

    key: LimitKey
    side: Side
    bound: float = 0.0
    unit: Unit


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """One bound to move: how far, and where it is then; of the member that needs the most."""

    key: LimitKey
    side: Side
    amount: float = 0.0
    relaxed_bound: float = 0.0
    unit: Unit

"""What an answer owes to single inputs."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model.common import Side, Unit
from counterpoise.model.solve import TerminationReason


@dataclass(frozen=True, kw_only=True)
class PremiumInput:
    """Expected return of a driver."""

    driver_id: str


@dataclass(frozen=True, kw_only=True)
class AlphaInput:
    """Expected alpha of a sleeve."""

    line_id: str


@dataclass(frozen=True, kw_only=True)
class MarginRateInput:
    """Initial margin rate of an overlay or unfunded sleeve."""

    line_id: str


@dataclass(frozen=True, kw_only=True)
class BoundInput:
    """A bound of a limit of the mandate."""

    limit_id: str
    side: Side


@dataclass(frozen=True, kw_only=True)
class PositionChange:
    """Change of one position, fraction of NAV."""

    line_id: str
    change: float = 0.0


@dataclass(frozen=True, kw_only=True)
class InputResponse:
    """The answer at another value of an input; only OPTIMAL carries changes.

    `soft_violation_change` is how much more soft limits are missed there, weighted, over all priorities.
    """

    value: float = 0.0
    reason: TerminationReason
    objective_change: float = 0.0
    position_changes: tuple[PositionChange, ...] = ()
    soft_violation_change: float = 0.0


@dataclass(frozen=True, kw_only=True)
class InputSensitivity:
    """One input, exactly one of the four, and what the answer does when it moves.

    `objective_derivative` is the improvement of the objective per unit that the input rises; None where
    no one number is, since soft limits are missed, or may be, within a step. `lower` and `higher` are None
    where one step that way is no valid input.
    """

    premium: PremiumInput | None = None
    alpha: AlphaInput | None = None
    margin_rate: MarginRateInput | None = None
    bound: BoundInput | None = None
    value: float = 0.0
    unit: Unit
    objective_derivative: float | None = None
    step: float = 0.0
    lower: InputResponse | None = None
    higher: InputResponse | None = None

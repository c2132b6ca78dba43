"""What makes a job run besides its clock."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model.mandate import LeverageDefinition

DEFAULT_COOL_DOWN = datetime.timedelta(days=1)
"""Least time from one firing to the next, unless a trigger says so."""
DRIFT_REARM, LEVERAGE_REARM, COVERAGE_REARM, ACTIVE_RISK_REARM = 0.9, 0.99, 1.05, 0.95
"""Where a trigger is armed again unless it says so, as a part of its threshold."""


class TriggerState(IntEnum):
    """States of a trigger."""

    ARMED = 1
    FIRED = 2


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Watches one figure of the portfolio as the latest marks have it."""

    trigger_id: str
    cool_down: datetime.timedelta | None = None
    drift: DriftTrigger | None = None
    leverage: LeverageTrigger | None = None
    coverage: CoverageTrigger | None = None
    active_risk: ActiveRiskTrigger | None = None
    stale_marks: StaleMarksTrigger | None = None


@dataclass(frozen=True, kw_only=True)
class DriftTrigger:
    """Fires when a line has moved too far from where the last run left it, NAV fractions."""

    maximum_fraction: float
    rearm_fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class LeverageTrigger:
    """Fires when leverage in the base state is too high."""

    definition: LeverageDefinition
    maximum_ratio: float
    rearm_ratio: float | None = None


@dataclass(frozen=True, kw_only=True)
class CoverageTrigger:
    """Fires when money falls short of the need."""

    minimum_ratio: float
    rearm_ratio: float | None = None


@dataclass(frozen=True, kw_only=True)
class ActiveRiskTrigger:
    """Fires when active volatility in the normal regime is too high, annual decimals."""

    maximum_annual_volatility: float
    rearm_annual_volatility: float | None = None


@dataclass(frozen=True, kw_only=True)
class StaleMarksTrigger:
    """Fires when the latest marks are too old; starts no run."""

    maximum_age: datetime.timedelta


@dataclass(frozen=True, kw_only=True)
class TriggerStatus:
    """Where a trigger stands."""

    trigger_id: str = ""
    state: TriggerState | None = None
    value: float | None = None
    judge_time: datetime.datetime | None = None
    fire_time: datetime.datetime | None = None
    run: str = ""

"""Triggers in words: what fires them, what arms them again, and where they stand."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from counterpoise.model import (
    ACTIVE_RISK_REARM,
    COVERAGE_REARM,
    DEFAULT_COOL_DOWN,
    DRIFT_REARM,
    LEVERAGE_REARM,
    Trigger,
    TriggerState,
    TriggerStatus,
)
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.resources import span
from counterpoise.wording.words import LEVERAGE_DEFINITIONS

TRIGGER_STATES = {
    TriggerState.ARMED: "armed",
    TriggerState.FIRED: "fired",
}

_MOST_TOLD = 100.0


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What a trigger looks at: when it fires, when it is armed again, and its figure in words."""

    fires: str
    rearms: str
    in_words: Callable[[float], str]


def watched_by(trigger: Trigger) -> Watched:
    """What a trigger looks at, in words."""
    if trigger.drift is not None:
        most = trigger.drift.maximum_fraction
        rearm = _given(trigger.drift.rearm_fraction, DRIFT_REARM * most)
        return _at_most("a line is more than {} of NAV from where the last run left it", most, rearm, _share)
    if trigger.leverage is not None:
        definition = LEVERAGE_DEFINITIONS.get(trigger.leverage.definition)
        name = (
            definition[0].lower() if definition is not None else f"newer kind {trigger.leverage.definition}"
        )
        most = trigger.leverage.maximum_ratio
        rearm = _given(trigger.leverage.rearm_ratio, LEVERAGE_REARM * most)
        return _at_most(f"leverage ({name}) is above {{}}", most, rearm, _multiple)
    if trigger.coverage is not None:
        least = trigger.coverage.minimum_ratio
        rearm = _given(trigger.coverage.rearm_ratio, COVERAGE_REARM * least)
        return Watched(
            fires=f"least coverage, money over need, is below {_multiple(least)}",
            rearms=f"at {_multiple(rearm)} or more",
            in_words=_multiple,
        )
    if trigger.active_risk is not None:
        most = trigger.active_risk.maximum_annual_volatility
        rearm = _given(trigger.active_risk.rearm_annual_volatility, ACTIVE_RISK_REARM * most)
        return _at_most("active risk is above {} a year", most, rearm, _share)
    if trigger.stale_marks is not None:
        oldest = span(trigger.stale_marks.maximum_age)
        return Watched(
            fires=f"marks are older than {oldest}; starts no run",
            rearms="with younger marks",
            in_words=lambda days: f"{fixed(max(days, 0.0), 1)} days",
        )
    return Watched(fires="of a kind newer than this client", rearms="", in_words=lambda value: f"{value:g}")


def quiet_until(trigger: Trigger, status: TriggerStatus) -> datetime.datetime | None:
    """Until when a trigger that fired does not fire again, whatever its figure; None before it has fired."""
    cool_down = DEFAULT_COOL_DOWN if trigger.cool_down is None else trigger.cool_down
    return None if status.fire_time is None else status.fire_time + cool_down


def _at_most(fires: str, most: float, rearm: float, in_words: Callable[[float], str]) -> Watched:
    return Watched(
        fires=fires.format(in_words(most)), rearms=f"at {in_words(rearm)} or less", in_words=in_words
    )


def _given(value: float | None, default: float) -> float:
    return default if value is None else value


def _share(decimal: float) -> str:
    return f"{percent(decimal)} %"


def _multiple(ratio: float) -> str:
    return f">{_MOST_TOLD:.0f}x" if ratio > _MOST_TOLD else f"{fixed(ratio, 2)}x"

"""What must hold of triggers, beyond each field by itself."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.model import ErrorReason, Trigger
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import shown

_PAIRS = {
    "drift": ("maximum_fraction", "rearm_fraction"),
    "leverage": ("maximum_ratio", "rearm_ratio"),
    "coverage": ("minimum_ratio", "rearm_ratio"),
    "active_risk": ("maximum_annual_volatility", "rearm_annual_volatility"),
}
"""Threshold, and where a trigger is armed again, by what is watched."""


def check_triggers(triggers: Sequence[Trigger], place: Place, report: Report) -> None:
    """Ids that are named once, and thresholds that a figure comes back from."""
    seen: set[str] = set()
    for index, trigger in enumerate(triggers):
        if not usable(trigger):
            continue
        at = (*place, index)
        if report.sound((*at, "trigger_id")) and trigger.trigger_id in seen:
            message = f"{shown(trigger.trigger_id)} is another trigger's; give each an id of its own"
            report.add((*at, "trigger_id"), ErrorReason.ID_DUPLICATE, message)
        seen.add(trigger.trigger_id)
        _check_pair(trigger, at, report)


def _check_pair(trigger: Trigger, place: Place, report: Report) -> None:
    """A threshold for arming on the good side of that for firing."""
    for name, (threshold_field, rearm_field) in _PAIRS.items():
        watched = getattr(trigger, name)
        if watched is None or not usable(watched):
            continue
        at = (*place, name)
        threshold, rearm = getattr(watched, threshold_field), getattr(watched, rearm_field)
        # What a file has refused is neither a number nor missing.
        if not (usable(rearm) and usable(threshold)):
            continue
        if not (report.sound((*at, rearm_field)) and report.sound((*at, threshold_field))):
            continue
        above = name == "coverage"
        if (rearm <= threshold) if above else (rearm >= threshold):
            side = "above" if above else "below"
            message = f"{shown(rearm)} is not {side} {threshold_field} {shown(threshold)}; write one that is"
            report.add((*at, rearm_field), ErrorReason.BOUNDS_CROSSED, message)

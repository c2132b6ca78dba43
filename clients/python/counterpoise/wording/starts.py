"""Why a run was started, or why there is none, in words."""

from __future__ import annotations

from counterpoise.model import RebalanceRun
from counterpoise.wording.resources import instant, job_of, short
from counterpoise.wording.schedules import slot_in_words, typed_slot


def started_for(run: RebalanceRun) -> str:
    """Its slot or its trigger in few words; nothing for a run that somebody started for no slot."""
    if run.slot_time is not None:
        return f"slot {instant(run.slot_time)}"
    return f"trigger {run.trigger_id}" if run.trigger_id else ""


def why_started(run: RebalanceRun) -> str:
    """The same as a sentence."""
    if run.slot_time is not None:
        return f"It is the run of the slot of {slot_in_words(run.slot_time)}."
    if run.trigger_id:
        return f"Trigger {run.trigger_id} started it."
    return "It was started by hand, for no slot of a schedule."


def skipped_in_words(run: RebalanceRun) -> tuple[str, ...]:
    """What a slot means that was skipped, and how it is run all the same."""
    if run.slot_time is None:
        return ("It has no run of its own.",)
    command = f"counterpoise jobs backfill {short(job_of(run.name))} {typed_slot(run.slot_time)}"
    return (
        f"The slot of {slot_in_words(run.slot_time)} has no run of its own: it was missed, or another run "
        "was under way, or a kill switch was engaged.",
        f"To run it now, unless that was done: {command}",
    )

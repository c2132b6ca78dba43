"""When a job runs, for people: its schedule, its next slots, its triggers."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import RebalanceJob, RebalanceJobState, Trigger, TriggerStatus
from counterpoise.wording.resources import instant, short
from counterpoise.wording.schedules import local_slot, schedule_in_words, typed_slot, zone_in_words, zone_of
from counterpoise.wording.triggers import TRIGGER_STATES, Watched, quiet_until, watched_by
from counterpoise.wording.words import say


def schedule_section(job: RebalanceJob) -> Section:
    """The schedule in words, and the next slots in its zone and in UTC."""
    return Section(
        title="When it runs",
        sentences=_when(job),
        columns=(_clock(job), "UTC") if job.next_slot_times else (),
        rows=_slots(job, job.next_slot_times),
        left=(0, 1),
        whole=(0, 1),
    )


def triggers_section(job: RebalanceJob) -> Section | None:
    """Triggers with where they stand, their figure against what fires them, and what came of it."""
    if not job.triggers:
        return None
    statuses = {status.trigger_id: status for status in job.trigger_statuses}
    known = [(trigger, statuses.get(trigger.trigger_id, TriggerStatus())) for trigger in job.triggers]
    return Section(
        title="Triggers",
        columns=("Trigger", "Fires when", "Now", "Armed again", "State", "Fired last"),
        rows=[_trigger(trigger, status) for trigger, status in known],
        left=(0, 1, 3, 4, 5),
        footnotes=(
            *(
                f"The run that answers {trigger.trigger_id}: {short(status.run)}."
                for trigger, status in known
                if status.run
            ),
            *(
                f"{trigger.trigger_id} does not fire again before {instant(quiet)}."
                for trigger, status in known
                if (quiet := quiet_until(trigger, status)) is not None
            ),
            *_blind(known),
        ),
    )


def _blind(known: Sequence[tuple[Trigger, TriggerStatus]]) -> tuple[str, ...]:
    """Why figures are missing."""
    blind = [
        trigger.trigger_id
        for trigger, status in known
        if status.judge_time is not None and status.value is None and trigger.drift is None
    ]
    if not blind:
        return ()
    return (
        f"{', '.join(blind)} cannot be measured: the marks do not add up, as those of different days, or "
        "break a rule of the problem. counterpoise jobs run says which.",
    )


def skipped_page(job: RebalanceJob, slots: Sequence[datetime.datetime]) -> list[Section | None]:
    """Slots that were skipped and have no run, as they come."""
    if not slots:
        return [Section(title="Skipped slots", sentences=("There are none without a run.",))]
    return [
        Section(
            title="Skipped slots",
            columns=(_clock(job), "Slot"),
            rows=[(_local(job, slot), typed_slot(slot)) for slot in slots],
            left=(0, 1),
            whole=(0, 1),
            footnotes=(
                f"To run one now: counterpoise jobs backfill {short(job.name)} {typed_slot(slots[0])}",
            ),
        )
    ]


def _when(job: RebalanceJob) -> tuple[str, ...]:
    schedule, state = job.schedule, job.state
    if schedule is None:
        also = (
            "its triggers start runs, and so does somebody" if job.triggers else "somebody starts every run"
        )
        return (f"It has no schedule: {also}.",)
    words = schedule_in_words(schedule, job.problem)
    sentence = f"{words[0].upper()}{words[1:]}."
    if state == RebalanceJobState.PAUSED:
        return (
            sentence,
            f"It is paused, and no slot starts a run: counterpoise jobs resume {short(job.name)}",
        )
    if state == RebalanceJobState.DELETED:
        return (sentence, "It is deleted, and no slot starts a run.")
    if not job.next_slot_times:
        return (sentence, f"The server's calendar of {schedule.exchange_code} has no slot to come.")
    return (sentence, "The next slots:")


def _slots(job: RebalanceJob, slots: Sequence[datetime.datetime]) -> list[tuple[str, ...]]:
    return [(_local(job, slot), local_slot(slot, datetime.UTC)) for slot in slots]


def _local(job: RebalanceJob, slot: datetime.datetime) -> str:
    return local_slot(slot, zone_of(job.schedule) or datetime.UTC)


def _clock(job: RebalanceJob) -> str:
    """Heading of `_local`."""
    if job.schedule is None or zone_of(job.schedule) is None:
        return "UTC"
    words = zone_in_words(job.schedule.time_zone)
    return f"{words} ({job.schedule.time_zone})" if words != job.schedule.time_zone else words


def _trigger(trigger: Trigger, status: TriggerStatus) -> tuple[str, ...]:
    watched = watched_by(trigger)
    return (
        trigger.trigger_id,
        watched.fires,
        _now(status, watched),
        watched.rearms,
        say(status.state, TRIGGER_STATES) if status.state is not None else "",
        instant(status.fire_time) or "never",
    )


def _now(status: TriggerStatus, watched: Watched) -> str:
    if status.value is not None:
        return watched.in_words(status.value)
    return "not yet judged" if status.judge_time is None else "not measured"

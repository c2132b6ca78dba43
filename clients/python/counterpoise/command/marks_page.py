"""Marks for people: recorded ones in a table."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import LineMark, Marks, TriggerStatus
from counterpoise.wording.figures import fixed
from counterpoise.wording.resources import instant, short


def recorded(marks: Marks) -> Section:
    """What was recorded, in short."""
    count = len(marks.line_marks)
    held = sum(_is_held(mark) for mark in marks.line_marks)
    drifted = count - held
    return Section(
        title="Marks",
        sentences=(
            f"{short(marks.name)}: marks of {marks.as_of_date}, NAV {fixed(marks.nav_amount, 0)}, "
            f"recorded by {marks.recorder} {instant(marks.record_time)}.",
            f"{count} line{'s' if count != 1 else ''}: {held} with what is held, {drifted} by price alone, "
            "whose holding drifts with it.",
        ),
    )


def fired(statuses: Sequence[TriggerStatus]) -> Section | None:
    """Triggers that marks fired, and the run that answers each."""
    if not statuses:
        return None
    return Section(
        title="Triggers",
        sentences=tuple(
            f"{status.trigger_id} fired{f'; {short(status.run)} answers it' if status.run else ''}."
            for status in statuses
        ),
    )


def marks_page(marks: Sequence[Marks]) -> list[Section | None]:
    """Many marks, as they come."""
    if not marks:
        return [Section(title="Marks", sentences=("There are none: the job's own holdings count.",))]
    return [
        Section(
            title="Marks",
            columns=("Marks", "Day", "NAV", "lines", "Recorded", "By"),
            rows=[
                (
                    short(item.name),
                    str(item.as_of_date),
                    fixed(item.nav_amount, 0),
                    str(len(item.line_marks)),
                    instant(item.record_time),
                    item.recorder,
                )
                for item in marks
            ],
            left=(0, 1, 4, 5),
            whole=(1, 4),
        )
    ]


def _is_held(mark: LineMark) -> bool:
    return any(held is not None for held in (mark.market_value_amount, mark.unit_count, mark.contract_count))

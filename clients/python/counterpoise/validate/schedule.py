"""What must hold of schedules, beyond each field by itself.

Which time zones and exchanges there are is not looked at here: that changes with the data of a server.
"""

from __future__ import annotations

from counterpoise.model import ErrorReason, MonthlyCadence, Schedule
from counterpoise.validate.report import Place, Report, usable


def check_schedule(schedule: Schedule, place: Place, report: Report) -> None:
    """A business day that is one, and months that are named once."""
    monthly = schedule.monthly
    if usable(monthly):
        _check_monthly(monthly, (*place, "monthly"), report)


def _check_monthly(monthly: MonthlyCadence, place: Place, report: Report) -> None:
    if usable(monthly.business_day) and monthly.business_day == 0:
        message = "0 is no business day; write 1 for the first of the month, -1 for the last"
        report.add((*place, "business_day"), ErrorReason.NUMBER_OUT_OF_RANGE, message)
    seen: set[int] = set()
    for index, month in enumerate(monthly.months):
        at = (*place, "months", index)
        if usable(month) and report.sound(at) and month in seen:
            message = f"month {month} is named before; name each once"
            report.add(at, ErrorReason.VALUE_MALFORMED, message)
        seen.add(month)

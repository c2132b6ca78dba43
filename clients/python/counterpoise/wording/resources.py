"""Names of what a server keeps, and instants and spans, as people write them."""

from __future__ import annotations

import datetime

_SPANS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def short(name: str) -> str:
    """A resource name as commands take it: `monthly`, `monthly/r-7`; of anything else the name itself.

    `tenants/{tenant}/rebalanceJobs/{job}` with or without a collection and an id in it.
    """
    parts = name.split("/")
    if len(parts) not in {4, 6} or parts[0] != "tenants" or parts[2] != "rebalanceJobs":
        return name
    return "/".join(parts[3::2])


def job_of(name: str) -> str:
    """Name of the job of a run, a proposal or marks."""
    return "/".join(name.split("/")[:4])


def scope_in_words(scope: str) -> str:
    """What a kill switch stops."""
    if scope == "tenants/-":
        return "everybody"
    parts = scope.split("/")
    if len(parts) == 2:
        return f"all jobs of tenant {parts[1]}"
    return f"job {short(scope)}"


def instant(when: datetime.datetime | None) -> str:
    """An instant to the minute in UTC: `2025-11-28 15:30 UTC`; nothing for none."""
    return f"{minute(when)} UTC" if when is not None else ""


def minute(when: datetime.datetime | None) -> str:
    """The same for a table whose heading says UTC."""
    return when.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M") if when is not None else ""


def span(length: datetime.timedelta) -> str:
    """A span in its largest units, two at most: `1 day 12 hours`."""
    left, told = length.total_seconds(), []
    for seconds, unit in _SPANS:
        count = int(left // seconds)
        left -= count * seconds
        if count:
            told.append(f"{count} {unit}{'s' if count != 1 else ''}")
    return " ".join(told[:2]) or f"{length.total_seconds():g} seconds"

"""Spans and times of day as options and files write them: `4d`, `36h`, `1d12h`, `90m`; `16:30`."""

from __future__ import annotations

import datetime
import re

_SPAN = re.compile(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?", re.ASCII).fullmatch
_TIME = re.compile("[0-9]{2}:[0-9]{2}(?::[0-9]{2})?", re.ASCII).fullmatch
_MOST_DIGITS = 9
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def span_of(text: str) -> datetime.timedelta:
    """The span that a text writes. Raises ValueError, which says what to write instead."""
    match = _SPAN(text)
    if not text or match is None or any(len(part or "") > _MOST_DIGITS for part in match.groups()):
        raise ValueError(
            f"{text[:32]!r} is no span; write days, hours, minutes or seconds, such as 4d, 36h, 1d12h or 90m"
        )
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        return datetime.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any span; write a shorter one") from None


def time_of(text: str) -> datetime.time:
    """The time of day that a text writes, `16:30` or `16:30:15`. Raises ValueError for anything else."""
    if _TIME(text) is None:
        raise ValueError(f"{text[:32]!r} is no time of day")
    return datetime.time.fromisoformat(text)


def written(span: datetime.timedelta) -> str:
    """A span as `span_of` reads it. Raises ValueError for parts of seconds and below zero."""
    left, parts = span // datetime.timedelta(seconds=1), []
    if span != datetime.timedelta(seconds=left) or left < 0:
        raise ValueError(f"{span} is no span of whole seconds")
    for seconds, unit in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"

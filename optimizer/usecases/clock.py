"""How long a call may take: the caller's wish, the server's cap, the caller's deadline."""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass

_ANSWER_SECONDS = 0.05
"""Kept back from the caller's deadline, so that an answer still arrives."""


@dataclass(frozen=True)
class Clock:
    """Runs from admission; all times in seconds of the monotonic clock."""

    admitted: float
    limit: float
    """End by the time limit: the caller's parameter within the server's cap."""
    deadline: float
    """End by the caller's deadline; infinite without one."""

    def remaining_seconds(self) -> float:
        """Time left for work; negative when it is over."""
        return min(self.limit, self.deadline) - time.monotonic()

    def elapsed(self, until: float | None = None) -> datetime.timedelta:
        """Time since admission; until now unless told."""
        end = time.monotonic() if until is None else until
        return datetime.timedelta(seconds=max(end - self.admitted, 0.0))

    @property
    def deadline_comes_first(self) -> bool:
        """Whether the caller's deadline ends before the time limit."""
        return self.deadline < self.limit


def clock_of(
    admitted: float, wanted: datetime.timedelta | None, cap_seconds: float, deadline: float | None
) -> Clock:
    """The clock of a call that was admitted then; the caller's deadline leaves time to answer."""
    seconds = cap_seconds if wanted is None else min(wanted.total_seconds(), cap_seconds)
    last = float("inf") if deadline is None else deadline - _ANSWER_SECONDS
    return Clock(admitted=admitted, limit=admitted + seconds, deadline=last)

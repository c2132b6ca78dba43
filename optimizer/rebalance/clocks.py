"""This machine's clock beside that of a database that machines share."""

from __future__ import annotations

import datetime
import time

import structlog

from optimizer.rebalance.desk import Desk
from optimizer.store import reading

LARGEST_CLOCK_ERROR = datetime.timedelta(minutes=1)
"""How far the clock of this machine may be from that of a database that machines share."""
_QUIET_SECONDS = 60.0
_log = structlog.get_logger(__name__)


class ClockIsWrong(Exception):
    """Slots, leases and lifetimes would be measured at the wrong time; the message says by how much."""


def check_clock(desk: Desk) -> None:
    """Raises ClockIsWrong where this machine's clock is far from that of a database that machines share."""
    with reading(desk.engine) as connection:
        theirs = desk.database_now(connection)
        ahead = datetime.timedelta() if theirs is None else desk.now() - theirs
    if abs(ahead) > LARGEST_CLOCK_ERROR:
        raise ClockIsWrong(
            f"this machine's clock is {ahead.total_seconds():+.0f} s from the database's: set it right,"
            " and work goes on"
        )


class ClockWatch:
    """Asks again and again whether the clock is right, and says at most once a minute that it is not."""

    def __init__(self, consequence: str) -> None:
        self._consequence = consequence
        self._quiet_until = time.monotonic()

    def is_right(self, desk: Desk) -> bool:
        """Whether work may go on; what does not, is in the log. Raises StoreError."""
        try:
            check_clock(desk)
        except ClockIsWrong as error:
            if time.monotonic() >= self._quiet_until:
                self._quiet_until = time.monotonic() + _QUIET_SECONDS
                _log.error(self._consequence, error=str(error))
            return False
        self._quiet_until = time.monotonic()
        return True

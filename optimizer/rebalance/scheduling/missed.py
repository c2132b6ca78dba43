"""Which of the slots that have passed are run, and which are skipped."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from counterpoise.model import OverlapPolicy, RunPolicy
from optimizer.rebalance import policies


class Cancelled(StrEnum):
    """Which runs of the job give way to a new one."""

    NONE = "none"
    WAITING = "those that wait"
    ALL = "those that wait or are under work"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of slots; together `run` and `skip` are all that were not decided before."""

    run: datetime.datetime | None = None
    skip: tuple[datetime.datetime, ...] = ()
    """Earliest first."""
    cancel: Cancelled = Cancelled.NONE
    """Runs that are cancelled as the new one is recorded."""


def decide(
    slots: Iterable[datetime.datetime],
    now: datetime.datetime,
    last_slot: datetime.datetime | None,
    policy: RunPolicy | None,
    *,
    running: bool,
) -> Decision:
    """What to do at `now` about slots after `last_slot`, which was run or skipped last.

    Of the slots that have passed only the latest is ever run: if it is on time, or young enough for the
    catch-up window, and the overlap policy lets it. Slots to come stay undecided, and those up to
    `last_slot` decided, whatever the clock says: one that went back decides nothing twice. Without a
    `last_slot` all that are given are new: none of them may be from before the job had its schedule.

    `running` says whether any other run of the job, manual ones too, waits or is under work. A run that is
    queued waits until that has ended.
    """
    passed = sorted({slot for slot in slots if slot <= now and (last_slot is None or slot > last_slot)})
    if not passed:
        return Decision()
    *earlier, latest = passed
    overlap = policies.overlap_policy(policy) if running else None
    if now - latest > policies.oldest_slot(policy) or overlap is OverlapPolicy.SKIP:
        return Decision(skip=tuple(passed))
    return Decision(run=latest, skip=tuple(earlier), cancel=_CANCELLED.get(overlap, Cancelled.NONE))


_CANCELLED: dict[OverlapPolicy | None, Cancelled] = {
    OverlapPolicy.QUEUE_LATEST: Cancelled.WAITING,
    OverlapPolicy.CANCEL_RUNNING: Cancelled.ALL,
}

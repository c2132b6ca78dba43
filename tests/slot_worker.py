"""Program that decides and runs a slot of each job, in processes that kill themselves at a later point each.

Points are before every statement and before every commit. After each death another process decides and runs
what is left, a minute later. Ends with the first job that no kill came in time for, and prints its number.
"""

from __future__ import annotations

import datetime
import os
import signal
import sys

from sqlalchemy import event

from optimizer.rebalance import runner
from optimizer.rebalance.desk import Desk
from optimizer.rebalance.look import Look
from optimizer.rebalance.scheduling.due import NextSlots, decide_due
from optimizer.store import Engine, opened
from tests.sample_answers import optimal
from tests.sample_proposals import after, before
from tests.sample_proposals_plan import plan

SLOT = datetime.datetime(2025, 3, 3, 14, 30, tzinfo=datetime.UTC)
LATER = SLOT + datetime.timedelta(minutes=1)
"""Still on time, and later than the lease of who died."""


def main(dsn: str, jobs: list[str]) -> None:
    """Kills at the first point of the first job, the second of the second and so on."""
    seen = Look(allocation=optimal(), plan=plan(), before=before(), after=after())
    runner.look_at = lambda *_: seen
    for point, name in enumerate(jobs, 1):
        child = os.fork()
        if child == 0:
            _work(dsn, name, SLOT, point)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            sys.stdout.write(f"{point} {os.waitstatus_to_exitcode(status)}\n")
            return
        _work(dsn, name, LATER, None)


def _work(dsn: str, job_name: str, now: datetime.datetime, killing_point: int | None) -> None:
    with opened(dsn) as engine:
        if killing_point is not None:
            _kill_at(engine, killing_point)
        # The day is one of the tests' own, whatever the clock of a database says.
        desk = Desk(engine=engine, now=lambda: now, wake=lambda: None, database_now=lambda _: None)
        decide_due(desk, NextSlots(), job_name)
        worker = runner.Runner(lambda: desk, lambda *_: optimal())
        while worker.turn(desk):
            pass


def _kill_at(engine: Engine, killing_point: int) -> None:
    count = 0

    def kill(*_: object) -> None:
        nonlocal count
        count += 1
        if count == killing_point:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", kill)
    event.listen(engine, "commit", kill)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

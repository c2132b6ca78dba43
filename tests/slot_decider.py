"""Program that decides slots at the instants that it is told, by a clock that is wrong by so many seconds.

Reads instants, in seconds since 1970, one a line; answers each with how many jobs it decided.
"""

from __future__ import annotations

import datetime
import sys

from optimizer.rebalance.desk import Desk
from optimizer.rebalance.scheduling.due import NextSlots, decide_due
from optimizer.store import opened


def main(dsn: str, ahead_seconds: int) -> None:
    """Until the input ends."""
    with opened(dsn) as engine:
        known = NextSlots()
        for line in sys.stdin:
            shown = datetime.datetime.fromtimestamp(int(line) + ahead_seconds, datetime.UTC)
            desk = Desk(engine=engine, now=lambda shown=shown: shown, wake=lambda: None)
            sys.stdout.write(f"{len(decide_due(desk, known))}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

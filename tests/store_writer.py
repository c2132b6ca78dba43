"""Program that writes to a store until it is killed, and prints the runs that were acknowledged."""

from __future__ import annotations

import sys

from optimizer.store import RunState, change_state, open_engine, writing
from tests.sample_store import act, add_run, run_name


def main(dsn: str, first: int) -> None:
    """A run for each number from `first` on, created and started in one transaction."""
    engine = open_engine(dsn)
    number = first
    while True:
        with writing(engine) as connection:
            add_run(connection, number)
            change_state(act(connection), run_name(number), RunState.PENDING, RunState.RUNNING)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

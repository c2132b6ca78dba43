"""Program that deletes jobs of a store, each in a process of its own that kills itself at a later statement.

Ends with the first deletion that no kill came in time for.
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import event

from optimizer.store import delete_job, opened, writing
from tests.sample_store import act


def main(dsn: str, jobs: list[str]) -> None:
    """Deletes the jobs, killed at the first statement of the first, the second of the second and so on."""
    for statement, name in enumerate(jobs, 1):
        child = os.fork()
        if child == 0:
            _delete(dsn, name, statement)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            sys.stdout.write(f"{statement} {os.waitstatus_to_exitcode(status)}\n")
            return


def _delete(dsn: str, name: str, killing_statement: int) -> None:
    count = 0

    def kill(*_: object) -> None:
        nonlocal count
        count += 1
        if count == killing_statement:
            os.kill(os.getpid(), signal.SIGKILL)

    with opened(dsn) as engine, writing(engine) as connection:
        event.listen(engine, "after_cursor_execute", kill)
        delete_job(act(connection), name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

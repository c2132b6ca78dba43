"""How late this machine wakes those who sleep: so much of any measured time is not the product's."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_TICK_SECONDS = 0.01


@contextmanager
def timer_lateness() -> Iterator[list[float]]:
    """Seconds by which a sleeping thread of this process wakes late, as long as the context lasts.

    It is to wake a hundred times a second. Where it sleeps through several of those, each of them counts, as
    each call counts that is made meanwhile: quantiles are those of calls at a steady rate.
    """
    found: list[float] = []
    over = threading.Event()

    def tick() -> None:
        due = time.monotonic()
        while not over.is_set():
            due += _TICK_SECONDS
            time.sleep(max(due - time.monotonic(), 0.0))
            found.append(time.monotonic() - due)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()

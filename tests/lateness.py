"""How late this machine wakes those who sleep: so much of any measured time is not the product's."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_TICK_SECONDS = 0.01


@contextmanager
def timer_lateness() -> Iterator[list[float]]:
    """Seconds by which a sleeping thread of this process wakes late, as long as the context lasts."""
    found: list[float] = []
    over = threading.Event()

    def tick() -> None:
        while not over.is_set():
            due = time.monotonic() + _TICK_SECONDS
            time.sleep(_TICK_SECONDS)
            found.append(time.monotonic() - due)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()

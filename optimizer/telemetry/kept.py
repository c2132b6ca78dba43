"""Spans of a process that reaches no collector: they go home with what it was asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from optimizer.telemetry.spans import Attributes, Ended


@dataclass(frozen=True)
class Kept:
    """A span that ended, and its name."""

    name: str
    ended: Ended


class Keeping:
    """Keeps spans in the order in which they end; for one thread."""

    def __init__(self) -> None:
        self.spans: list[Kept] = []

    @contextmanager
    def span(self, name: str, attributes: Attributes) -> Iterator[None]:
        """See `traces.span`."""
        start_ns, error = time.time_ns(), ""
        try:
            yield
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            ended = Ended(start_ns=start_ns, end_ns=time.time_ns(), attributes=attributes, error=error)
            self.spans.append(Kept(name, ended))

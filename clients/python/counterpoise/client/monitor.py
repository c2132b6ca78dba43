"""The calls that keep watch, for the client that waits."""

from __future__ import annotations

from collections.abc import Iterator

from counterpoise.client import marks_calls
from counterpoise.client.channel import Channel
from counterpoise.model import Marks


class Monitor:
    """Marks of the portfolios of jobs; `Client.monitor`. `parent` is the name of a job."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def record_marks(
        self, parent: str, marks: Marks, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> Marks:
        """Records marks for good; they count from then on. A retry does not record them twice."""
        return self._channel.run(marks_calls.record_marks(parent, marks, request_id), timeout_seconds)

    def list_marks(
        self, parent: str, *, page_size: int | None = None, timeout_seconds: float | None = None
    ) -> Iterator[Marks]:
        """Marks of a job, newest first; the timeout is for each page."""
        return self._channel.items(marks_calls.list_marks(parent, page_size), timeout_seconds)

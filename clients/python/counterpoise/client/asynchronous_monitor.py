"""The calls that keep watch, for the client for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator

from counterpoise.client import marks_calls
from counterpoise.client.asynchronous_channel import AsyncChannel
from counterpoise.model import Marks


class AsyncMonitor:
    """As `Monitor`, for one event loop: the same methods, to be awaited; lists are async iterators."""

    def __init__(self, channel: AsyncChannel) -> None:
        self._channel = channel

    async def record_marks(
        self, parent: str, marks: Marks, *, request_id: str = "", timeout_seconds: float | None = None
    ) -> Marks:
        """Records marks for good; they count from then on. A retry does not record them twice."""
        return await self._channel.run(marks_calls.record_marks(parent, marks, request_id), timeout_seconds)

    def list_marks(
        self, parent: str, *, page_size: int | None = None, timeout_seconds: float | None = None
    ) -> AsyncIterator[Marks]:
        """Marks of a job, newest first; the timeout is for each page."""
        return self._channel.items(marks_calls.list_marks(parent, page_size), timeout_seconds)

"""The time of an attempt in its worker process, as a span."""

from __future__ import annotations

from optimizer.telemetry import traces
from optimizer.telemetry.spans import Ended
from optimizer.workers import OnStint, Stint


def worker_span() -> OnStint | None:
    """What records the stint below the span that is open here; None where nobody collects spans.

    This process records it, because a worker that is killed has no time to send anything.
    """
    record = traces.recorder("worker")
    if record is None:
        return None

    def note(stint: Stint) -> None:
        record(
            Ended(
                start_ns=stint.start_ns,
                end_ns=stint.end_ns,
                attributes={"process.pid": stint.pid},
                error=stint.error,
            )
        )

    return note

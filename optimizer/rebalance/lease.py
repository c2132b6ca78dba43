"""Who works on a run holds its lease, and renews it for as long as the work takes."""

from __future__ import annotations

import datetime
import threading
from contextlib import suppress
from types import TracebackType

from optimizer.rebalance.desk import Desk
from optimizer.store import RunRow, StoreError, give_back, renew_lease, writing
from optimizer.workers import Cancellation

LEASE = datetime.timedelta(seconds=20)
_RENEW_SECONDS = 5.0


class Lease:
    """Renews a lease in a thread while its run is under work; cancels the work when the lease is gone."""

    def __init__(self, desk: Desk, run: RunRow, holder: str) -> None:
        self.cancellation = Cancellation()
        self._desk, self._run, self._holder = desk, run, holder
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if self.cancellation.cancelled:
            # Given back at once, for somebody else to resume; a run that was cancelled takes no notice.
            with suppress(StoreError), writing(self._desk.engine) as connection:
                give_back(connection, self._run.name, self._holder)

    def _renew(self) -> None:
        while not self._done.wait(_RENEW_SECONDS):
            try:
                ours = self._extend(LEASE)
            except StoreError:
                continue  # it lasts a while yet
            if not ours:
                self.cancellation.cancel()
                return

    def _extend(self, lease: datetime.timedelta) -> bool:
        with writing(self._desk.engine) as connection:
            return renew_lease(connection, self._run.name, self._holder, self._desk.now() + lease)

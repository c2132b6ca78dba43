"""Where a solve runs: processes that can be stopped at any moment without harming another solve."""

from optimizer.workers.cancellation import Cancellation
from optimizer.workers.errors import WorkerLost
from optimizer.workers.loop import note, others_wait
from optimizer.workers.pool import WorkerPool
from optimizer.workers.stint import OnNote, OnStint, Stint

__all__ = ["Cancellation", "OnNote", "OnStint", "Stint", "WorkerLost", "WorkerPool", "note", "others_wait"]

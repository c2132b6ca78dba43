"""Where a solve runs: processes that can be stopped at any moment without harming another solve."""

from optimizer.workers.cancellation import Cancellation
from optimizer.workers.errors import WorkerLost
from optimizer.workers.pool import WorkerPool
from optimizer.workers.stint import OnStint, Stint

__all__ = ["Cancellation", "OnStint", "Stint", "WorkerLost", "WorkerPool"]

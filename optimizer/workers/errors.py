"""What can happen to a task besides its own exceptions.

A task that ran out of time raises the built-in TimeoutError, a cancelled one
`concurrent.futures.CancelledError`.
"""


class WorkerLost(Exception):
    """The worker died under the task, or the pool stopped; the task may be tried again."""

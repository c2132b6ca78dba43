"""Waiting for a run to end, free of input and output."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from counterpoise.client.exchange import Outcome, Pause, Retry, Step, exchange
from counterpoise.client.run_calls import get_run
from counterpoise.errors import CallStatus, DeadlinePassed, StatusCode
from counterpoise.model import RebalanceRun, RebalanceRunState

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0
_GROWTH = 1.5
_UNDER_WAY = (None, RebalanceRunState.PENDING, RebalanceRunState.RUNNING)


def until_final(
    name: str,
    *,
    timeout_seconds: float,
    call_timeout_seconds: float,
    retry: Retry,
    now: Callable[[], float] = time.monotonic,
) -> Generator[Step, Outcome, RebalanceRun]:
    """Steps that ask for a run until its state is final, less and less often, and return it.

    `timeout_seconds` is for all of it, `call_timeout_seconds` for each call. Raises DeadlinePassed where the
    run is still under way then; the run goes on.
    """
    if not timeout_seconds > 0:
        raise ValueError(f"timeout_seconds is above 0, got {timeout_seconds}")
    call = get_run(name)
    deadline = now() + timeout_seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        # Rounded up to a millisecond, because a timeout of zero is refused before anything is sent.
        left = max(deadline - now(), 0.001)
        timeout = min(left, call_timeout_seconds)
        run = yield from exchange(call, timeout_seconds=timeout, retry=retry, now=now)
        if run.state not in _UNDER_WAY:
            return run
        if now() + pause >= deadline:
            state = run.state.name if run.state is not None else "under way"
            details = f"{name} is still {state} after {timeout_seconds:g} s; it goes on: ask again for it"
            raise DeadlinePassed(CallStatus(code=StatusCode.DEADLINE_EXCEEDED, details=details))
        yield Pause(seconds=pause)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE_SECONDS)

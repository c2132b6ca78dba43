"""What the tests run in workers; top-level, so that a worker can import it."""

import os
import signal
import threading
import time
from pathlib import Path

from optimizer.workers import note, others_wait


class TwoPartError(Exception):
    """An exception that pickling cannot rebuild."""

    def __init__(self, first, second):
        super().__init__(first)
        self.second = second


def echo(value):
    return value


def process_id(_):
    return os.getpid()


def fail(message):
    raise ValueError(message)


def fail_unpicklable(_):
    raise TwoPartError(1, 2)


def return_unpicklable(_):
    return threading.Lock()


def leave(_):
    os._exit(3)


def sleep(seconds):
    time.sleep(seconds)
    return seconds


def announce_and_hang(path):
    """Write the process id to a file, then hang as compiled code does: no signal but SIGKILL helps."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    Path(f"{path}.part").write_text(str(os.getpid()))
    Path(f"{path}.part").rename(path)
    while True:
        time.sleep(60)


def thread_settings(_):
    return {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


WARMED = []


def warm():
    WARMED.append(os.getpid())


def warmed(_):
    return WARMED


def fail_to_warm():
    raise ValueError("cold")


def tell(words):
    """Notes one word after the other and returns how many there were."""
    for word in words:
        note(word)
    return len(words)


def tell_and_hang(words):
    tell(words)
    time.sleep(3600)


def wait_for(path):
    """Returns when the file exists."""
    while not path.exists():
        time.sleep(0.005)


def distrust():
    """From here on no claim is proven in this process."""
    from counterpoise.model import AttemptVerdict
    from optimizer.certificate import Judgement
    from optimizer.usecases import priorities

    priorities.judge = lambda *_: Judgement(AttemptVerdict.NOT_FEASIBLE)


def hang_before_relaxing():
    """From here on no relaxation is found in this process, nor any end; engines are loaded."""
    import optimizer.answering.warm  # noqa: F401
    from optimizer.usecases import explain_infeasibility

    explain_infeasibility.cheapest_moves = lambda *_: time.sleep(3600)


def hang_before_conflicts():
    """From here on nothing follows a verdict in this process."""
    from optimizer.usecases import explain_infeasibility

    explain_infeasibility.find_conflict = lambda *_: time.sleep(3600)


def hang_before_verdicts():
    """From here on no verdict is found in this process."""
    from optimizer.usecases import explain_infeasibility

    explain_infeasibility.apparent_contradiction = lambda *_: time.sleep(3600)


def hang_where_the_cap_is(cap):
    """From here on a chunk's item whose limit `gross-cap` is this hangs as compiled code does."""
    import optimizer.answering.warm  # noqa: F401
    from optimizer.answering import chunks

    answer = chunks.answer

    def hanging(problem, *words):
        if any(limit.limit_id == "gross-cap" and limit.upper == cap for limit in problem.mandate.limits):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(3600)
        return answer(problem, *words)

    chunks.answer = hanging


def others_wait_within(seconds):
    """Whether somebody came to wait in that time; returns as soon as one does."""
    end = time.monotonic() + seconds
    while not others_wait():
        if time.monotonic() >= end:
            return False
        time.sleep(0.001)
    return True


def count_items_and_kill_at(cap, path):
    """Notes every item's cap in a file; the worker dies of the one whose limit `gross-cap` is this."""
    from optimizer.answering import chunks

    answer = chunks.answer

    def counted(problem, *words):
        (found,) = (limit.upper for limit in problem.mandate.limits if limit.limit_id == "gross-cap")
        with Path(path).open("a") as log:
            log.write(f"{found!r}\n")
        if found == cap:
            os._exit(9)
        return answer(problem, *words)

    chunks.answer = counted

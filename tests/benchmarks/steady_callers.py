"""A process of callers that wait for each answer before they ask again: `python -m` with four words.

ADDRESS, FOLDER with files of request bytes, how many CALLERS, for how many SECONDS. Callers are threads over
one channel and send bytes as they are. Prints JSON: calls answered, seconds they took, processor seconds of
this process.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import grpc

from tests.loading import ALLOCATE, AMPLE_SECONDS


def call_on(channel: grpc.Channel, bodies: Sequence[bytes], over: threading.Event, counts: list[int]) -> None:
    """One body after the other until it is over."""
    method = channel.unary_unary(ALLOCATE)
    number = 0
    while not over.is_set():
        method(bodies[number % len(bodies)], timeout=AMPLE_SECONDS)
        number += 1
    counts.append(number)


def main(address: str, folder: str, callers: str, seconds: str) -> None:
    """Calls until the time is over."""
    bodies = [path.read_bytes() for path in sorted(Path(folder).glob("*.bin"))]
    over, counts = threading.Event(), list[int]()
    with grpc.insecure_channel(address) as channel:
        # No two callers ask the same at the same time.
        threads = [
            threading.Thread(target=call_on, args=(channel, bodies[index:] + bodies[:index], over, counts))
            for index in range(0, len(bodies), -(-len(bodies) // int(callers)))
        ]
        began, computed = time.monotonic(), time.process_time()
        for thread in threads:
            thread.start()
        time.sleep(float(seconds))
        over.set()
        for thread in threads:
            thread.join()
        taken, computed = time.monotonic() - began, time.process_time() - computed
    print(json.dumps({"answered": sum(counts), "seconds": taken, "cpu_seconds": computed}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])

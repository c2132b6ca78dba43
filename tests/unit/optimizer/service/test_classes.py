"""Calls of one class wait behind none of another, over a real connection."""

import asyncio
import threading
from contextlib import asynccontextmanager

from grpc import aio

from counterpoise.model import ValidatePortfolioResponse
from optimizer.service.allocation import AllocationServicer
from optimizer.service.classes import CHECKING_PLACES, LIGHT_PLACES
from optimizer.service.server import Server, ServerOptions

AMPLE_SECONDS = 30.0
VALIDATE = "/counterpoise.v1.AllocationService/ValidatePortfolio"
KILL = "/counterpoise.v1.RebalanceService/EngageKillSwitch"


class Switches:
    """Stands in for what people do by hand."""

    service_name = "counterpoise.v1.RebalanceService"
    methods = {"EngageKillSwitch": lambda body, call: b"engaged"}  # noqa: RUF012 - never changed


class SlowChecks:
    """Checks that take until the test says so, as hostile ones do."""

    def __init__(self):
        self.begun, self.end, self._lock = 0, threading.Event(), threading.Lock()

    def __call__(self, *_):
        with self._lock:
            self.begun += 1
        assert self.end.wait(AMPLE_SECONDS)
        return ValidatePortfolioResponse(violation_count=0)


@asynccontextmanager
async def serving(checks):
    options = ServerOptions(listen_address="127.0.0.1:0", maximum_concurrent_calls=2, drain_seconds=0.0)
    server = Server(options, AllocationServicer(None, checks), Switches())
    async with aio.insecure_channel(await server.start()) as channel:
        yield channel
    await server.stop()


async def test_a_kill_switch_waits_behind_no_check():
    checks = SlowChecks()
    async with serving(checks) as channel:
        count = CHECKING_PLACES + LIGHT_PLACES
        waiting = [channel.unary_unary(VALIDATE)(b"", timeout=AMPLE_SECONDS) for _ in range(count)]
        waiting = [asyncio.ensure_future(call) for call in waiting]
        try:
            async with asyncio.timeout(AMPLE_SECONDS):
                while checks.begun < CHECKING_PLACES:  # noqa: ASYNC110 - threads do the counting
                    await asyncio.sleep(0.005)
            assert await channel.unary_unary(KILL)(b"", timeout=AMPLE_SECONDS / 3) == b"engaged"
            assert checks.begun == CHECKING_PLACES
            assert not any(call.done() for call in waiting)
        finally:
            checks.end.set()
        await asyncio.gather(*waiting)

"""Classes of calls: each has places and a queue of its own, so that none waits behind another.

What only reads or records is light. What computes is interactive where somebody waits for the one answer, and
a batch where answers come by and by. What checks a problem does so in this process and cannot be ended, so it
has few places, and what people do by hand waits behind none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

LIGHT_PLACES: Final = 4
"""Few: what they do in this process holds up the event loop, and what waits for the store waits anyway."""
CHECKING_PLACES: Final = 2


class CallClass(Enum):
    """What a call takes."""

    INTERACTIVE = "interactive"
    BATCH = "batch"
    CHECKING = "checking"
    LIGHT = "light"


_OTHERS: Final[Mapping[str, CallClass]] = {
    "ValidatePortfolio": CallClass.CHECKING,
    "Allocate": CallClass.INTERACTIVE,
    "ExplainInfeasibility": CallClass.INTERACTIVE,
    "MeasureSensitivity": CallClass.INTERACTIVE,
    "StressPortfolio": CallClass.INTERACTIVE,
    "MeasureLiquidity": CallClass.INTERACTIVE,
    "VerifyAlpha": CallClass.INTERACTIVE,
    "MeasureAlphaCapture": CallClass.INTERACTIVE,
    "EstimateRiskModel": CallClass.INTERACTIVE,
    "TraceFrontier": CallClass.BATCH,
    "AllocateBatch": CallClass.BATCH,
}


def class_of(method: str) -> CallClass:
    """The class of a method, named without its service."""
    return _OTHERS.get(method, CallClass.LIGHT)

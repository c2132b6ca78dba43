"""Classes of calls: each has places and a queue of its own, so that none waits behind another.

What only reads, records or checks is light. What computes is interactive where somebody waits for the one
answer, and a batch where answers come by and by.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

LIGHT_PLACES: Final = 4
"""Few: what they do in this process holds up the event loop, and what waits for the store waits anyway."""


class CallClass(Enum):
    """What a call takes."""

    INTERACTIVE = "interactive"
    BATCH = "batch"
    LIGHT = "light"


_COMPUTING: Final[Mapping[str, CallClass]] = {
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
    return _COMPUTING.get(method, CallClass.LIGHT)

"""What a measure says of the limit that has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """What a measure says of its limit."""

    members: int = 1
    entries: int = 0
    """How many numbers it weighs lines by."""
    lower: bool = True
    upper: bool = True
    symmetric: bool = False
    """Whether the upper bound holds with both signs."""
    reference: bool = False
    variance: bool = False
    stressed: bool = False
    """Whether it is measured in the stressed regime."""
    trades: bool = False
    """Whether it measures from the current positions of lines that are known."""

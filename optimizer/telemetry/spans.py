"""What is said of spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Attributes: TypeAlias = "Mapping[str, str | int]"
NOTHING: Attributes = {}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Work that was measured elsewhere, in nanoseconds since 1970; `error` names what it ended with."""

    start_ns: int
    end_ns: int
    attributes: Attributes = field(default_factory=dict)
    error: str = ""

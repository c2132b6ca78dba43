"""What is remembered between answers, locked against change."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def locked(value: T) -> T:
    """The same, after every array in it was made read-only: of dataclasses in their fields, and of tuples."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple):
        for element in value:
            locked(element)
    elif is_dataclass(value):
        for element in vars(value).values():
            locked(element)
    return value

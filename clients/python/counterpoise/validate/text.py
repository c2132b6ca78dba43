"""Texts of the contract: which are ids, and how values are shown in messages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_LONGEST_SHOWN: Final = 64

matches_id = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII).fullmatch
matches_currency = re.compile(r"[A-Z]{3}", re.ASCII).fullmatch
matches_exchange = re.compile(r"[A-Z0-9]{4}", re.ASCII).fullmatch
matches_zone = re.compile(r"(?=.{1,64}$)[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}", re.ASCII).fullmatch
matches_request_id = re.compile(r"[ -~]{1,64}", re.ASCII).fullmatch


def is_id(value: object) -> bool:
    """Whether a value is text that can be an id inside a problem."""
    return isinstance(value, str) and matches_id(value) is not None


def shown(value: object) -> str:
    """A value as messages quote it: numbers to twelve digits, long or odd values cut short."""
    if isinstance(value, float):
        return f"{float(value):.12g}"
    try:
        text = repr(value[: _LONGEST_SHOWN + 1]) if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001 - a message about a strange object must not fail on it
        text = f"a {type(value).__name__}"
    # Surrogates, which repr leaves in place inside other objects, cannot be sent.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def listed(names: Iterable[str]) -> str:
    """Names in a row, the first ten and how many more there are."""
    shown_names = list(names)
    more = len(shown_names) - 10
    return ", ".join(shown_names[:10]) + (f" and {more} more" if more > 0 else "")

"""Bounds of limits in words: the one that is nearer, the one that is broken."""

from __future__ import annotations

from counterpoise.model import LimitReport
from counterpoise.wording.names import Names


def nearer_bound(limit: LimitReport, names: Names, *, measured: bool = False) -> str:
    """The nearer bound: `at most 2.00 %`; with what it is of where that is asked for."""
    at_lower = limit.upper_slack is None or (
        limit.lower_slack is not None and limit.lower_slack <= limit.upper_slack
    )
    bound = limit.lower if at_lower else limit.upper
    if bound is None:
        return names.number(limit.key, limit.value, limit.unit)
    words = "exactly" if limit.lower == limit.upper else "at least" if at_lower else "at most"
    return _told(limit, words, bound, names, measured=measured)


def broken_bound(limit: LimitReport, names: Names) -> str:
    """The bound that the value is beyond."""
    if limit.lower is not None and limit.value < limit.lower:
        return _told(limit, "at least", limit.lower, names)
    upper = limit.upper if limit.upper is not None else limit.value
    return _told(limit, "at most", upper, names)


def _told(limit: LimitReport, words: str, bound: float, names: Names, *, measured: bool = False) -> str:
    if measured:
        return names.demanded(limit.key, words, bound, limit.unit)
    told = f"{words} {names.number(limit.key, bound, limit.unit)}"
    # The number beside it is a share of NAV, and zero of it is what nobody reads as coverage.
    of = names.money_less_need(limit.key)
    return f"{of}: {told}" if of else told

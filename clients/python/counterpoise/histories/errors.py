"""What goes wrong when a history is read."""

from __future__ import annotations

from counterpoise.errors import CounterpoiseError


class UnreadableHistory(CounterpoiseError, ValueError):
    """Something is no table of dated numbers; the message says what, where, and what to write instead."""

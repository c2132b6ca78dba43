"""What goes wrong when a library is asked for what it does not have."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

_LISTED = 12
"""Known names that a message lists before it stops."""


class LibraryError(LookupError):
    """The library lacks what was asked for; the message says what, where, and what to do instead."""


class UnknownName(LibraryError):
    """No library, version, entry, series or margin class has that name."""


class MissingFigure(LibraryError):
    """The name is known, but nothing was found for it in this entry. It is absent, never zero."""


def unknown(where: str, what: str, name: str, known: Sequence[str]) -> UnknownName:
    """The error for a name that is not known, with the one that is perhaps meant, or with what is known."""
    near = difflib.get_close_matches(name[:64], known, 1)
    more = ", ..." if len(known) > _LISTED else ""
    mend = f"perhaps {near[0]} is meant" if near else f"known are {', '.join(known[:_LISTED])}{more}"
    return UnknownName(f"{where}: no {what} {name[:64]!r}; {mend}")


def no_figure(where: str, series_id: str, known: Sequence[str]) -> LibraryError:
    """The error for a series without a figure in an entry."""
    if series_id not in known:
        return unknown(where, "series", series_id, known)
    return MissingFigure(
        f"{where}: no figure was found for {series_id}, and none is made up; leave out what needs it and "
        "choose knowingly: a driver without a shock moves as the risk model expects under MissingShockRule."
        "REGRESS, and not at all under UNCHANGED"
    )


def no_margin(where: str, margin_class: str, found: Sequence[str], known: Sequence[str]) -> LibraryError:
    """The error for a margin class without a multiplier in an entry."""
    if margin_class not in known:
        return unknown(where, "margin class", margin_class, known)
    return MissingFigure(
        f"{where}: no margin multiplier was found for {margin_class}; name a class that has one "
        f"({', '.join(found) or 'there is none'}), or leave the line or pool out: its margin then stays what "
        "it is today"
    )


def no_gate(where: str, reading: str) -> MissingFigure:
    """The error for an entry that cannot say what quarterly funds keep."""
    said = f"gates on quarterly funds: {reading}" if reading else "nothing was found about gates"
    return MissingFigure(f"{where}: {said}; give shares of your own as gated_shares")

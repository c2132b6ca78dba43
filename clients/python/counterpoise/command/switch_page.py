"""Kill switches for people."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import KillSwitch
from counterpoise.wording.resources import instant, scope_in_words

_STOPPED = "While one is engaged, runs, approvals and releases of what it stops are refused."


def switches_page(switches: Sequence[KillSwitch]) -> list[Section | None]:
    """The switches that are engaged."""
    if not switches:
        return [Section(title="Kill switches", sentences=("None is engaged.",))]
    return [
        Section(
            title="Kill switches",
            sentences=(_STOPPED,),
            columns=("Stops", "Engaged by", "Since", "Why"),
            rows=[
                (scope_in_words(item.scope), item.principal, instant(item.engage_time), item.comment)
                for item in switches
            ],
            left=(0, 1, 2, 3),
            whole=(0, 2),
        )
    ]

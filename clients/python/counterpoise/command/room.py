"""How far limits are that do not bind."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import LimitReport
from counterpoise.wording.members import first_of_each, with_count
from counterpoise.wording.names import Names
from counterpoise.wording.soft import comparable, is_missed

_ROOMY_SHOWN = 8
_NEARLY = 1e-4


def roomy(limits: Sequence[LimitReport], names: Names) -> Section | None:
    """Limits that do not bind, nearest first; of one under scenarios or by horizon the nearest member."""
    loose = sorted((item for item in limits if not item.binding and not is_missed(item)), key=_distance)
    told = first_of_each(loose, lambda limit: limit.key)
    if not told:
        return None
    shown, hidden = told[:_ROOMY_SHOWN], sum(count for _, count in told[_ROOMY_SHOWN:])
    near = "nearly binding"
    nearly = any(_distance(limit) < _NEARLY for limit, _ in shown)
    return Section(
        title="Limits with room",
        columns=("Limit", "value", "at least", "at most", "room", *(("",) if nearly else ())),
        rows=[
            (
                with_count(names.limit(limit.key), count),
                names.number(limit.key, limit.value, limit.unit),
                names.number(limit.key, limit.lower, limit.unit) if limit.lower is not None else "",
                names.number(limit.key, limit.upper, limit.unit) if limit.upper is not None else "",
                names.number(limit.key, _slack(limit), limit.unit),
                *((near if _distance(limit) < _NEARLY else "",) if nearly else ()),
            )
            for limit, count in shown
        ],
        left=(0, 5),
        footnotes=((f"{hidden} more have more room.",) if hidden else ()),
    )


def _slack(limit: LimitReport) -> float:
    slacks = [slack for slack in (limit.lower_slack, limit.upper_slack) if slack is not None]
    return min(slacks, default=float("inf"))


def _distance(limit: LimitReport) -> float:
    return comparable(_slack(limit), limit.unit)

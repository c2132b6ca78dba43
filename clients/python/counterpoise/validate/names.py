"""Which ids a problem defines, and whether what refers to them does."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from counterpoise.model import (
    AllocationProblem,
    Driver,
    DriverGroup,
    ErrorReason,
    Line,
    LineGroup,
    LineKind,
    MarginPool,
)
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, shown

T = TypeVar("T")

_FINDINGS_WITH_SUGGESTIONS = 20

_KINDS = {kind.name.lower(): kind for kind in LineKind}


@dataclass(frozen=True)
class Namespace(Generic[T]):
    """Things by id; `what` is what messages call one.

    `complete` says that no element was refused whole, `named` that all of them have an id.
    """

    what: str
    by_id: dict[str, T]
    complete: bool = True
    named: bool = True

    @property
    def all_known(self) -> bool:
        """Whether every element can be found by its id."""
        return self.complete and self.named

    def check(
        self, ids: Iterable[object], place: Place, report: Report, *steps: str, once: bool = True
    ) -> bool:
        """Whether all ids are known and, if asked, none comes twice; reports those that do not.

        The id at index i is at `place[i].steps`. Refused ids are passed over.
        """
        ids = list(ids)
        unique = set(ids)
        if unique <= self.by_id.keys() and (not once or len(unique) == len(ids)):
            return True
        found = len(report.findings)
        seen: set[object] = set()
        for index, name in enumerate(ids):
            at = (*place, index, *steps)
            if once and name in seen and isinstance(name, str):
                message = f"{shown(name)} comes twice; keep one"
                report.add(at, ErrorReason.ID_DUPLICATE, message)
            else:
                self.check_one(name, at, report)
            seen.add(name)
        return len(report.findings) == found and all(isinstance(name, str) for name in ids)

    def check_one(self, name: object, place: Place, report: Report) -> bool:
        """Whether an id is known; reports one that is not, unless it is no id at all."""
        if name in self.by_id:
            return True
        if self.complete and is_id(name):
            message = f"{shown(name)} is no {self.what} of the problem; {self._meant(str(name), report)}"
            report.add(place, ErrorReason.ID_UNKNOWN, message)
        return False

    def _meant(self, name: str, report: Report) -> str:
        # Looking for what resembles a name takes long; nobody reads that many suggestions.
        near = (
            difflib.get_close_matches(name, self.by_id, 1)
            if len(report.findings) < _FINDINGS_WITH_SUGGESTIONS
            else []
        )
        return f"perhaps {near[0]} is meant" if near else "write the id of one, or add it"


@dataclass(frozen=True)
class Names:
    """All namespaces of a problem."""

    drivers: Namespace[Driver]
    driver_groups: Namespace[DriverGroup]
    lines: Namespace[Line]
    margin_pools: Namespace[MarginPool]
    line_groups: Namespace[LineGroup]

    @cached_property
    def kinds(self) -> dict[LineKind, frozenset[str]]:
        """Ids of the lines of each kind; a line that does not say what it is could be any."""
        ids: dict[LineKind, list[str]] = {kind: [] for kind in LineKind}
        for line_id, line in self.lines.by_id.items():
            kind = kind_of(line)
            for possible in LineKind if kind is None else (kind,):
                ids[possible].append(line_id)
        return {kind: frozenset(members) for kind, members in ids.items()}

    @cached_property
    def lines_of_groups(self) -> dict[str, frozenset[str]]:
        """Ids of the lines of each group whose list could be read."""
        groups = self.line_groups.by_id.items()
        return {name: frozenset(group.line_ids) for name, group in groups if usable(group.line_ids)}

    @cached_property
    def drivers_of_groups(self) -> dict[str, frozenset[str]]:
        """Ids of the drivers of each group whose list could be read."""
        groups = self.driver_groups.by_id.items()
        return {name: frozenset(group.driver_ids) for name, group in groups if usable(group.driver_ids)}


def kind_of(line: Line) -> LineKind | None:
    """What a line is; None where nothing says so, or several fields do."""
    attributes = vars(line)
    kinds = [kind for name, kind in _KINDS.items() if attributes.get(name) is not None]
    return kinds[0] if len(kinds) == 1 else None


def collect_names(problem: AllocationProblem, report: Report) -> Names:
    """The namespaces of a problem; reports ids that are given twice."""
    market, portfolio = problem.market, problem.portfolio
    place: Place = ("market",)
    drivers = _collect(market.drivers, "driver_id", (*place, "drivers"), report)
    driver_groups = _collect(market.driver_groups, "driver_group_id", (*place, "driver_groups"), report)
    place = ("portfolio",)
    return Names(
        drivers=drivers,
        driver_groups=driver_groups,
        lines=_collect(portfolio.lines, "line_id", (*place, "lines"), report),
        margin_pools=_collect(portfolio.margin_pools, "margin_pool_id", (*place, "margin_pools"), report),
        line_groups=_collect(portfolio.line_groups, "line_group_id", (*place, "line_groups"), report),
    )


def check_distinct(things: Sequence[object], id_field: str, place: Place, report: Report) -> None:
    """Reports ids that several things have."""
    _collect(things, id_field, place, report)


def _collect(things: Sequence[T], id_field: str, place: Place, report: Report) -> Namespace[T]:
    by_id: dict[str, T] = {}
    complete, named = usable(things), True
    for index, thing in enumerate(things):
        name = getattr(thing, id_field)
        if not isinstance(name, str):
            named = False
            complete = complete and usable(thing)
        elif name in by_id:
            message = f"{shown(name)} is the id of another element, too; give each its own"
            report.add((*place, index, id_field), ErrorReason.ID_DUPLICATE, message)
        else:
            by_id[name] = thing
    return Namespace(id_field.removesuffix("_id").replace("_", " "), by_id, complete, named)

"""Things of one kind by their id, and whether what refers to them does."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from counterpoise.model import EntityRef, ErrorReason
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, shown

T = TypeVar("T")

_FINDINGS_WITH_SUGGESTIONS = 20


@dataclass(frozen=True)
class Namespace(Generic[T]):
    """Things by id; `what` is what messages call one, `whole` what it is one of.

    `complete` says that no element was refused whole, `named` that all of them have an id.
    """

    what: str
    by_id: dict[str, T]
    complete: bool = True
    named: bool = True
    whole: str = "problem"

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
        ids = ids if type(ids) is list else list(ids)
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
        return len(report.findings) == found and unique <= self.by_id.keys()

    def check_one(self, name: object, place: Place, report: Report) -> bool:
        """Whether an id is known; reports one that is not, unless it is no id at all."""
        if name in self.by_id:
            return True
        if self.complete and is_id(name):
            message = f"{shown(name)} is no {self.what} of the {self.whole}; {self._meant(str(name), report)}"
            report.add(place, ErrorReason.ID_UNKNOWN, message)
        return False

    def refs(self, names: Iterable[str]) -> tuple[EntityRef, ...]:
        """These things as subjects of a violation, each once; what cannot be an id is passed over."""
        field = f"{self.what.replace(' ', '_')}_id"
        return tuple(EntityRef(**{field: name}) for name in dict.fromkeys(names) if is_id(name))

    def _meant(self, name: str, report: Report) -> str:
        # Looking for what resembles a name takes long; nobody reads that many suggestions.
        near = (
            difflib.get_close_matches(name, self.by_id, 1)
            if len(report.findings) < _FINDINGS_WITH_SUGGESTIONS
            else []
        )
        return f"perhaps {near[0]} is meant" if near else "write the id of one, or add it"


def collect(
    things: Sequence[T], id_field: str, place: Place, report: Report, *, whole: str = "problem"
) -> Namespace[T]:
    """The namespace of some things; reports ids that are given twice."""
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
    return Namespace(id_field.removesuffix("_id").replace("_", " "), by_id, complete, named, whole)

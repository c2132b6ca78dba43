"""Where findings are gathered, put in the order of the request, and turned into violations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeGuard, TypeVar

from counterpoise.model import (
    CollateralTerms,
    Counterparty,
    Driver,
    DriverGroup,
    DriverShock,
    DriverValue,
    EntityRef,
    ErrorReason,
    Limit,
    Line,
    LineGroup,
    LineMark,
    LineShock,
    LineValue,
    MarginMultiplier,
    MarginPool,
    ReturnSample,
    Scenario,
    Violation,
)
from counterpoise.schema import FieldKind, MessageSchema, schema_for
from counterpoise.validate.text import is_id

T = TypeVar("T")

Place = tuple[str | int, ...]
"""Steps from the root: names of fields, and indexes of elements after names of repeated fields."""

MOST_FINDINGS: Final = 10_000
"""Most violations that are gathered; the largest number that a caller can ask for."""

_SUBJECTS: Final[dict[type, tuple[str, ...]]] = {
    Line: ("line_id",),
    Driver: ("driver_id",),
    Limit: ("limit_id",),
    MarginPool: ("margin_pool_id",),
    LineGroup: ("line_group_id",),
    DriverGroup: ("driver_group_id",),
    DriverValue: ("driver_id",),
    LineValue: ("line_id",),
    CollateralTerms: ("margin_pool_id",),
    Counterparty: ("counterparty_id",),
    Scenario: ("scenario_id",),
    ReturnSample: ("return_sample_id",),
    DriverShock: ("driver_id",),
    LineShock: ("line_id",),
    LineMark: ("line_id",),
    MarginMultiplier: ("line_id", "margin_pool_id"),
}
"""What an element is about, by the fields that say so."""

_LAST: Final = 1_000_000_000  # names that no schema knows come after those that it knows


class Rejected:
    """Stands where a value was refused: any part of it is refused, too, and it holds nothing.

    Whoever refused the value has said so; checks that meet it stay silent.
    """

    def __getattr__(self, name: str) -> Rejected:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Iterator[Rejected]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "REJECTED"


REJECTED: Final = Rejected()


def usable(value: T | None) -> TypeGuard[T]:
    """Whether a field is set to something that was not refused."""
    return value is not None and value is not REJECTED


class ReportFullError(Exception):
    """There are more findings than anyone reads; the walk ends."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong; `unusable` says that the value must not be looked at again."""

    place: Place
    reason: ErrorReason
    message: str
    unusable: bool
    subjects: tuple[EntityRef, ...]


class Report:
    """Findings about one tree of dataclasses, in any order until they are read."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.full = False
        self._touched: set[Place] = set()

    def add(
        self,
        place: Place,
        reason: ErrorReason,
        message: str,
        *,
        unusable: bool = False,
        subjects: tuple[EntityRef, ...] = (),
    ) -> None:
        """Adds a finding; `subjects` are further than those on the way. Raises ReportFullError."""
        if len(self.findings) >= MOST_FINDINGS:
            self.full = True
            raise ReportFullError
        self.findings.append(Finding(place, reason, message, unusable, subjects))
        self._touched.update(place[:length] for length in range(len(place) + 1))

    def sound(self, *places: Place) -> bool:
        """Whether nothing was found at or below these places."""
        return self._touched.isdisjoint(places)

    def violations(self, model: type, root: object) -> tuple[Violation, ...]:
        """The findings about `root`, a `model`, in the order of its fields, and whether there are more."""
        schema = schema_for(model)
        ordered = sorted(self.findings, key=lambda finding: _order(schema, finding.place))
        violations = [
            Violation(
                field=path(finding.place),
                reason=finding.reason,
                message=finding.message,
                subjects=tuple(dict.fromkeys([*_on_the_way(root, finding.place), *finding.subjects])),
            )
            for finding in ordered
        ]
        if self.full:
            message = f"more than {MOST_FINDINGS:,} violations; mend these and validate again"
            violations.append(Violation(field="", reason=ErrorReason.TOO_MANY, message=message))
        return tuple(violations)


def path(place: Place) -> str:
    """A place as in `portfolio.lines[3].overlay.margin_pool_id`."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in place]
    return "".join(steps).removeprefix(".")


def _order(root: MessageSchema, place: Place) -> tuple[int, ...]:
    schema: MessageSchema | None = root
    order = []
    for step in place:
        if isinstance(step, int):
            order.append(step)
            continue
        field = schema.by_name.get(step) if schema is not None else None
        order.append(_LAST if field is None else field.descriptor.index)
        schema = field.message if field is not None and field.kind is FieldKind.MESSAGE else None
    return tuple(order)


def _on_the_way(root: object, place: Place) -> Iterator[EntityRef]:
    value = root
    for step in place:
        for name in _SUBJECTS.get(type(value), ()):
            if is_id(getattr(value, name, None)):
                yield EntityRef(**{name: getattr(value, name)})
        if isinstance(step, str):
            value = getattr(value, step, None)
        else:
            value = value[step] if isinstance(value, (tuple, list)) and step < len(value) else None

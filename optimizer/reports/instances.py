"""Many instances of one part of an answer at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

_CHECKED: Final[set[tuple[type, tuple[str, ...]]]] = set()
"""Classes with names that are all their fields in order; as many as the program has."""


def instances(kind: type[T], names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> tuple[T, ...]:
    """One instance of a dataclass of the model for each row, whose elements are its fields in order.

    The constructor of a frozen dataclass sets one field at a time, for twice the time of all the numbers of
    a report; this sets all of them at once. Raises TypeError where `names` are not all the fields in order.
    """
    if (kind, names) not in _CHECKED:
        wanted = tuple(field.name for field in fields(kind))
        if names != wanted:
            raise TypeError(f"{kind.__name__} has the fields {', '.join(wanted)}: give all, in order")
        _CHECKED.add((kind, names))
    made, blank, assign = [], object.__new__, object.__setattr__
    for row in rows:
        instance = blank(kind)
        assign(instance, "__dict__", dict(zip(names, row, strict=True)))
        made.append(instance)
    return tuple(made)

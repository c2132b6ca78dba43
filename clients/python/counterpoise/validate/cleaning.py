"""What is left of a tree when the parts that cannot be used are taken out."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TypeVar

from counterpoise.schema import FieldKind, FieldSchema, MessageSchema, schema_for
from counterpoise.validate.report import REJECTED, Place

T = TypeVar("T")

_Steps = dict[str | int, "_Steps"]
"""Steps to what is taken out; no further steps is the thing itself."""


def cleaned(instance: T, places: Iterable[Place]) -> T:
    """A copy with REJECTED at these places; the same object where there are none.

    An array with a number that cannot be used is taken out whole.
    """
    steps: _Steps = {}
    for place in places:
        below = steps
        for step in place:
            below = below.setdefault(step, {})
    return _without(schema_for(type(instance)), instance, steps) if steps else instance


def _without(schema: MessageSchema, instance: T, steps: _Steps) -> T:
    # A copy of a frozen dataclass is changed through its attributes' dictionary.
    changed = copy.copy(instance)
    for name, field in schema.by_name.items():
        below = steps.get(name)
        if below is None:
            continue
        value = changed.__dict__.get(name)
        if not below or (field.repeated and field.kind is FieldKind.NUMBER):
            changed.__dict__[name] = REJECTED
        elif field.repeated and isinstance(value, (tuple, list)):
            changed.__dict__[name] = _without_elements(field, value, below)
        else:
            changed.__dict__[name] = _without(field.message, value, below)
    return changed


def _without_elements(field: FieldSchema, values: Iterable[object], steps: _Steps) -> tuple[object, ...]:
    kept = list(values)
    for index, below in steps.items():
        if isinstance(index, int):
            kept[index] = _without(field.message, kept[index], below) if below else REJECTED
    return tuple(kept)

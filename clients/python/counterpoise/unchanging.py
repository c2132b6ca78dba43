"""Whether parts of a problem stay what they are: only then what follows from them is remembered."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np

from counterpoise.generated import function_of
from counterpoise.recall import Recall
from counterpoise.schema import FieldKind, MessageSchema, schema_for

_SEEN: Final = Recall[bool](256)


class _ChangesError(Exception):
    """Something may change; that is not remembered."""


def is_unchanging(part: object) -> bool:
    """Whether a dataclass of the model, or a tuple of such, holds tuples and read-only arrays alone.

    Dataclasses are frozen, but callers may put lists into them, and arrays of their own. For parts
    whose single values are of their types.
    """
    try:
        return _SEEN.get((part,), lambda: _looked(part))
    except _ChangesError:
        return False


def _looked(part: object) -> bool:
    parts = part if type(part) is tuple else (part,)
    for one in parts:
        holds = _check_of(schema_for(type(one)))
        if holds is not None and not holds(one):
            raise _ChangesError
    return True


@cache
def _check_of(schema: MessageSchema) -> Callable[[Any], bool] | None:
    """Whether an instance and what is below it never changes; None where such a class has no lists."""
    names: dict[str, Any] = {"model": schema.model, "frozen": _is_frozen}
    body = []
    for field in schema.fields:
        value, below = f"instance.{field.name}", None
        if field.kind is FieldKind.MESSAGE:
            names[field.name] = below = _check_of(field.message)
        if field.repeated:
            body.append(f"if type({value}) is not tuple and not frozen({value}): return False")
        if below is not None and field.repeated:
            body.append(f"if not all(map({field.name}, {value})): return False")
        elif below is not None:
            body.append(f"if {value} is not None and not {field.name}({value}): return False")
    if not body:
        return None
    start = "if type(instance) is not model: return False"
    return function_of("holds(instance)", [start, *body, "return True"], names)


def _is_frozen(values: object) -> bool:
    """Whether values are an array that nobody can write to, not even through another."""
    return type(values) is np.ndarray and not values.flags.writeable and values.base is None

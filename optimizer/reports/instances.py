"""Many instances of one part of an answer at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from typing import Any, Final, TypeVar

T = TypeVar("T")
_Maker = Callable[[Iterable[tuple[object, ...]]], tuple[Any, ...]]


def instances(kind: type[T], names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> tuple[T, ...]:
    """One instance of a dataclass of the model for each row, whose elements are its fields in order.

    Raises TypeError where `names` are not all the fields in order, ValueError for a row of another length.
    """
    maker = _MAKERS.get((kind, names))
    if maker is None:
        maker = _MAKERS[kind, names] = _maker(kind, names)
    return maker(rows)


_MAKERS: Final[dict[tuple[type[object], tuple[str, ...]], _Maker]] = {}
"""As many as the program has kinds."""


def _maker(kind: type[object], names: tuple[str, ...]) -> _Maker:
    """Written for the class, as its constructor is.

    The constructor of a frozen dataclass sets one field after the other, which takes four times as long as
    to set all of them at once, and most of the time of a report.
    """
    wanted = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
    if names != wanted:
        raise TypeError(f"{kind.__name__} has the fields {', '.join(wanted)}: give all, in order")
    text = f"""
def make(rows):
    made = []
    for {"".join(f"v{place}, " for place in range(len(names)))} in rows:
        instance = blank(kind)
        assign(instance, {{{", ".join(f"{name!r}: v{place}" for place, name in enumerate(names))}}})
        made.append(instance)
    return tuple(made)
"""
    known = {"kind": kind, "blank": object.__new__, "assign": vars(kind)["__dict__"].__set__}
    exec(text, known)  # noqa: S102  # nosec B102 - of names that are fields
    maker: _Maker = known["make"]
    return maker

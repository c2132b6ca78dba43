"""Options that take one word of a few, and say which where another comes."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import typer

Kind = TypeVar("Kind", bound=StrEnum)


def one_of(kind: type[Kind]) -> Callable[[str], Kind]:
    """Reads a word of a kind, in capitals or not; raises BadParameter for any other word."""

    def read(word: str) -> Kind:
        try:
            return kind(word.lower())
        except ValueError:
            raise typer.BadParameter(f"{word!r} is not one of {', '.join(kind)}.") from None

    return read


def words_of(kind: type[StrEnum]) -> str:
    """What help shows for such an option: `[lower|upper]`."""
    return f"[{'|'.join(kind)}]"

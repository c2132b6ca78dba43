"""Lists that may be written as mappings, and how such a mapping becomes a list.

`{id: number}` for values by driver or line, `{trading days: number}` for points over time, and for
shocks either, by driver or line: `{id: number}` is instant, `{id: {trading days: number}}` a path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from counterpoise.files.document import Mapping, Node, Scalar
from counterpoise.model import (
    CashFlow,
    DriverShock,
    DriverValue,
    LineShock,
    LineValue,
    LiquidityPoint,
)


@dataclass(frozen=True)
class Form:
    """Names of the fields of a message: what the key is, what the value is, and the key of a path."""

    key: str
    value: str
    path: str = ""

    @property
    def wanted(self) -> str:
        """What to write."""
        alternative = f", or {{{self.key}: {{{self.path}: number}}}}" if self.path else ""
        return f"a list, or {{{self.key}: number}}{alternative}"


FORMS: Final[dict[type, Form]] = {
    DriverValue: Form("driver_id", "value"),
    LineValue: Form("line_id", "value"),
    DriverShock: Form("driver_id", "shock", path="horizon_trading_days"),
    LineShock: Form("line_id", "shock", path="horizon_trading_days"),
    LiquidityPoint: Form("horizon_trading_days", "available_share"),
    CashFlow: Form("horizon_trading_days", "outflow_amount"),
}
"""Messages whose lists may be written as mappings."""


@dataclass(frozen=True)
class Entry:
    """One element of the list: its keys by field, and its value."""

    keys: tuple[tuple[str, Node], ...]
    value: Node


def entries_of(form: Form, mapping: Mapping) -> list[Entry]:
    """The elements that a mapping stands for, in its order; a path that is empty stays one element."""
    entries = []
    for key, value in mapping.entries:
        if form.path and isinstance(value, Mapping) and value.entries and not value.flaw:
            entries += [Entry(((form.key, key), (form.path, days)), number) for days, number in value.entries]
        else:
            entries.append(Entry(((form.key, key),), value))
    return entries


def unquoted(key: Scalar) -> Scalar:
    """A key as if it had no quotes: JSON has no others, where numbers are keys."""
    return Scalar(key.text, plain=True, line=key.line, flaw=key.flaw)

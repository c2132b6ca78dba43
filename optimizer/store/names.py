"""Conditions on resource names, where what is below a resource has its name before a slash."""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, func, or_, true


def at_or_below(column: Column[str], name: str) -> ColumnElement[bool]:
    """Whether a column holds the name or one below it; the empty name is above all.

    Compared letter by letter: LIKE would read `_` as any letter, and on SQLite `a` as `A`.
    """
    if not name:
        return true()
    below = f"{name}/"
    return or_(column == name, func.substr(column, 1, len(below)) == below)

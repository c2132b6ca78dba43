"""Pages of lists, newest first."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import Select, Table, and_, or_

Place = tuple[datetime.datetime, str]
"""Where a page ended: create instant and name of its last row."""


def newest_first(
    query: Select[Any],
    table: Table,
    before: Place | None,
    limit: int,
) -> Select[Any]:
    """The page before a place, by create instant and, where two are equal, by name."""
    if before is not None:
        instant, name = before
        same = and_(table.c.create_instant == instant, table.c.name < name)
        query = query.where(or_(table.c.create_instant < instant, same))
    return query.order_by(table.c.create_instant.desc(), table.c.name.desc()).limit(limit)

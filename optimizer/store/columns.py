"""Types of columns that both databases keep exactly."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import BigInteger, Column, ColumnElement, Integer, MetaData, literal
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

# Every constraint has a name, so that later migrations can change it on both databases.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts a key on by itself only where its type is INTEGER.
COUNTED = BigInteger().with_variant(Integer(), "sqlite")

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)


def to_microseconds(instant: datetime.datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00Z. Raises ValueError for an instant without a zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant has a zone: datetime.now(UTC), not datetime.now()")
    return (instant - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime.datetime:
    """The instant in UTC."""
    return _EPOCH + microseconds * _MICROSECOND


class Instant(TypeDecorator[datetime.datetime]):
    """An instant as integer microseconds since 1970 in UTC: SQLite would drop the zone of its own type."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """To the database."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime.datetime | None:  # noqa: ARG002
        """From the database."""
        return None if value is None else from_microseconds(value)


def canonical_text(value: object) -> str:
    """JSON with sorted keys, no blanks and no escapes beyond the necessary: one text for one value.

    Raises ValueError for numbers that are not finite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def is_in(column: Column[str], states: Sequence[StrEnum]) -> ColumnElement[bool]:
    """Whether a column has one of the states, which are written out: SQLite uses its partial indexes then."""
    names = [literal(state.value, literal_execute=True) for state in states]
    return column == names[0] if len(names) == 1 else column.in_(names)


def text_sha256(content: str) -> str:
    """SHA-256 of a text in UTF-8, lower-case hex."""
    return hashlib.sha256(content.encode()).hexdigest()

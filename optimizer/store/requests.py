"""Request ids: a request that comes twice has its effect once and gets the same answer."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from optimizer.store.errors import RequestIdReused
from optimizer.store.tables import idempotency_keys as keys

REQUEST_ID_LIFETIME = datetime.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class RequestKey:
    """What names a request, and the SHA-256 of what it asked."""

    tenant: str
    method: str
    request_id: str
    content_sha256: str


def recall(connection: Connection, key: RequestKey, now: datetime.datetime) -> str | None:
    """Name of what the request made the first time; nothing for a new or long forgotten one.

    Raises RequestIdReused where the id came with other content.
    """
    query = select(keys.c.content_sha256, keys.c.result_name).where(_same(key), keys.c.expire_instant > now)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.content_sha256 != key.content_sha256:
        raise RequestIdReused(
            f"request_id {key.request_id}: was sent to {key.method} with other content; take a new id"
        )
    return str(row.result_name)


def remember(connection: Connection, key: RequestKey, result_name: str, now: datetime.datetime) -> None:
    """Keep what the request made, for 30 days, in the transaction that made it."""
    connection.execute(delete(keys).where(_same(key), keys.c.expire_instant <= now))
    connection.execute(
        insert(keys).values(
            tenant=key.tenant,
            method=key.method,
            request_id=key.request_id,
            content_sha256=key.content_sha256,
            result_name=result_name,
            expire_instant=now + REQUEST_ID_LIFETIME,
        )
    )


def forget_expired(connection: Connection, now: datetime.datetime) -> int:
    """Delete the ids that are too old to come back; returns how many."""
    return connection.execute(delete(keys).where(keys.c.expire_instant <= now)).rowcount


def _same(key: RequestKey) -> ColumnElement[bool]:
    return (
        (keys.c.tenant == key.tenant) & (keys.c.method == key.method) & (keys.c.request_id == key.request_id)
    )

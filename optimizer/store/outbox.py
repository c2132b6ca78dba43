"""Messages written in the transaction of their effect and delivered afterwards, at least once, in order."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from optimizer.store.audit import Act
from optimizer.store.columns import canonical_text
from optimizer.store.errors import NotFound
from optimizer.store.names import at_or_below
from optimizer.store.tables import outbox


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message; receivers drop those whose `id` they have seen."""

    id: int
    tenant: str
    event: str
    resource_name: str
    payload_json: str
    create_instant: datetime.datetime
    audit_sequence: int


_COLUMNS = tuple(outbox.c[name] for name in Message.__dataclass_fields__)


def send(
    act: Act,
    event: str,
    resource_name: str,
    payload: Mapping[str, object],
    *,
    audit_sequence: int,
) -> None:
    """Put a message into the outbox: it leaves if the transaction commits, and never otherwise."""
    act.connection.execute(
        insert(outbox).values(
            tenant=act.actor.tenant,
            event=event,
            resource_name=resource_name,
            payload_json=canonical_text(payload),
            create_instant=act.instant,
            audit_sequence=audit_sequence,
        )
    )


def pending(connection: Connection, limit: int) -> Sequence[Message]:
    """The oldest messages that nobody has acknowledged, at most `limit`."""
    query = select(*_COLUMNS).where(outbox.c.delivered_instant.is_(None)).order_by(outbox.c.id).limit(limit)
    return [Message(**row._asdict()) for row in connection.execute(query)]


def delivered(connection: Connection, message_id: int, instant: datetime.datetime) -> None:
    """Note that a message arrived; said twice, the first instant stays. Raises NotFound."""
    mine = outbox.c.id == message_id
    first = update(outbox).where(mine, outbox.c.delivered_instant.is_(None)).values(delivered_instant=instant)
    if (
        connection.execute(first).rowcount != 1
        and connection.execute(select(outbox.c.id).where(mine)).one_or_none() is None
    ):
        raise NotFound(f"message {message_id}")


def sent_after(
    connection: Connection,
    tenant: str,
    message_id: int,
    limit: int,
    *,
    prefix: str = "",
) -> Sequence[Message]:
    """A tenant's messages after a position, delivered or not, in the order of their commits.

    With a prefix: those about the resource of that name and about what is below it.
    """
    query = select(*_COLUMNS).where(
        outbox.c.tenant == tenant, outbox.c.id > message_id, at_or_below(outbox.c.resource_name, prefix)
    )
    return [Message(**row._asdict()) for row in connection.execute(query.order_by(outbox.c.id).limit(limit))]


def last_message_id(connection: Connection, tenant: str) -> int:
    """Position after which a watcher sees only what is still to come; 0 before the tenant's first message."""
    query = select(func.max(outbox.c.id)).where(outbox.c.tenant == tenant)
    return connection.execute(query).scalar_one() or 0

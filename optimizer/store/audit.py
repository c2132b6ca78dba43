"""The audit log: each row holds the hash of the one before it, written in the transaction of the effect.

What `verify_audit` finds: any byte of a row that was edited, a row deleted, inserted or swapped, a tail cut
off, a head record edited or gone. What no log can find from inside: somebody who may write to the
database and hashes every later row and the head anew, or who puts back an older copy of the whole
database. Whoever keeps a head somewhere else (`verify-audit` prints it) finds these too: pass it as `known`.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import OperationalError

from optimizer.store.columns import canonical_text, to_microseconds
from optimizer.store.errors import AuditBroken, StoreError
from optimizer.store.tables import audit_head, audit_log

GENESIS_SHA256 = "0" * 64
"""What the first row has for the hash of the row before it."""
_BATCH = 512
_TEXTS = ("tenant", "principal", "action", "resource_name", "details_json", "previous_sha256", "sha256")
_INTEGERS = ("sequence", "instant_microseconds", "authenticated")


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: `authenticated` is false where the name was taken on trust."""

    tenant: str
    principal: str
    authenticated: bool


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that is done: in which transaction of `writing`, by whom and when."""

    connection: Connection
    actor: Actor
    instant: datetime.datetime


def act_in_tenant(act: Act, tenant: str) -> Act:
    """The same act by the same principal, in another tenant: the server's work on whatever is due."""
    return dataclasses.replace(act, actor=dataclasses.replace(act.actor, tenant=tenant))


@dataclass(frozen=True, kw_only=True)
class AuditHead:
    """Last row of the log; sequence 0 for an empty one."""

    sequence: int
    sha256: str


def append_audit(
    act: Act,
    action: str,
    resource_name: str,
    details: Mapping[str, object],
) -> AuditHead:
    """Write the next row and move the head, in the caller's transaction, which `writing` began."""
    head = act.connection.execute(select(audit_head)).one_or_none()
    if head is None:
        raise StoreError("the record of the audit log's head is gone: run counterpoise-server verify-audit")
    row: dict[str, str | int] = {
        "sequence": head.sequence + 1,
        "instant_microseconds": to_microseconds(act.instant),
        "tenant": act.actor.tenant,
        "principal": act.actor.principal,
        "authenticated": int(act.actor.authenticated),
        "action": action,
        "resource_name": resource_name,
        "details_json": canonical_text(details),
        "previous_sha256": head.sha256,
    }
    sha256 = _row_sha256(row)
    act.connection.execute(insert(audit_log).values(**row, sha256=sha256))
    act.connection.execute(update(audit_head).values(sequence=row["sequence"], sha256=sha256))
    return AuditHead(sequence=head.sequence + 1, sha256=sha256)


def verify_audit(connection: Connection, known: AuditHead | None = None) -> AuditHead:
    """Recompute the whole chain; `known` is a head noted earlier, which the log must still pass through.

    Reads in a transaction of `reading`. Raises AuditBroken with the first sequence that is wrong or missing.
    """
    sequence, sha256 = 0, GENESIS_SHA256
    while batch := _read(connection, sequence):
        for row in batch:
            _check_row(row, sequence + 1, sha256)
            sequence, sha256 = row.sequence, row.sha256
            if known is not None and known.sequence == sequence and known.sha256 != sha256:
                raise AuditBroken(sequence, "is not the row whose hash was noted; the log was written anew")
    head = connection.execute(select(audit_head.c.sequence, audit_head.c.sha256)).one_or_none()
    if head is None:
        raise AuditBroken(sequence + 1, "the record of the head is gone, so rows after it may be missing")
    if head.sequence > sequence:
        raise AuditBroken(sequence + 1, f"is missing; the head says that the log ends at {head.sequence}")
    if head.sequence < sequence:
        raise AuditBroken(head.sequence + 1, "lies beyond the end that the head records")
    if head.sha256 != sha256:
        raise AuditBroken(sequence, "is not the row whose hash the head records")
    if known is not None and known.sequence > sequence:
        raise AuditBroken(sequence + 1, f"is missing; row {known.sequence} was noted earlier")
    return AuditHead(sequence=sequence, sha256=sha256)


def _read(connection: Connection, after: int) -> Sequence[Row[tuple[object, ...]]]:
    query = select(audit_log).where(audit_log.c.sequence > after).order_by(audit_log.c.sequence)
    try:
        return connection.execute(query.limit(_BATCH)).all()
    except OperationalError as error:
        if not _is_no_text(error):
            raise
    # Bytes that are no text stop SQLite's driver, which does not say where: row by row they are found.
    try:
        return connection.execute(query.limit(1)).all()
    except OperationalError as error:
        if not _is_no_text(error):
            raise
        raise AuditBroken(after + 1, "was edited: it holds bytes that are no text") from error


def _is_no_text(error: OperationalError) -> bool:
    return "decode" in str(error.orig)


def _check_row(row: Row[tuple[object, ...]], sequence: int, previous_sha256: str) -> None:
    values = row._asdict()
    if values["sequence"] != sequence:
        raise AuditBroken(sequence, f"is missing; the next one is {values['sequence']}")
    if not (
        all(type(values[name]) is str for name in _TEXTS)
        and all(type(values[name]) is int for name in _INTEGERS)
    ):
        raise AuditBroken(sequence, "was edited: a value has another type than was written")
    if values["previous_sha256"] != previous_sha256:
        raise AuditBroken(sequence, "does not follow the row before it")
    if values.pop("sha256") != _row_sha256(values):
        raise AuditBroken(sequence, "was edited: its content does not have its hash")


def _row_sha256(row: Mapping[str, object]) -> str:
    """SHA-256, lower-case hex, of the row's canonical JSON, its own hash left out."""
    return hashlib.sha256(canonical_text(row).encode("utf-8", "surrogatepass")).hexdigest()

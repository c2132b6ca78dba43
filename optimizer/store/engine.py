"""Opens the database and its transactions: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import SQLITE_BUSY, OperationalError
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from optimizer.store.errors import StoreAddressError, StoreUnavailable, TextRefused
from optimizer.store.tables import audit_head

BUSY_SECONDS = 30
"""How long a writer waits for the one before it."""
_BUSY_PAUSE_SECONDS = 0.01
_ADDRESSES = "use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"
_PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
"""Seconds to connect, milliseconds for what is sent to arrive: a host that is silent holds nobody up."""
_READ_ONLY = "counterpoise_read_only"


def open_engine(dsn: str) -> Engine:
    """Engine of a data source name; nothing is connected yet, but an SQLite file is made for its owner.

    Raises StoreAddressError, which does not repeat the name.
    """
    url = check_address(dsn)
    if url.drivername == "sqlite":
        return _open_sqlite(url)
    # Statements are logged and reported without their values, which are the clients' business.
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={name: value for name, value in _PATIENCE.items() if name not in url.query},
    )


def check_address(dsn: str) -> URL:
    """A data source name that can be opened, whatever is there. Raises StoreAddressError."""
    try:
        url = make_url(dsn)
    except (ArgumentError, ValueError):
        raise StoreAddressError(f"the store's data source name cannot be read; {_ADDRESSES}") from None
    if url.drivername not in {"sqlite", "postgresql", "postgresql+psycopg"}:
        raise StoreAddressError(f"the store runs on SQLite and PostgreSQL alone; {_ADDRESSES}")
    if url.drivername == "sqlite" and (not url.database or url.database == ":memory:"):
        raise StoreAddressError(f"a store outlives its process, so SQLite needs a file; {_ADDRESSES}")
    return url


def database_file(dsn: str) -> Path | None:
    """The file of an SQLite store; None for a database elsewhere. Raises StoreAddressError."""
    url = check_address(dsn)
    return Path(str(url.database)) if url.drivername == "sqlite" else None


@contextmanager
def opened(dsn: str) -> Iterator[Engine]:
    """An engine whose connections are closed at the end. Raises StoreAddressError."""
    engine = open_engine(dsn)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is alone in writing; commits at the end, rolls back on any error.

    SQLite takes its write lock at the start; PostgreSQL locks the row of the audit log's head. So nothing
    read here is stale, no two writers wait for each other, and ids of the outbox are in the order of
    commits. Raises StoreUnavailable.
    """
    with translated(), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
            connection.execute(select(audit_head.c.id).with_for_update())
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of everything and keeps no writer waiting.

    Raises StoreUnavailable.
    """
    options: dict[str, bool | str] = {_READ_ONLY: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with translated(), engine.connect() as connection, connection.execution_options(**options).begin():
        yield connection


def database_instant(connection: Connection) -> datetime.datetime | None:
    """What the clock of the database says; None for SQLite, whose clock is that of this machine."""
    if connection.dialect.name != "postgresql":
        return None
    found: datetime.datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(datetime.UTC)


@contextmanager
def translated() -> Iterator[None]:
    """Errors of drivers become StoreUnavailable, whose text holds no address and no values.

    Raises TextRefused for a text that PostgreSQL does not keep.
    """
    try:
        yield
    except (IntegrityError, DataError) as error:
        if _is_nul(error):
            raise TextRefused(
                "a text holds U+0000, which the store does not keep: leave it out; nothing was written"
            ) from None
        raise  # a fault of ours, or of what somebody did to the tables: never to be tried again
    except (DBAPIError, PoolTimeout) as error:
        raise StoreUnavailable(
            f"the store cannot be used ({_kind(error)}): look whether it is there, migrated"
            " (counterpoise-server migrate), not full and not locked by another program"
        ) from error


def _is_nul(error: IntegrityError | DataError) -> bool:
    # The driver finds it before the server does, so there is no code, only its word.
    return getattr(error.orig, "sqlstate", "") is None and "NUL" in str(error.orig)


def _kind(error: DBAPIError | PoolTimeout) -> str:
    # The text of a driver's error may quote an address or values; its class and code cannot.
    original = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    return f"{type(original or error).__name__}{f' {code}' if code else ''}"


def _open_sqlite(url: URL) -> Engine:
    try:
        os.close(os.open(str(url.database), os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreAddressError(f"the store's SQLite file cannot be opened: {error.strerror}") from None
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where we say, not before the first change
    _use_wal(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}").close()


def _use_wal(connection: SqliteConnection) -> None:
    # Of several who open a new file together one makes it WAL; SQLite refuses the others at once, and its own
    # time-out does not hold here.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except OperationalError as error:
            if error.sqlite_errorcode != SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_PAUSE_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # Begun as a reader, a writer would fail when another commits between its first read and its first write.
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

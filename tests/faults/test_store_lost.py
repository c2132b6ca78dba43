"""A database that goes away or fills up in a transaction: nothing is half-written, and it goes on."""

from __future__ import annotations

import os
import pwd
import random
import subprocess

import pytest
from sqlalchemy import event, text

from optimizer.store import (
    keep_allocation,
    list_runs,
    open_engine,
    opened,
    reading,
    upgrade,
    verify_audit,
    writing,
)
from optimizer.store.errors import StoreUnavailable
from tests.postgres import DSN_VARIABLE, UNPRIVILEGED, database
from tests.sample_store import JOB, TENANT, act, add_job, add_run

MEBIBYTE = 1 << 20


def test_a_session_lost_in_a_transaction_leaves_nothing_and_the_next_one_works(store):
    def lose() -> None:
        with writing(store) as connection:
            add_job(connection)
            _end_session(connection)
            add_run(connection)

    with pytest.raises(StoreUnavailable):
        lose()
    with reading(store) as connection:
        assert verify_audit(connection).sequence == 0
    with writing(store) as connection:
        add_job(connection)
    with reading(store) as connection:
        assert verify_audit(connection).sequence == 1


def _end_session(connection) -> None:
    """Take the connection away under its user, as a network or a server that stops does."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.close()
        return
    session = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with connection.engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:session)"), {"session": session})


def test_a_full_disk_under_postgresql_refuses_the_write_whole_and_room_lets_it_through(
    postgresql_dsn, migrated_template
):
    # The system refuses the session a longer file: the same failed write as on a full disk, under another
    # number. The limit is a segment of the log of writes, which a session that cannot write it takes down.
    if DSN_VARIABLE in os.environ:
        pytest.skip(f"the processes of the server in {DSN_VARIABLE} are out of reach")
    chance = random.Random(6)  # noqa: S311
    with database(postgresql_dsn, migrated_template) as dsn, opened(dsn) as engine:
        with writing(engine) as connection:
            add_job(connection)
            session = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()

        def write(number: int) -> None:
            with writing(engine) as connection:
                assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == session
                add_run(connection, number)
                keep_allocation(act(connection), chance.randbytes(MEBIBYTE).hex())

        def write_until_full() -> None:
            nonlocal written
            for written in range(16):
                write(written)

        written = 0
        _limit_files(session, str(16 * MEBIBYTE))
        with pytest.raises(StoreUnavailable, match="not full") as full:
            write_until_full()
        assert "could not extend file" in str(full.value.__cause__)
        with reading(engine) as connection:
            assert verify_audit(connection).sequence == 1 + written
            assert len(list_runs(connection, TENANT, job_name=JOB, limit=100)) == written
        _limit_files(session, "unlimited")
        write(written)
        with reading(engine) as connection:
            assert verify_audit(connection).sequence == 2 + written


def _limit_files(process: int, size: str) -> None:
    # By its own user: root in a container may not limit the processes of others.
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    group = None if user is None else pwd.getpwnam(user).pw_gid
    subprocess.run(
        ["prlimit", "--pid", str(process), f"--fsize={size}:"],  # noqa: S607
        check=True,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
    )


def test_a_full_disk_under_sqlite_refuses_the_write_whole_and_room_lets_it_through(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/store.sqlite3")
    upgrade(engine)
    limit = 1

    @event.listens_for(engine, "checkout")
    def fill(connection, _record, _proxy) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit}").close()

    def write() -> None:
        with writing(engine) as connection:
            add_job(connection)
            for number in range(500):
                add_run(connection, number)

    with pytest.raises(StoreUnavailable, match="SQLITE_FULL"):
        write()
    with reading(engine) as connection:
        assert verify_audit(connection).sequence == 0
    limit = 1_000_000
    write()
    with reading(engine) as connection:
        assert verify_audit(connection).sequence == 501
    engine.dispose()

"""A database that goes away or fills up in a transaction: nothing is half-written, and it goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from optimizer.store import open_engine, reading, upgrade, verify_audit, writing
from optimizer.store.errors import StoreUnavailable
from tests.sample_store import add_job, add_run


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


def test_a_full_disk_refuses_the_write_whole_and_room_lets_it_through(tmp_path):
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

"""The tables that migrations make are the tables that the code uses, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from optimizer.store import AuditHead, open_engine, reading, upgrade, verify_audit, writing
from optimizer.store.tables import METADATA
from tests.sample_store import JOB, add_job


def test_migrated_tables_are_those_of_the_metadata(store):
    with store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrated_checks_are_those_of_the_metadata(store):
    # Alembic does not compare checks.
    for table in METADATA.sorted_tables:
        expected = {item.name for item in table.constraints if isinstance(item, CheckConstraint)}
        found = {check["name"] for check in inspect(store).get_check_constraints(table.name)}
        assert found == {
            f"ck_{table.name}_{name}" if not name.startswith("ck_") else name for name in expected
        }


def test_migrating_again_changes_nothing(store):
    with writing(store) as connection:
        add_job(connection)
    upgrade(store)
    with reading(store) as connection:
        assert connection.execute(text("SELECT name FROM jobs")).scalar_one() == JOB


def test_servers_that_migrate_together_leave_one_set_of_tables(empty_store_dsn):
    engines = [open_engine(empty_store_dsn) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(upgrade, engines))
    with reading(engines[0]) as connection:
        assert verify_audit(connection) == AuditHead(sequence=0, sha256="0" * 64)
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("change", ["UPDATE audit_log SET principal = 'eve'", "DELETE FROM audit_log"])
def test_the_database_itself_refuses_changes_of_the_audit_log(store, change):
    with writing(store) as connection:
        add_job(connection)
    with pytest.raises(DBAPIError, match="only grows"), store.begin() as connection:
        connection.execute(text(change))


def test_foreign_keys_hold(store):
    orphan = "INSERT INTO job_revisions VALUES ('nowhere', 1, '{}', :sha256, '{}', 'ada', 0)"
    with pytest.raises(IntegrityError), store.begin() as connection:
        connection.execute(text(orphan), {"sha256": "0" * 64})


def test_sqlite_is_durable_and_its_file_is_its_owners(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/store.sqlite3")
    with engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous")
        ]
    engine.dispose()
    assert pragmas == ["wal", 2]
    assert (tmp_path / "store.sqlite3").stat().st_mode & 0o077 == 0

"""The tables that migrations make are the tables that the code uses, on both databases."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, event, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from optimizer.store import (
    AuditHead,
    count_store,
    expire_due,
    get_proposal,
    get_run,
    last_by_day,
    last_look,
    last_message_id,
    latest_marks,
    open_engine,
    opened,
    reading,
    slots_on_record,
    unfinished_runs,
    upgrade,
    verify_audit,
    waiting_releases,
    writing,
)
from optimizer.store.columns import from_microseconds
from optimizer.store.run_rows import oldest_to_claim
from optimizer.store.tables import METADATA
from tests.sample_store import CONTENT_SHA256, JOB, NOW, act, add_job, proposal_name, run_name


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


def test_what_was_decided_before_there_were_releases_left_nothing(empty_store_dsn):
    # Rows as the tables of the second step have them.
    before = [
        f"INSERT INTO jobs VALUES ('{JOB}', 'pension', '', 'ACTIVE', '', 1, 1, 0, 0)",
        f"INSERT INTO job_revisions VALUES ('{JOB}', 1, '{{}}', '{'0' * 64}', '{{}}', 'ada', 0)",
        "INSERT INTO runs (name, tenant, job_name, job_revision, state, outcome, initiator, create_instant)"
        f" VALUES ('{run_name(1)}', 'pension', '{JOB}', 1, 'SUCCEEDED', 'PROPOSED', 'ada', 0)",
        "INSERT INTO proposals (name, tenant, job_name, run_name, state, trades_json, content_sha256,"
        " barred_approvers_json, expire_instant, create_instant) VALUES"
        f" ('{proposal_name(1)}', 'pension', '{JOB}', '{run_name(1)}', 'APPROVED', '[]', '{CONTENT_SHA256}',"
        " '[]', 9, 5)",
        f"INSERT INTO decisions VALUES ('{proposal_name(1)}', 'APPROVED', 'ben', 7, '', '{CONTENT_SHA256}')",
    ]
    with opened(empty_store_dsn) as engine:
        upgrade(engine, "0002")
        with engine.begin() as connection:
            for statement in before:
                connection.execute(text(statement))
        upgrade(engine)
        with reading(engine) as connection:
            proposal = get_proposal(connection, "pension", proposal_name(1))
            run = get_run(connection, "pension", run_name(1))
    assert (proposal.state, proposal.release_state) == ("APPROVED", "DRY_RUN")
    assert (proposal.plan_json, proposal.measures_json) == ("[]", "{}")
    assert proposal.release_instant == proposal.decision.decide_instant == from_microseconds(7)
    assert not proposal.decision.authenticated
    assert (run.refusals_json, run.marks_name, run.lease_holder) == ("[]", "", None)


def test_who_opens_a_new_sqlite_file_waits_for_another_that_holds_it(tmp_path):
    # In its first moments the file is not WAL yet, and SQLite's own time-out does not hold.
    path = tmp_path / "store.sqlite3"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with opened(f"sqlite:///{path}") as engine, ThreadPoolExecutor(1) as threads:
        upgraded = threads.submit(upgrade, engine)
        time.sleep(0.2)
        assert not upgraded.done()
        other.rollback()
        upgraded.result()
        other.close()
        with reading(engine) as connection:
            assert verify_audit(connection).sequence == 0


@pytest.mark.parametrize("change", ["UPDATE audit_log SET principal = 'eve'", "DELETE FROM audit_log"])
def test_the_database_itself_refuses_changes_of_the_audit_log(store, change):
    with writing(store) as connection:
        add_job(connection)
    with pytest.raises(DBAPIError, match="only grows"), store.begin() as connection:
        connection.execute(text(change))


@pytest.mark.parametrize(
    ("look", "index"),
    [
        (lambda connection: oldest_to_claim(connection, NOW), "SCAN runs USING INDEX ix_runs_unfinished"),
        (lambda connection: expire_due(act(connection)), "ix_proposals_due"),
        (lambda connection: waiting_releases(connection, 10), "ix_proposals_waiting"),
        (lambda connection: last_message_id(connection, "pension"), "ix_outbox_tenant_id"),
        (lambda connection: latest_marks(connection, "pension", JOB), "ix_marks_job_name_audit_sequence"),
        (lambda connection: last_by_day(connection, "pension", JOB, "2026-01-01"), "ix_marks"),
        (lambda connection: oldest_to_claim(connection, NOW), "ix_runs_unfinished_of_job (job_name=?)"),
        (lambda connection: unfinished_runs(connection, JOB), "ix_runs_unfinished_of_job (job_name=?)"),
        (lambda connection: last_look(connection, JOB, 1), "ix_runs_looks (job_name=? AND job_revision=?)"),
    ],
    ids=["claim", "expire", "release", "send", "marks", "recorded", "busy", "unfinished", "look"],
)
def test_what_is_due_is_found_without_reading_what_is_done(tmp_path, look, index):
    asked = []
    with opened(f"sqlite:///{tmp_path}/store.sqlite3") as engine:
        upgrade(engine)
        event.listen(engine, "before_cursor_execute", lambda *event: asked.append(event[2:4]))
        with writing(engine) as connection:
            look(connection)
            ((statement, values),) = [query for query in asked if query[0].startswith("SELECT")]
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any(index in step.detail for step in plan)


def test_the_last_day_of_marks_is_found_without_reading_the_others(tmp_path):
    asked = []
    with opened(f"sqlite:///{tmp_path}/store.sqlite3") as engine:
        upgrade(engine)
        event.listen(engine, "before_cursor_execute", lambda *event: asked.append(event[2:4]))
        with reading(engine) as connection:
            count_store(connection, job_limit=10)
            statement, values = next(query for query in asked if "max(marks" in query[0])
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    wanted = "SEARCH marks USING COVERING INDEX ix_marks_job_name_as_of_date (job_name=?)"
    assert wanted in [step.detail for step in plan]


def test_a_run_that_was_skipped_for_no_slot_leaves_none_to_a_later_run(empty_store_dsn):
    """Rows as the tables of the third step have them: one has a slot, one was skipped by hand."""
    columns = "(name, tenant, job_name, job_revision, state, initiator, create_instant, slot_instant)"
    with opened(empty_store_dsn) as engine:
        upgrade(engine, "0002")
        with engine.begin() as connection:
            for statement in (
                f"INSERT INTO jobs VALUES ('{JOB}', 'pension', '', 'ACTIVE', '', 1, 1, 0, 0)",
                f"INSERT INTO job_revisions VALUES ('{JOB}', 1, '{{}}', '{'0' * 64}', '{{}}', 'ada', 0)",
                f"INSERT INTO runs {columns} VALUES"
                f" ('{run_name(1)}', 'pension', '{JOB}', 1, 'SKIPPED', 'ada', 5, NULL),"
                f" ('{run_name(2)}', 'pension', '{JOB}', 1, 'SKIPPED', 'ada', 6, 4)",
            ):
                connection.execute(text(statement))
        upgrade(engine)
        with reading(engine) as connection:
            slots = [get_run(connection, "pension", run_name(number)).slot_instant for number in (1, 2)]
            assert slots_on_record(connection, JOB, from_microseconds(0)) == {from_microseconds(4)}
    assert slots == [None, from_microseconds(4)]


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

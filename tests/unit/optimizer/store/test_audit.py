"""The audit log: what it holds, and that nothing about it can be changed unseen."""

from __future__ import annotations

import hashlib
import json
import string
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, text

from optimizer.store import (
    Actor,
    AuditHead,
    append_audit,
    open_engine,
    reading,
    upgrade,
    verify_audit,
    writing,
)
from optimizer.store.errors import AuditBroken, NotFound
from tests.sample_store import act, add_job, add_proposal

ROWS = 9
TEXTS = ["tenant", "principal", "action", "resource_name", "details_json", "previous_sha256", "sha256"]
COLUMNS = [*TEXTS, "instant_microseconds", "authenticated"]
MIDDLE = 5


@pytest.fixture
def written(store: Engine) -> Engine:
    """A log of nine rows whose triggers are gone, as they are for whoever owns the database."""
    _write(store)
    return store


def _write(engine: Engine) -> None:
    with writing(engine) as connection:
        for number in range(ROWS):
            details = {"note": 'é\0 \n"', "number": number}
            append_audit(act(connection), "marks.record", f"tenants/pension/marks/{number}", details)
        for statement in _without_triggers(connection):
            connection.execute(text(statement))


def _without_triggers(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return ["DROP TRIGGER audit_log_kept_from_UPDATE", "DROP TRIGGER audit_log_kept_from_DELETE"]
    return ["DROP TRIGGER audit_log_kept ON audit_log"]


def _tamper(engine: Engine, *statements: str, **values: object) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def _first_bad(engine: Engine, known: AuditHead | None = None) -> int:
    with reading(engine) as connection, pytest.raises(AuditBroken) as broken:
        verify_audit(connection, known)
    return broken.value.sequence


def _head(engine: Engine) -> AuditHead:
    with reading(engine) as connection:
        return verify_audit(connection)


def test_a_row_holds_who_did_what_when_and_its_hash_can_be_recomputed_from_the_page(store):
    nobody = Actor(tenant="pension", principal="someone", authenticated=False)
    with writing(store) as connection:
        append_audit(
            act(connection, nobody), "job.create", "tenants/pension/rebalanceJobs/a", {"b": 1, "a": "ü"}
        )
    with reading(store) as connection:
        row = connection.execute(text("SELECT * FROM audit_log")).one()
    assert row.details_json == '{"a":"ü","b":1}'
    written = (
        '{"action":"job.create","authenticated":0,"details_json":"{\\"a\\":\\"ü\\",\\"b\\":1}",'
        '"instant_microseconds":1764343800123456,"previous_sha256":"' + "0" * 64 + '","principal":"someone",'
        '"resource_name":"tenants/pension/rebalanceJobs/a","sequence":1,"tenant":"pension"}'
    )
    assert row.sha256 == hashlib.sha256(written.encode()).hexdigest()


def test_an_untouched_log_is_valid_and_ends_at_its_last_row(written):
    assert _head(written).sequence == ROWS


@pytest.mark.parametrize("column", TEXTS)
def test_any_edited_character_of_a_row_is_found(written, column):
    with reading(written) as connection:
        value = connection.execute(
            text(f"SELECT {column} FROM audit_log WHERE sequence = {MIDDLE}")
        ).scalar_one()
    for place in range(len(value)):
        other = next(letter for letter in string.ascii_letters if letter != value[place])
        edited = value[:place] + other + value[place + 1 :]
        _tamper(written, f"UPDATE audit_log SET {column} = :edited WHERE sequence = {MIDDLE}", edited=edited)
        assert _first_bad(written) == MIDDLE
    _tamper(written, f"UPDATE audit_log SET {column} = :value WHERE sequence = {MIDDLE}", value=value)
    assert _head(written).sequence == ROWS


@pytest.mark.parametrize("edit", ["instant_microseconds = instant_microseconds + 1", "authenticated = 0"])
def test_an_edited_number_of_a_row_is_found(written, edit):
    _tamper(written, f"UPDATE audit_log SET {edit} WHERE sequence = {MIDDLE}")
    assert _first_bad(written) == MIDDLE


@pytest.mark.parametrize(
    "edit", ["details_json = details_json || ' '", "principal = ''", "tenant = tenant || 'x'"]
)
def test_added_and_cleared_text_is_found(written, edit):
    _tamper(written, f"UPDATE audit_log SET {edit} WHERE sequence = {MIDDLE}")
    assert _first_bad(written) == MIDDLE


def test_bytes_that_are_no_text_are_found_where_the_database_takes_them(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/store.sqlite3")
    upgrade(engine)
    _write(engine)
    for edit in ("principal = CAST(x'ff41' AS TEXT)", "principal = x'616461'"):
        _tamper(engine, f"UPDATE audit_log SET {edit} WHERE sequence = {MIDDLE}")
        assert _first_bad(engine) == MIDDLE
    engine.dispose()


@pytest.mark.parametrize("sequence", range(1, ROWS + 1))
def test_a_deleted_row_is_found_wherever_it_was(written, sequence):
    _tamper(written, f"DELETE FROM audit_log WHERE sequence = {sequence}")
    assert _first_bad(written) == sequence


def test_a_deleted_row_whose_followers_moved_up_is_found(written):
    _tamper(written, f"DELETE FROM audit_log WHERE sequence = {MIDDLE}")
    for sequence in range(MIDDLE + 1, ROWS + 1):
        _tamper(written, f"UPDATE audit_log SET sequence = {sequence - 1} WHERE sequence = {sequence}")
    assert _first_bad(written) == MIDDLE


def test_swapped_rows_are_found(written):
    swaps = [(MIDDLE, 99), (MIDDLE + 1, MIDDLE), (99, MIDDLE + 1)]
    _tamper(written, *(f"UPDATE audit_log SET sequence = {new} WHERE sequence = {old}" for old, new in swaps))
    assert _first_bad(written) == MIDDLE


def test_a_tail_that_was_cut_off_is_found(written):
    _tamper(written, f"DELETE FROM audit_log WHERE sequence > {MIDDLE}")
    assert _first_bad(written) == MIDDLE + 1


def test_an_emptied_log_is_found(written):
    _tamper(written, "DELETE FROM audit_log")
    assert _first_bad(written) == 1


@pytest.mark.parametrize(
    ("edit", "sequence"),
    [
        ("DELETE FROM audit_head", ROWS + 1),
        (f"UPDATE audit_head SET sequence = {ROWS - 1}", ROWS),
        (f"UPDATE audit_head SET sequence = {ROWS + 1}", ROWS + 1),
        ("UPDATE audit_head SET sha256 = '0'", ROWS),
    ],
)
def test_an_edited_head_is_found(written, edit, sequence):
    _tamper(written, edit)
    assert _first_bad(written) == sequence


def test_a_row_forged_with_its_own_hash_is_found_by_the_row_after_it(written):
    _forge(written, MIDDLE)
    assert _first_bad(written) == MIDDLE + 1


def test_a_log_written_anew_is_found_by_a_head_that_was_noted(written):
    noted = _head(written)
    for sequence in range(MIDDLE, ROWS + 1):
        _forge(written, sequence)
    _tamper(
        written,
        "UPDATE audit_head SET sha256 = (SELECT sha256 FROM audit_log ORDER BY sequence DESC LIMIT 1)",
    )
    assert _head(written).sequence == ROWS, "from inside, nothing is to be seen"
    assert _first_bad(written, noted) == ROWS


def test_a_log_cut_off_with_its_head_is_found_by_a_head_that_was_noted(written):
    noted = _head(written)
    _tamper(
        written,
        f"DELETE FROM audit_log WHERE sequence > {MIDDLE}",
        f"UPDATE audit_head SET sequence = {MIDDLE},"
        f" sha256 = (SELECT sha256 FROM audit_log WHERE sequence = {MIDDLE})",
    )
    assert _head(written).sequence == MIDDLE
    assert _first_bad(written, noted) == MIDDLE + 1


def test_a_log_that_went_on_still_passes_through_a_head_that_was_noted(written):
    noted = _head(written)
    with writing(written) as connection:
        append_audit(act(connection), "marks.record", "tenants/pension/marks/next", {})
    with reading(written) as connection:
        assert verify_audit(connection, noted).sequence == ROWS + 1


def test_a_log_longer_than_one_read_is_checked_to_its_end(store):
    rows = 1100
    with writing(store) as connection:
        for number in range(rows):
            append_audit(act(connection), "marks.record", f"tenants/pension/marks/{number}", {})
        for statement in _without_triggers(connection):
            connection.execute(text(statement))
    assert _head(store).sequence == rows
    _tamper(store, "UPDATE audit_log SET principal = 'eve' WHERE sequence = 1050")
    assert _first_bad(store) == 1050


def test_an_effect_that_is_rolled_back_leaves_no_row(store):
    def fail() -> None:
        with writing(store) as connection:
            add_job(connection)
            raise NotFound("anything")

    with pytest.raises(NotFound):
        fail()
    assert _head(store).sequence == 0


def test_writers_beside_each_other_make_one_chain(store):
    def write(number: int) -> None:
        for _ in range(10):
            with writing(store) as connection:
                append_audit(act(connection), "marks.record", f"tenants/pension/marks/{number}", {})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    assert _head(store).sequence == 80


def test_every_change_of_a_proposal_on_its_way_has_one_row(store):
    with writing(store) as connection:
        add_job(connection)
        add_proposal(connection)
    with reading(store) as connection:
        actions = connection.execute(text("SELECT action FROM audit_log ORDER BY sequence")).scalars().all()
    assert actions == ["job.create", "run.create", "run.running", "run.succeeded", "proposal.create"]


def _forge(engine: Engine, sequence: int) -> None:
    """Another principal in a row, its hash made again, as by one who knows how."""
    with engine.begin() as connection:
        row = connection.execute(text(f"SELECT * FROM audit_log WHERE sequence = {sequence}")).one()._asdict()
        before = connection.execute(
            text(f"SELECT sha256 FROM audit_log WHERE sequence = {sequence - 1}")
        ).scalar()
        del row["sha256"]
        row |= {"principal": "eve", "previous_sha256": before}
        page = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        connection.execute(
            text(
                "UPDATE audit_log SET principal = 'eve', previous_sha256 = :before, sha256 = :own"
                " WHERE sequence = :at"
            ),
            {"before": before, "own": hashlib.sha256(page.encode()).hexdigest(), "at": sequence},
        )

"""Addresses of databases: what is refused, and that no password is ever printed."""

from __future__ import annotations

import socket

import pytest
from typer.testing import CliRunner

from optimizer.main import main
from optimizer.settings import Settings
from optimizer.store import open_engine, reading, writing
from optimizer.store.errors import StoreAddressError, StoreUnavailable
from tests.sample_store import add_job

SECRET = "hunter2"  # noqa: S105
BAD = [
    f"mysql://ada:{SECRET}@db/store",
    f"ada:{SECRET}@db",
    f"postgresql://ada:{SECRET}@db:port/store",
    "sqlite://",
    "sqlite:///:memory:",
    "sqlite:////nowhere/at/all/store.sqlite3",
]
AWAY = f"postgresql://ada:{SECRET}@127.0.0.1:1/store"


def _run(monkeypatch, dsn, *arguments):
    monkeypatch.setenv("COUNTERPOISE_STORE_DSN", dsn)
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("dsn", BAD)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(dsn):
    with pytest.raises(StoreAddressError) as refused:
        open_engine(dsn)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_database_that_is_away_says_so_without_its_address():
    engine = open_engine(AWAY)
    with pytest.raises(StoreUnavailable) as away, reading(engine):
        pass
    assert SECRET not in str(away.value)
    assert "127.0.0.1" not in str(away.value)


def test_a_database_without_tables_says_what_to_do(empty_store_dsn):
    engine = open_engine(empty_store_dsn)
    with pytest.raises(StoreUnavailable, match="counterpoise-server migrate"), writing(engine) as connection:
        add_job(connection)
    engine.dispose()


@pytest.mark.parametrize("command", ["migrate", "verify-audit"])
@pytest.mark.parametrize("dsn", [*BAD, AWAY])
def test_commands_print_no_password(monkeypatch, command, dsn):
    done = _run(monkeypatch, dsn, command)
    assert done.exit_code == 1
    assert done.output.startswith("counterpoise-server: ")
    assert SECRET not in done.output


def test_settings_do_not_show_the_address():
    assert SECRET not in repr(Settings(store_dsn=AWAY))


def test_commands_migrate_and_verify(monkeypatch, empty_store_dsn):
    assert _run(monkeypatch, empty_store_dsn, "migrate").exit_code == 0
    assert _run(monkeypatch, empty_store_dsn, "migrate").exit_code == 0
    engine = open_engine(empty_store_dsn)
    with writing(engine) as connection:
        add_job(connection)
    verified = _run(monkeypatch, empty_store_dsn, "verify-audit")
    assert verified.exit_code == 0
    head = verified.output.split()[-1]
    assert _run(monkeypatch, empty_store_dsn, "verify-audit", "--known-head", head).exit_code == 0
    forged = _run(monkeypatch, empty_store_dsn, "verify-audit", "--known-head", "1:" + "0" * 64)
    assert (forged.exit_code, "audit row 1:" in forged.output) == (1, True)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_head SET sequence = 3")
    broken = _run(monkeypatch, empty_store_dsn, "verify-audit")
    assert (broken.exit_code, "audit row 2: is missing" in broken.output) == (1, True)
    assert _run(monkeypatch, empty_store_dsn, "verify-audit", "--known-head", "last").exit_code == 2
    engine.dispose()


@pytest.mark.timeout(60)  # a system's own patience is two minutes
def test_a_database_that_takes_connections_and_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = open_engine(f"postgresql://ada:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/store")
        with pytest.raises(StoreUnavailable) as refused, reading(engine):
            pass
        engine.dispose()
    assert SECRET not in str(refused.value)

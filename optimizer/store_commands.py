"""Commands of whoever operates the store: they work on it directly, beside servers or without any."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from optimizer.settings import Settings
    from optimizer.store import AuditHead, Engine

_USAGE_ERROR = 2
_ROWS_AT_A_TIME = 500

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="TOML or YAML file; COUNTERPOISE_SETTINGS_FILE otherwise.")
]


def settings_of(settings_file: Path | None, listen_address: str | None = None) -> Settings:
    """The settings; ends the program with exit code 2 where they cannot be used."""
    from optimizer.settings import SettingsError, load_settings

    try:
        return load_settings(settings_file, listen_address)
    except SettingsError as error:
        typer.echo(f"counterpoise-server: {error}", err=True)
        raise typer.Exit(_USAGE_ERROR) from None


def migrate(settings_file: SettingsFile = None) -> None:
    """Bring the store, `store_dsn` of the settings, to the tables of this release."""
    from optimizer.store import upgrade

    with _store(settings_file) as engine:
        upgrade(engine)
    typer.echo("the store is up to date")


def verify_audit(
    settings_file: SettingsFile = None,
    known_head: Annotated[
        str | None,
        typer.Option(
            "--known-head",
            help="SEQUENCE:SHA256 as printed earlier and kept elsewhere: finds a log written anew too.",
        ),
    ] = None,
) -> None:
    """Check every row of the audit log; exit code 1 names the first that is not as it was written."""
    from optimizer.store import reading
    from optimizer.store import verify_audit as verify

    known = _head(known_head)
    with _store(settings_file) as engine, reading(engine) as connection:
        head = verify(connection, known)
    typer.echo(
        f"the audit log is as it was written: {head.sequence} rows, head {head.sequence}:{head.sha256}"
    )


def audit(
    settings_file: SettingsFile = None,
    resource: Annotated[
        str,
        typer.Option("--resource", help="Rows of this resource, and of what is below it: a job's name."),
    ] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
) -> None:
    """Print the audit log: who did what, when, to which resource."""
    from optimizer.store import audit_rows, reading

    with _store(settings_file) as engine, reading(engine) as connection:
        after = 0
        while rows := audit_rows(
            connection, tenant=None, prefix=resource, after=after, limit=_ROWS_AT_A_TIME
        ):
            for row in rows:
                who = row.principal if row.authenticated else f"{row.principal} (unauthenticated)"
                if as_json:
                    fields = {
                        "sequence": row.sequence,
                        "instant": row.instant.isoformat(),
                        "tenant": row.tenant,
                        "principal": row.principal,
                        "authenticated": row.authenticated,
                        "action": row.action,
                        "resource_name": row.resource_name,
                        "details": json.loads(row.details_json),
                        "sha256": row.sha256,
                    }
                    typer.echo(json.dumps(fields))
                else:
                    time = row.instant.strftime("%Y-%m-%d %H:%M:%S")
                    typer.echo(f"{row.sequence:>6}  {time}  {who}  {row.action}  {row.resource_name}")
                    typer.echo(f"        {_said(row.details_json)}")
            after = rows[-1].sequence


def kill_switch(
    action: Annotated[str, typer.Argument(help="engage or release", metavar="engage|release")],
    comment: Annotated[str, typer.Option("--comment", help="Why, for the record.")],
    operator: Annotated[str, typer.Option("--operator", help="Who, for the record.")],
    settings_file: SettingsFile = None,
) -> None:
    """Stop all runs, approvals and releases of all tenants, or let them go on."""
    import datetime

    from optimizer.store import EVERYBODY, Act, Actor, engage_switch, release_switch, writing

    change = {"engage": engage_switch, "release": release_switch}.get(action)
    if change is None:
        typer.echo(f"counterpoise-server: {action} is neither engage nor release", err=True)
        raise typer.Exit(_USAGE_ERROR)
    # Whoever may write to the store needs no token, and his name is his own word.
    actor = Actor(tenant="-", principal=operator, authenticated=False)
    with _store(settings_file) as engine, writing(engine) as connection:
        now = datetime.datetime.now(datetime.UTC)
        change(Act(connection=connection, actor=actor, instant=now), EVERYBODY, comment)
    typer.echo(f"the kill switch for everybody is {action}d")


@contextmanager
def _store(settings_file: Path | None) -> Iterator[Engine]:
    """The store; what it refuses ends the program with exit code 1."""
    from optimizer.store import StoreError, opened

    settings = settings_of(settings_file)
    try:
        with opened(settings.store_dsn.get_secret_value()) as engine:
            yield engine
    except StoreError as error:
        typer.echo(f"counterpoise-server: {error}", err=True)
        raise typer.Exit(1) from None


def _head(known_head: str | None) -> AuditHead | None:
    from optimizer.store import AuditHead

    if known_head is None:
        return None
    sequence, separator, sha256 = known_head.partition(":")
    if not (sequence.isdecimal() and separator and len(sha256) == 64):
        typer.echo("counterpoise-server: --known-head is SEQUENCE:SHA256, as printed before", err=True)
        raise typer.Exit(_USAGE_ERROR)
    return AuditHead(sequence=int(sequence), sha256=sha256)


def _said(details_json: str) -> str:
    details = json.loads(details_json)
    return ", ".join(f"{name} {_short(value)}" for name, value in details.items() if value not in (None, ""))


def _short(value: object) -> str:
    text = str(value)
    return f"{text[:12]}..." if len(text) == 64 and text.isalnum() else text

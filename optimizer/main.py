"""Composition root and command line of the server.

Imports stay inside the commands: every worker imports this module, and the fork server must be running
before gRPC is loaded.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.schedule_commands import run_slot, schedule
from optimizer.starting import started_pool
from optimizer.store_commands import (
    SettingsFile,
    audit,
    kill_switch,
    migrate,
    settings_of,
    verify_audit,
)

if TYPE_CHECKING:
    from optimizer.service.tokens import TokenVerifier
    from optimizer.settings import Settings

_USAGE_ERROR = 2
_SWITCH_SECONDS = 0.0005

main = typer.Typer(
    name="counterpoise-server", add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)


main.command()(migrate)
main.command()(verify_audit)
main.command()(audit)
main.command()(kill_switch)
main.command()(schedule)
main.command()(run_slot)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"counterpoise-server {version('counterpoise-optimizer')}")
        raise typer.Exit


@main.callback()
def root(
    *,
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Server of the Counterpoise portfolio-allocation service."""


@main.command()
def serve(
    settings_file: SettingsFile = None,
    listen_address: Annotated[
        str | None, typer.Option("--listen", help="host:port, port 0 for a free one; wins over the settings.")
    ] = None,
    *,
    with_scheduler: Annotated[
        bool, typer.Option("--with-scheduler", help="Run jobs by their schedules too, as `schedule` does.")
    ] = False,
    until_stdin_closes: Annotated[
        bool,
        typer.Option(
            "--until-stdin-closes",
            help="Stop, as on SIGTERM, when standard input ends: the "
            "server then lives no longer than the process that holds its other end.",
        ),
    ] = False,
) -> None:
    """Serve until SIGTERM or SIGINT; prints `listening on HOST:PORT` when ready, logs to standard error."""
    settings = settings_of(settings_file, listen_address)
    _check_store(settings)
    _run(
        settings,
        _token_verifier(settings),
        with_scheduler=with_scheduler,
        until_stdin_closes=until_stdin_closes,
    )


def _check_store(settings: Settings) -> None:
    from optimizer.store import StoreError, database_file

    try:
        database_file(settings.store_dsn.get_secret_value())
    except StoreError as error:
        typer.echo(f"counterpoise-server: store_dsn: {error}", err=True)
        raise typer.Exit(_USAGE_ERROR) from None


def _token_verifier(settings: Settings) -> TokenVerifier | None:
    if settings.token_keys_file is None or settings.token_issuer is None or settings.token_audience is None:
        return None
    from optimizer.service.keys import KeysError, load_keys
    from optimizer.service.tokens import TokenVerifier

    try:
        keys = load_keys(settings.token_keys_file)
    except KeysError as error:
        typer.echo(f"counterpoise-server: token_keys_file: {error}", err=True)
        raise typer.Exit(_USAGE_ERROR) from None
    return TokenVerifier(keys=keys, issuer=settings.token_issuer, audience=settings.token_audience)


def _run(
    settings: Settings,
    token_verifier: TokenVerifier | None,
    *,
    with_scheduler: bool,
    until_stdin_closes: bool,
) -> None:
    with started_pool(settings) as pool:
        if until_stdin_closes:
            threading.Thread(target=_stop_after_stdin, name="stdin", daemon=True).start()
        # Only now that the fork server runs: both load gRPC.
        from optimizer.answering.clusters import ClusterError
        from optimizer.composition import serve_all
        from optimizer.service.server import ListenError
        from optimizer.telemetry.exposition import ExpositionError

        # Threads that convert and certify must not keep the event loop from health checks and refusals.
        sys.setswitchinterval(_SWITCH_SECONDS)
        try:
            serve_all(settings, token_verifier, pool, _announce, with_scheduler=with_scheduler)
        except (ListenError, ExpositionError, ClusterError) as error:
            typer.echo(f"counterpoise-server: {error}", err=True)
            raise typer.Exit(1) from None


def _stop_after_stdin() -> None:
    while sys.stdin.buffer.read(1 << 16):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _announce(address: str) -> None:
    sys.stdout.write(f"listening on {address}\n")
    sys.stdout.flush()

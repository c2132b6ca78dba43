"""Arguments and options of the command line, and what is accepted for them."""

from __future__ import annotations

import re
from importlib.metadata import version
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated

import typer

_TARGET = re.compile(r"(?:\[([^\[\]]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})", re.ASCII).fullmatch
_HIGHEST_PORT = 65535

STANDARD_INPUT = Path("-")


def checked_file(value: Path) -> Path:
    """A file as it came; raises BadParameter unless it is there or stands for standard input."""
    if value != STANDARD_INPUT and not value.exists():
        raise typer.BadParameter(f"file {str(value)!r} does not exist.")
    if value.is_dir():
        raise typer.BadParameter(f"{str(value)!r} is a directory; name a file in it.")
    return value


def checked_target(value: str | None) -> str | None:
    """A target as it came; raises BadParameter unless it is HOST:PORT."""
    if value is not None and not _is_target(value):
        raise typer.BadParameter(
            f"{value!r} is no HOST:PORT; write one such as localhost:50051 or [::1]:50051, "
            f"with a port from 1 to {_HIGHEST_PORT}."
        )
    return value


def _is_target(value: str) -> bool:
    match = _TARGET(value)
    if match is None or not 1 <= int(match[3]) <= _HIGHEST_PORT:
        return False
    try:
        return match[1] is None or bool(IPv6Address(match[1]))
    except ValueError:
        return False


def show_version(value: bool) -> None:
    """Prints the version of this client and ends."""
    if value:
        typer.echo(f"counterpoise {version('counterpoise')}")
        raise typer.Exit


ProblemFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Problem file, YAML or JSON; - reads standard input.",
        callback=checked_file,
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="HOST:PORT",
        callback=checked_target,
        help="A running server. Without it one is started for the call, where it is installed.",
    ),
]
TargetOfValidation = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="HOST:PORT",
        callback=checked_target,
        help="A running server to ask, which warns, too. Without it the check is this client's own.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print ProtoJSON with proto field names, empty fields included.")
]
ShowVersion = Annotated[
    bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
]

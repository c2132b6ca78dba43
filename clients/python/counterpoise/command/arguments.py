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
_LONGEST_HORIZON = 2520

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


def parsed_horizons(value: str | None) -> tuple[int, ...]:
    """Horizons in trading days as they are written: `1,5,20`; raises BadParameter for anything else."""
    if value is None:
        return ()
    words = [word.strip() for word in value.split(",")]
    days = [int(word) for word in words if re.fullmatch("[0-9]{1,4}", word)]
    if len(days) < len(words) or not all(1 <= day <= _LONGEST_HORIZON for day in days):
        raise typer.BadParameter(
            f"{value!r} is no list of horizons; write trading days from 1 to {_LONGEST_HORIZON} with commas "
            "between them, such as 1,5,20."
        )
    if len(set(days)) < len(days):
        raise typer.BadParameter(f"{value!r} has a horizon twice; write each once.")
    return tuple(days)


def checked_horizons(value: str | None) -> str | None:
    """Horizons as they came; raises BadParameter unless they are some."""
    parsed_horizons(value)
    return value


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
EntryName = Annotated[
    str,
    typer.Argument(
        metavar="ENTRY", help="An entry, such as 2020-crash, or in full market-stresses/1/2020-crash."
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
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="Bearer token for the server at --target. Default: the variable COUNTERPOISE_TOKEN.",
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        metavar="FILE",
        help="PEM certificates of the authorities that the server at --target is checked against. Without "
        "them the connection is not encrypted.",
    ),
]
Horizons = Annotated[
    str | None,
    typer.Option(
        "--horizons",
        metavar="DAYS",
        callback=checked_horizons,
        help="Trading days with commas between them, such as 1,5,20. Default: those of the mandate's "
        "coverage limits; where it has none, 1,5,20,63,95.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print ProtoJSON with proto field names, empty fields included.")
]
ShowVersion = Annotated[
    bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
]

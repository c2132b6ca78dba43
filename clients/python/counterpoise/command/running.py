"""What all commands share: exit codes, reading a problem, a client, and errors in words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from counterpoise.command.arguments import STANDARD_INPUT

if TYPE_CHECKING:
    from counterpoise.client import Client
    from counterpoise.errors import InvalidProblem
    from counterpoise.model import AllocationProblem, ValidatePortfolioResponse


class ExitCode(IntEnum):
    """What the shell is told; 2 is typer's own for wrong usage."""

    CERTIFIED = 0
    ERROR = 1
    USAGE = 2
    INFEASIBLE = 3
    NOT_CERTIFIED = 4


INTERRUPTED: Final = 130
"""What shells are told where Ctrl-C ended a command."""


def read(file: Path) -> AllocationProblem:
    """The problem in a file or on standard input; raises InvalidProblem."""
    from counterpoise import files

    if file == STANDARD_INPUT:
        return files.read_problem_from(sys.stdin.buffer)
    return files.read_problem(file)


def refused(error: InvalidProblem) -> ValidatePortfolioResponse:
    """Violations as a validation would return them."""
    from counterpoise.model import ValidatePortfolioResponse

    return ValidatePortfolioResponse(violations=error.violations, violation_count=error.violation_count)


@contextmanager
def connected(
    target: str | None,
    token_file: Path | None = None,
    ca_file: Path | None = None,
    *,
    principal: str | None = None,
    tenant: str | None = None,
) -> Iterator[Client]:
    """A client of the target, or of a server that is started for as long as the context lasts.

    The token is in the file or in the environment. Raises BadParameter where it would travel in the clear,
    and where a principal is claimed beside it; the tenant is that of the token then.
    """
    from counterpoise.client import Client
    from counterpoise.command.credentials import channel_credentials, checked_token
    from counterpoise.command.local_server import local_server

    if target is not None:
        credentials = channel_credentials(ca_file)
        token = checked_token(token_file, target, secure=credentials is not None)
        if token is not None and principal is not None:
            raise typer.BadParameter("--principal is for servers without tokens; a token says who calls.")
        with Client(
            target,
            credentials=credentials,
            token=token,
            principal=principal,
            tenant=tenant if token is None else None,
        ) as client:
            yield client
        return
    needs_target(token_file, ca_file)
    with local_server() as address, Client(address, principal=principal, tenant=tenant) as client:
        yield client


def needs_target(token_file: Path | None, ca_file: Path | None) -> None:
    """Raises BadParameter where a token or authorities are given, and no server to use them with."""
    if token_file is not None or ca_file is not None:
        raise typer.BadParameter("--token-file and --ca-file are for a server named with --target.")


@contextmanager
def told_in_words(*, as_json: bool = False) -> Iterator[None]:
    """Errors as sentences on the error stream, with exit code 1; violations as JSON where asked for."""
    from counterpoise import files
    from counterpoise.command import layout, proofs
    from counterpoise.errors import CounterpoiseError, InvalidProblem

    try:
        yield
    except InvalidProblem as error:
        if as_json:
            typer.echo(files.to_json(refused(error), print_empty=True))
        else:
            layout.show(proofs.violations(error), stderr=True)
    except (CounterpoiseError, OSError) as error:
        typer.echo(f"counterpoise: {error}", err=True)
    else:
        return
    raise typer.Exit(ExitCode.ERROR)

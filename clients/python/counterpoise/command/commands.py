"""What each command does; what it needs is loaded when it runs, so that help comes at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from counterpoise.command.arguments import (
    STANDARD_INPUT,
    AsJson,
    ProblemFile,
    ShowVersion,
    Target,
    TargetOfValidation,
)

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


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def counterpoise(version: ShowVersion = False) -> None:
    """Certified allocation of notional beta, alpha sleeves and liquidity reserve."""


@app.command()
def allocate(file: ProblemFile, target: Target = None, as_json: AsJson = False) -> None:
    """Find the certified optimum of a problem and explain it."""
    from counterpoise import files
    from counterpoise.command import layout, proofs, report
    from counterpoise.errors import InfeasibleMandate, NotCertified
    from counterpoise.wording.names import Names

    with _told_in_words(as_json=as_json):
        problem = _read(file)
        names = Names(problem)
        with _client(target) as client:
            try:
                allocation = client.allocate(problem)
                sections, code = report.certified(allocation, problem), ExitCode.CERTIFIED
            except InfeasibleMandate as error:
                allocation = error.allocation
                sections, code = proofs.infeasible(error, problem, names), ExitCode.INFEASIBLE
            except NotCertified as error:
                allocation = error.allocation
                sections, code = proofs.not_certified(error, problem, names), ExitCode.NOT_CERTIFIED
        if as_json:
            typer.echo(files.allocation_json(allocation))
        else:
            layout.show(sections)
    raise typer.Exit(code)


@app.command()
def validate(file: ProblemFile, target: TargetOfValidation = None, as_json: AsJson = False) -> None:
    """Find everything wrong with a problem; solves nothing.

    Without a target the check is this client's own, and needs no server.
    """
    from counterpoise import files
    from counterpoise.command import layout, proofs, warnings
    from counterpoise.errors import InvalidProblem
    from counterpoise.wording.names import Names

    with _told_in_words():
        problem = None
        try:
            problem = _read(file)
            response = _validated(problem, target)
        except InvalidProblem as error:
            response = _response(error)
        count = max(response.violation_count, len(response.violations))
        if as_json:
            typer.echo(files.to_json(response, print_empty=True))
        else:
            if count:
                layout.show(proofs.violations(InvalidProblem(response.violations, count)))
            else:
                typer.echo(f"{'Standard input' if file == STANDARD_INPUT else file} is valid.")
            if problem is not None:
                layout.show([warnings.told(response.warnings, problem, Names(problem))])
    raise typer.Exit(ExitCode.ERROR if count else ExitCode.CERTIFIED)


@app.command()
def convert(file: ProblemFile) -> None:
    """Print a problem as ProtoJSON with proto field names, as every gRPC tool reads it."""
    from counterpoise import files

    with _told_in_words():
        typer.echo(files.problem_json(_read(file)))


def _read(file: Path) -> AllocationProblem:
    from counterpoise import files

    if file == STANDARD_INPUT:
        return files.read_problem_from(sys.stdin.buffer)
    return files.read_problem(file)


def _validated(problem: AllocationProblem, target: str | None) -> ValidatePortfolioResponse:
    from counterpoise import canonical
    from counterpoise.model import ValidatePortfolioResponse

    if target is not None:
        with _client(target) as client:
            return client.validate(problem)
    violations = problem.validate()
    return ValidatePortfolioResponse(
        violations=violations,
        violation_count=len(violations),
        problem_sha256="" if violations else canonical.problem_sha256(problem),
    )


def _response(error: InvalidProblem) -> ValidatePortfolioResponse:
    from counterpoise.model import ValidatePortfolioResponse

    return ValidatePortfolioResponse(violations=error.violations, violation_count=error.violation_count)


@contextmanager
def _client(target: str | None) -> Iterator[Client]:
    from counterpoise.client import Client
    from counterpoise.command.local_server import local_server

    if target is not None:
        with Client(target) as client:
            yield client
        return
    with local_server() as address, Client(address) as client:
        yield client


@contextmanager
def _told_in_words(*, as_json: bool = False) -> Iterator[None]:
    """Errors as sentences on the error stream, with exit code 1; violations as JSON where asked for."""
    from counterpoise import files
    from counterpoise.command import layout, proofs
    from counterpoise.errors import CounterpoiseError, InvalidProblem

    try:
        yield
    except InvalidProblem as error:
        if as_json:
            typer.echo(files.to_json(_response(error), print_empty=True))
        else:
            layout.show(proofs.violations(error), stderr=True)
    except (CounterpoiseError, OSError) as error:
        typer.echo(f"counterpoise: {error}", err=True)
    else:
        return
    raise typer.Exit(ExitCode.ERROR)

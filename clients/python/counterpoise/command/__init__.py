"""The command line: `counterpoise allocate|validate|convert FILE`.

Exit codes: 0 certified or valid, 1 error, 2 usage, 3 infeasible, 4 not certified.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from counterpoise.client import Client


class ExitCode(IntEnum):
    """What the shell is told; 2 is typer's own for wrong usage."""

    CERTIFIED = 0
    ERROR = 1
    USAGE = 2
    INFEASIBLE = 3
    NOT_CERTIFIED = 4


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Certified allocation of notional beta, alpha sleeves and liquidity reserve.",
)

ProblemFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="Problem file, YAML or JSON.", exists=True, dir_okay=False, readable=True
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="HOST:PORT",
        help="A running server. Without it one is started for the call, where it is installed.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print ProtoJSON with proto field names, empty fields included.")
]


@app.command()
def allocate(file: ProblemFile, target: Target = None, as_json: AsJson = False) -> None:
    """Find the certified optimum of a problem and explain it."""
    from counterpoise import files
    from counterpoise.command import layout, proofs, report, words
    from counterpoise.errors import InfeasibleMandate, NotCertified

    with _told_in_words():
        problem = files.read_problem(file)
        names = words.Names(problem)
        with _client(target) as client:
            try:
                allocation = client.allocate(problem)
                sections, code = report.certified(allocation, problem), ExitCode.CERTIFIED
            except InfeasibleMandate as error:
                allocation = error.allocation
                sections, code = proofs.infeasible(error, problem, names), ExitCode.INFEASIBLE
            except NotCertified as error:
                allocation = error.allocation
                sections, code = proofs.not_certified(error), ExitCode.NOT_CERTIFIED
        if as_json:
            typer.echo(files.allocation_json(allocation))
        else:
            layout.show(sections)
    raise typer.Exit(code)


@app.command()
def validate(file: ProblemFile, target: Target = None, as_json: AsJson = False) -> None:
    """Find everything wrong with a problem; solves nothing.

    Without a target the check is this client's own, and needs no server.
    """
    from counterpoise import files
    from counterpoise.command import layout, proofs
    from counterpoise.errors import InvalidProblem
    from counterpoise.model import ValidatePortfolioResponse

    with _told_in_words():
        try:
            problem = files.read_problem(file)
            if target is None:
                response = ValidatePortfolioResponse(violations=problem.validate())
            else:
                with _client(target) as client:
                    response = client.validate(problem)
        except InvalidProblem as error:
            response = ValidatePortfolioResponse(
                violations=error.violations, violation_count=error.violation_count
            )
        count = max(response.violation_count, len(response.violations))
        if as_json:
            typer.echo(files.to_json(response, print_empty=True))
        elif count:
            layout.show(proofs.violations(InvalidProblem(response.violations, count)))
        else:
            typer.echo(f"{file} is valid.")
    raise typer.Exit(ExitCode.ERROR if count else ExitCode.CERTIFIED)


@app.command()
def convert(file: ProblemFile) -> None:
    """Print a problem as ProtoJSON with proto field names, as every gRPC tool reads it."""
    from counterpoise import files

    with _told_in_words():
        typer.echo(files.problem_json(files.read_problem(file)))


def main() -> None:
    """Entry point of the console command."""
    app()


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
def _told_in_words() -> Iterator[None]:
    """Errors as sentences and tables on the error stream, with exit code 1."""
    from counterpoise.command import layout, proofs
    from counterpoise.errors import CounterpoiseError, InvalidProblem

    try:
        yield
    except InvalidProblem as error:
        layout.show(proofs.violations(error), stderr=True)
    except (CounterpoiseError, OSError) as error:
        typer.echo(f"counterpoise: {error}", err=True)
    else:
        return
    raise typer.Exit(ExitCode.ERROR)

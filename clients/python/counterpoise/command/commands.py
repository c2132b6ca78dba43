"""What each command does; what it needs is loaded when it runs, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from counterpoise.command.arguments import (
    STANDARD_INPUT,
    AsJson,
    CaFile,
    Horizons,
    ProblemFile,
    ShowVersion,
    Target,
    TargetOfValidation,
    TokenFile,
    parsed_horizons,
)
from counterpoise.command.backtest_command import backtest
from counterpoise.command.capture_command import alpha_capture
from counterpoise.command.estimate_command import estimate
from counterpoise.command.explain_command import explain
from counterpoise.command.frontier_command import frontier
from counterpoise.command.history_commands import verify_alpha
from counterpoise.command.job_commands import jobs
from counterpoise.command.library_commands import scenarios
from counterpoise.command.marks_commands import marks
from counterpoise.command.proposal_commands import proposals
from counterpoise.command.run_commands import runs
from counterpoise.command.running import ExitCode, connected, needs_target, read, refused, told_in_words
from counterpoise.command.sensitivity_command import sensitivity
from counterpoise.command.switch_commands import switch

if TYPE_CHECKING:
    from counterpoise.model import AllocationProblem, ValidatePortfolioResponse


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(scenarios, name="scenarios")
app.add_typer(jobs, name="jobs")
app.add_typer(marks, name="marks")
app.add_typer(runs, name="runs")
app.add_typer(proposals, name="proposals")
app.add_typer(switch, name="switch")


@app.callback()
def counterpoise(version: ShowVersion = False) -> None:
    """Certified allocation of notional beta, alpha sleeves and liquidity reserve."""


@app.command()
def allocate(
    file: ProblemFile,
    *,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Find the certified optimum of a problem and explain it."""
    from counterpoise import files
    from counterpoise.command import layout, proofs, report
    from counterpoise.errors import InfeasibleMandate, NotCertified
    from counterpoise.wording.names import Names

    with told_in_words(as_json=as_json):
        problem = read(file)
        names = Names(problem)
        with connected(target, token_file, ca_file) as client:
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
def validate(
    file: ProblemFile,
    *,
    target: TargetOfValidation = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Find everything wrong with a problem; solves nothing.

    Without a target the check is this client's own, and needs no server.
    """
    from counterpoise import files
    from counterpoise.command import layout, proofs, warnings
    from counterpoise.errors import InvalidProblem
    from counterpoise.wording.names import Names

    with told_in_words():
        problem = None
        try:
            problem = read(file)
            response = _validated(problem, target, token_file, ca_file)
        except InvalidProblem as error:
            response = refused(error)
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
def stress(
    file: ProblemFile,
    *,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Measure what a problem's scenarios do to today's holdings.

    Every line has a current_fraction. Broken limits are told, and are no error.
    """
    from counterpoise import files
    from counterpoise.command import analyses, layout

    with told_in_words(as_json=as_json):
        problem = read(file)
        with connected(target, token_file, ca_file) as client:
            response = client.stress(problem)
        if as_json:
            typer.echo(files.to_json(response, print_empty=True))
        else:
            layout.show(analyses.stress_page(response, problem))


@app.command()
def liquidity(
    file: ProblemFile,
    *,
    horizons: Horizons = None,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Measure what money there is by when, against what may be asked for, with today's holdings.

    Every line has a current_fraction. Without --horizons those of the coverage limits count.
    """
    from counterpoise import files
    from counterpoise.command import analyses, layout

    with told_in_words(as_json=as_json):
        problem = read(file)
        with connected(target, token_file, ca_file) as client:
            response = client.measure_liquidity(problem, horizons=parsed_horizons(horizons))
        if as_json:
            typer.echo(files.to_json(response, print_empty=True))
        else:
            layout.show(analyses.liquidity_page(response, problem))


app.command()(explain)
app.command()(sensitivity)
app.command()(frontier)
app.command("verify-alpha")(verify_alpha)
app.command("alpha-capture")(alpha_capture)
app.command()(estimate)
app.command()(backtest)


@app.command()
def convert(file: ProblemFile) -> None:
    """Print a problem as ProtoJSON with proto field names, as every gRPC tool reads it."""
    from counterpoise import files

    with told_in_words():
        typer.echo(files.problem_json(read(file)))


def _validated(
    problem: AllocationProblem, target: str | None, token_file: Path | None, ca_file: Path | None
) -> ValidatePortfolioResponse:
    from counterpoise import canonical
    from counterpoise.model import ValidatePortfolioResponse

    if target is not None:
        with connected(target, token_file, ca_file) as client:
            return client.validate(problem)
    needs_target(token_file, ca_file)
    violations = problem.validate()
    return ValidatePortfolioResponse(
        violations=violations,
        violation_count=len(violations),
        problem_sha256="" if violations else canonical.problem_sha256(problem),
    )

"""`counterpoise sensitivity`: what an answer owes to single inputs."""

from __future__ import annotations

from typing import Annotated

import typer

from counterpoise.command.arguments import AsJson, CaFile, ProblemFile, Target, TokenFile
from counterpoise.command.printing import printed
from counterpoise.command.running import ExitCode, connected, read, told_in_words

Count = Annotated[
    int | None,
    typer.Option("--count", min=1, max=50, help="Most inputs to report. Default: 10."),
]
Step = Annotated[
    float | None,
    typer.Option(
        "--step",
        min=1e-6,
        max=0.1,
        help="How far each input is moved, in its own unit; limits on exposures per basis point by a "
        "ten-thousandth of it. Default: 0.0025, a quarter of a percent.",
    ),
]


def sensitivity(
    file: ProblemFile,
    *,
    count: Count = None,
    step: Step = None,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Measure what the certified optimum owes to premia, alphas, margin rates and bounds."""
    from counterpoise.client.answers import certified
    from counterpoise.command import proofs
    from counterpoise.command.sensitivity_page import sensitivity_page
    from counterpoise.errors import InfeasibleMandate, NotCertified
    from counterpoise.model import MeasureSensitivityResponse
    from counterpoise.wording.names import Names

    with told_in_words(as_json=as_json):
        problem = read(file)
        with connected(target, token_file, ca_file) as client:
            try:
                response = client.measure_sensitivity(problem, maximum_input_count=count, step=step)
                certified(response.allocation)
                sections, code = sensitivity_page(response, problem), ExitCode.CERTIFIED
            except InfeasibleMandate as error:
                response = MeasureSensitivityResponse(allocation=error.allocation)
                sections, code = proofs.infeasible(error, problem, Names(problem)), ExitCode.INFEASIBLE
            except NotCertified as error:
                response = MeasureSensitivityResponse(allocation=error.allocation)
                sections, code = proofs.not_certified(error, problem, Names(problem)), ExitCode.NOT_CERTIFIED
        printed(response, lambda: sections, as_json=as_json)
    raise typer.Exit(code)

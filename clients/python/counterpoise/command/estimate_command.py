"""`counterpoise estimate`: a market model and sleeves as lines out of return histories."""

from __future__ import annotations

import typer

from counterpoise.command import estimate_arguments as wanted
from counterpoise.command import history_arguments as given
from counterpoise.command.arguments import AsJson, CaFile, Target, TokenFile
from counterpoise.command.estimate_question import EstimateOptions, estimate_question
from counterpoise.command.history_question import question_of
from counterpoise.command.running import connected, told_in_words


def estimate(
    file: given.HistoryFile,
    *,
    drivers: wanted.Drivers = None,
    premia: wanted.Premia = None,
    sleeves: wanted.Sleeves = None,
    cash: given.Cash = None,
    risk_free: given.RiskFree = None,
    method: wanted.Method = None,
    half_life: wanted.HalfLife = None,
    factor_count: wanted.FactorCount = None,
    stress_window: wanted.StressWindows = None,
    turbulent_share: wanted.TurbulentShare = None,
    uniform_stress: wanted.Uniform = None,
    growth: wanted.Growth = None,
    floor: wanted.Floors = None,
    missing: wanted.MissingName = None,
    frequency: given.FrequencyName = None,
    excess: given.Excess = None,
    dates: given.Dates = None,
    smoothing: given.Smoothing = None,
    factor_lags: given.FactorLags = None,
    prior: given.Prior = None,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
    as_yaml: wanted.AsYaml = False,
) -> None:
    """Estimate a risk model, and what sleeves are made of.

    A question file says it all and takes no options; a table of returns needs some.

    --yaml prints what a problem file takes: its market, and sleeves as lines.
    """
    from counterpoise import files
    from counterpoise.command import estimate_lines, estimate_page, layout
    from counterpoise.model import RiskModelQuestion

    if as_json and as_yaml:
        raise typer.BadParameter("--json and --yaml exclude each other; keep one.")
    options = EstimateOptions(
        drivers=drivers,
        premia=premia,
        sleeves=sleeves,
        cash=cash,
        risk_free=risk_free,
        method=method,
        half_life=half_life,
        factor_count=factor_count,
        stress_window=stress_window,
        turbulent_share=turbulent_share,
        uniform_stress=uniform_stress,
        growth=growth,
        floor=floor,
        missing=missing,
        frequency=frequency,
        excess=excess,
        dates=dates,
        smoothing=smoothing,
        factor_lags=factor_lags,
        prior=prior,
    )
    with told_in_words(as_json=as_json):
        question = question_of(
            file, RiskModelQuestion, vars(options), lambda: estimate_question(file, options)
        )
        with connected(target, token_file, ca_file) as client:
            response = client.estimate_risk_model(question)
        if as_json:
            typer.echo(files.to_json(response, print_empty=True))
        elif as_yaml:
            typer.echo(estimate_lines.problem_parts(response, question), nl=False)
        else:
            layout.show(estimate_page.page(response, question))

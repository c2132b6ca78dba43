"""`counterpoise verify-alpha`: what of the histories of sleeves is alpha."""

from __future__ import annotations

import typer

from counterpoise.command import history_arguments as given
from counterpoise.command.alpha_question import AlphaOptions, alpha_question
from counterpoise.command.arguments import AsJson, CaFile, Target, TokenFile
from counterpoise.command.history_question import question_of
from counterpoise.command.running import connected, told_in_words


def verify_alpha(
    file: given.HistoryFile,
    *,
    sleeves: given.Sleeves = None,
    factors: given.Factors = None,
    cash: given.Cash = None,
    market: given.Market = None,
    frequency: given.FrequencyName = None,
    excess: given.Excess = None,
    dates: given.Dates = None,
    smoothing: given.Smoothing = None,
    factor_lags: given.FactorLags = None,
    error_lags: given.ErrorLags = None,
    confidence: given.Confidence = None,
    rolling: given.Rolling = None,
    window: given.Windows = None,
    prior: given.Prior = None,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Find what of the returns of sleeves is alpha, and what is beta in disguise.

    A table of returns needs --sleeves, --factors, --frequency and --excess; a question file says it all.
    """
    from counterpoise import files
    from counterpoise.command import evidence, layout
    from counterpoise.model import AlphaQuestion

    options = AlphaOptions(
        sleeves=sleeves,
        factors=factors,
        cash=cash,
        market=market,
        frequency=frequency,
        excess=excess,
        dates=dates,
        smoothing=smoothing,
        factor_lags=factor_lags,
        error_lags=error_lags,
        confidence=confidence,
        rolling=rolling,
        window=window,
        prior=prior,
    )
    with told_in_words(as_json=as_json):
        question = question_of(file, AlphaQuestion, vars(options), lambda: alpha_question(file, options))
        with connected(target, token_file, ca_file) as client:
            response = client.verify_alpha(question)
        if as_json:
            typer.echo(files.to_json(response, print_empty=True))
        else:
            layout.show(evidence.page(response, question))

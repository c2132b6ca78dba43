"""`counterpoise alpha-capture`: what is left of active returns after benchmark, factors and fees."""

from __future__ import annotations

import typer

from counterpoise.command import capture_arguments as paid
from counterpoise.command import history_arguments as given
from counterpoise.command.arguments import AsJson, CaFile, Target, TokenFile
from counterpoise.command.capture_question import CaptureOptions, capture_question
from counterpoise.command.history_question import question_of
from counterpoise.command.running import connected, told_in_words


def alpha_capture(
    file: given.HistoryFile,
    *,
    funds: paid.Funds = None,
    benchmark: paid.Benchmark = None,
    factors: paid.Factors = None,
    cash: given.Cash = None,
    fee_basis: paid.FeeBasisName = None,
    management_fee: paid.ManagementFee = None,
    performance_fee: paid.PerformanceFee = None,
    hurdle: paid.Hurdle = None,
    passive_fee: paid.PassiveFee = None,
    risk_free: given.RiskFree = None,
    frequency: given.FrequencyName = None,
    excess: given.Excess = None,
    dates: given.Dates = None,
    smoothing: given.Smoothing = None,
    error_lags: given.ErrorLags = None,
    confidence: given.Confidence = None,
    least_net_alpha: paid.LeastNetAlpha = None,
    financing: paid.Financing = None,
    roll: paid.Roll = None,
    reserve: paid.Reserve = None,
    margin: paid.Margin = None,
    posted_counts: paid.PostedCounts = None,
    cash_drag: paid.CashDrag = None,
    margin_credit: paid.MarginCredit = None,
    physical_cost: paid.PhysicalCost = None,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Find where active returns came from, and what fees leave of alpha.

    A question file says it all, fund by fund, and takes no options.

    A table of returns needs some, and puts all funds on the same terms. Options of a structure come together.
    """
    from counterpoise import files
    from counterpoise.command import capture, layout
    from counterpoise.model import AlphaCaptureQuestion

    options = CaptureOptions(
        funds=funds,
        benchmark=benchmark,
        factors=factors,
        cash=cash,
        fee_basis=fee_basis,
        management_fee=management_fee,
        performance_fee=performance_fee,
        hurdle=hurdle,
        passive_fee=passive_fee,
        risk_free=risk_free,
        frequency=frequency,
        excess=excess,
        dates=dates,
        smoothing=smoothing,
        error_lags=error_lags,
        confidence=confidence,
        least_net_alpha=least_net_alpha,
        financing=financing,
        roll=roll,
        reserve=reserve,
        margin=margin,
        posted_counts=posted_counts,
        cash_drag=cash_drag,
        margin_credit=margin_credit,
        physical_cost=physical_cost,
    )
    with told_in_words(as_json=as_json):
        question = question_of(
            file, AlphaCaptureQuestion, vars(options), lambda: capture_question(file, options)
        )
        with connected(target, token_file, ca_file) as client:
            response = client.measure_alpha_capture(question)
        if as_json:
            typer.echo(files.to_json(response, print_empty=True))
        else:
            layout.show(capture.page(response, question))

"""`counterpoise backtest`: what a mandate would have done, decided on what was known."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from counterpoise.command import backtest_arguments as wanted
from counterpoise.command import estimate_arguments as estimated
from counterpoise.command import history_arguments as given
from counterpoise.command.arguments import AsJson, CaFile, ProblemFile, Target, TokenFile
from counterpoise.command.backtest_plan import BacktestOptions, left_out, walk_plan
from counterpoise.command.running import connected, read, told_in_words

if TYPE_CHECKING:
    from counterpoise.backtest import WalkForward

Frequency = Annotated[given.Frequencies, typer.Option("--frequency", help="How long a period is.")]
Excess = Annotated[
    str,
    typer.Option(
        "--excess",
        metavar="X,Y",
        help=f"Columns that are over cash as they are, or '{given.NOBODY}'; cash is in all others.",
    ),
]
Method = Annotated[estimated.Methods, typer.Option("--method", help="How the covariance is estimated.")]


def backtest(
    file: ProblemFile,
    *,
    returns: wanted.Returns,
    frequency: Frequency,
    excess: Excess,
    cash: wanted.Cash,
    dates: given.Dates = None,
    sleeves: wanted.Sleeves = None,
    lines: wanted.Lines = None,
    window: wanted.Window = 60,
    rebalance: wanted.Rebalance = 1,
    first: wanted.From = None,
    last: wanted.To = None,
    method: Method = estimated.Methods.LEDOIT_WOLF,
    half_life: estimated.HalfLife = None,
    factor_count: estimated.FactorCount = None,
    floor: estimated.Floors = None,
    smoothing: given.Smoothing = None,
    prior: given.Prior = None,
    redemption: wanted.Redemptions = None,
    gate: wanted.Gates = None,
    margin: wanted.Margins = None,
    forced_sale_cost: wanted.ForcedSaleCost = 0.0,
    without: wanted.Without = None,
    out: wanted.Out = None,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Walk a problem through histories: estimate, allocate, hold, pay, date by date.

    Risk model and alphas are estimated from the window that ends on each date; premia, limits and costs
    are the problem's. A second walk leaves the limits on bad times out; both stand beside the unlevered
    reference.
    """
    from counterpoise import backtest as walks
    from counterpoise.command import backtest_files, backtest_page, layout

    options = BacktestOptions(
        returns=returns,
        frequency=frequency,
        excess=excess,
        dates=dates,
        cash=cash,
        sleeves=sleeves,
        lines=lines,
        window=window,
        rebalance=rebalance,
        first=first,
        last=last,
        method=method,
        half_life=half_life,
        factor_count=factor_count,
        floor=floor,
        smoothing=smoothing,
        prior=prior,
        redemption=redemption,
        gate=gate,
        margin=margin,
        forced_sale_cost=forced_sale_cost,
    )
    with told_in_words(as_json=as_json):
        problem = read(file)
        plan = walk_plan(problem, options)
        plans = {"with limits": plan}
        dropped = left_out(problem, without)
        freed = walks.without_limits(plan, dropped)
        if freed.problem != plan.problem:
            plans["without"] = freed
        walked: dict[str, WalkForward] = {}
        with connected(target, token_file, ca_file) as client, _told_where_it_stopped(out):
            for name, each in plans.items():
                walked[name] = walks.walk_forward(
                    each,
                    client,
                    journal=backtest_files.journal(out, name),
                    progress=sys.stderr.isatty() and not as_json,
                    title=name,
                )
        if out is not None:
            backtest_files.write(out, walked)
        if as_json:
            typer.echo(walks.compare(walked).to_json(orient="index", indent=2))
        else:
            layout.show(backtest_page.page(walked, _place(out)))


@contextmanager
def _told_where_it_stopped(out: Path | None) -> Iterator[None]:
    """Says what an interrupted walk leaves behind."""
    try:
        yield
    except KeyboardInterrupt:
        kept = f"what was walked is in {out}: the same command goes on from there"
        more = kept if out is not None else "nothing is kept without --out"
        typer.echo(f"counterpoise: stopped; {more}.", err=True)
        raise


def _place(out: Path | None) -> str:
    return "" if out is None else str(out)

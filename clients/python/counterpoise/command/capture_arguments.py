"""Arguments of `alpha-capture`: funds, their fees, and a structure that carries their alpha."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from counterpoise.command.choices import one_of, words_of
from counterpoise.command.history_arguments import NEEDED


class FeeBases(StrEnum):
    """What --fee-basis may say."""

    NET = "net"
    GROSS = "gross"


class Hurdles(StrEnum):
    """What --hurdle may say."""

    CASH = "cash"
    NONE = "none"


_STRUCTURE = "Structure, per unit of notional"

Funds = Annotated[
    str | None,
    typer.Option(
        "--funds", metavar="A,B", help="Columns of funds paid to beat a benchmark.", rich_help_panel=NEEDED
    ),
]
Benchmark = Annotated[
    str | None,
    typer.Option(
        "--benchmark", metavar="X", help="The column of the benchmark of all funds.", rich_help_panel=NEEDED
    ),
]
Factors = Annotated[
    str | None,
    typer.Option("--factors", metavar="X,Y", help="Columns that may explain more, such as duration, credit."),
]
FeeBasisName = Annotated[
    FeeBases | None,
    typer.Option(
        "--fee-basis",
        parser=one_of(FeeBases),
        metavar=words_of(FeeBases),
        help="Whether fees are taken off the funds' returns.",
        rich_help_panel=NEEDED,
    ),
]
ManagementFee = Annotated[
    float | None,
    typer.Option("--management-fee", metavar="RATE", help="A decimal a year: 0.01.", rich_help_panel=NEEDED),
]
PerformanceFee = Annotated[
    float | None,
    typer.Option(
        "--performance-fee", metavar="SHARE", help="Of gains, 0.2; 0 for none.", rich_help_panel=NEEDED
    ),
]
Hurdle = Annotated[
    Hurdles | None,
    typer.Option(
        "--hurdle",
        parser=one_of(Hurdles),
        metavar=words_of(Hurdles),
        help="What gains of a performance fee count over.",
    ),
]
PassiveFee = Annotated[
    float | None,
    typer.Option(
        "--passive-fee",
        metavar="RATE",
        help="What the benchmark costs, a decimal a year: 0.0005.",
        rich_help_panel=NEEDED,
    ),
]
LeastNetAlpha = Annotated[
    float | None,
    typer.Option("--least-net-alpha", metavar="RATE", help="From which a fund adds value; else 0.003."),
]
Financing = Annotated[
    float | None,
    typer.Option(
        "--financing",
        metavar="RATE",
        help="Spread over cash in the price of futures or swaps.",
        rich_help_panel=_STRUCTURE,
    ),
]
Roll = Annotated[
    float | None,
    typer.Option("--roll", metavar="RATE", help="Cost of rolling.", rich_help_panel=_STRUCTURE),
]
Reserve = Annotated[
    float | None,
    typer.Option("--reserve", metavar="SHARE", help="Reserve held against it.", rich_help_panel=_STRUCTURE),
]
Margin = Annotated[
    float | None,
    typer.Option("--margin", metavar="SHARE", help="Initial margin.", rich_help_panel=_STRUCTURE),
]
PostedCounts = Annotated[
    bool | None,
    typer.Option(
        "--posted-counts/--posted-does-not-count",
        help="Whether posted margin counts as reserve.",
        rich_help_panel=_STRUCTURE,
    ),
]
CashDrag = Annotated[
    float | None,
    typer.Option(
        "--cash-drag",
        metavar="RATE",
        help="What capital held back earns below cash.",
        rich_help_panel=_STRUCTURE,
    ),
]
MarginCredit = Annotated[
    float | None,
    typer.Option(
        "--margin-credit",
        metavar="RATE",
        help="What posted margin earns below that; else 0.",
        rich_help_panel=_STRUCTURE,
    ),
]
PhysicalCost = Annotated[
    float | None,
    typer.Option(
        "--physical-cost",
        metavar="RATE",
        help="What the same beta costs held physically.",
        rich_help_panel=_STRUCTURE,
    ),
]

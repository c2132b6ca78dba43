"""Arguments of all commands about return histories: how a table is read, and how settings are written."""

from __future__ import annotations

import datetime
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from counterpoise.command.arguments import checked_file
from counterpoise.command.choices import one_of, words_of

NOBODY = "none"
"""What --excess says where cash is in all columns."""
NEEDED = "A table of returns needs"
"""The heading of options without which a table is no question."""
_WINDOW = re.compile(r"([A-Za-z0-9._-]{1,64})=([0-9-]{10}):([0-9-]{10})", re.ASCII).fullmatch


class Frequencies(StrEnum):
    """What --frequency may say."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class Treatments(StrEnum):
    """What --smoothing may say."""

    NONE = "none"
    WHERE_TESTED = "where-tested"
    GELTNER = "geltner"
    GETMANSKY_LO_MAKAROV = "getmansky-lo-makarov"


def parsed_names(value: str, option: str) -> tuple[str, ...]:
    """Names of columns as an option has them, `a,b`; raises BadParameter where one is empty."""
    names = tuple(name.strip() for name in value.split(","))
    if not all(names):
        raise typer.BadParameter(
            f"{option}: {value!r} has an empty name; write names of columns with commas between."
        )
    return names


def parsed_window(value: str, option: str) -> tuple[str, datetime.date, datetime.date]:
    """A window of stress as an option has it, `2020-crash=2020-02-01:2020-04-30`; raises BadParameter."""
    match = _WINDOW(value)
    try:
        if match is not None:
            return match[1], datetime.date.fromisoformat(match[2]), datetime.date.fromisoformat(match[3])
    except ValueError:
        pass
    raise typer.BadParameter(
        f"{option}: {value!r} is no window; write an id and two days, such as "
        "2020-crash=2020-02-01:2020-04-30."
    )


def parsed_prior(value: str) -> tuple[float, float]:
    """A prior as --prior has it, `0.00,0.02`; raises BadParameter."""
    try:
        mean, error = (float(word) for word in value.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"--prior: {value!r} is no prior; write its mean and its error, decimals a year, such as 0,0.02."
        ) from None
    return mean, error


HistoryFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Returns, .csv or .parquet, or a question, YAML or JSON; - reads one from standard input.",
        callback=checked_file,
    ),
]
Sleeves = Annotated[
    str | None,
    typer.Option("--sleeves", metavar="A,B", help="Columns to verify, net of fees.", rich_help_panel=NEEDED),
]
Factors = Annotated[
    str | None,
    typer.Option("--factors", metavar="X,Y", help="Columns of the known factors.", rich_help_panel=NEEDED),
]
Cash = Annotated[str | None, typer.Option("--cash", metavar="RF", help="The column of cash returns.")]
RiskFree = Annotated[
    float | None,
    typer.Option(
        "--risk-free",
        metavar="RATE",
        help="What capital earns, a decimal a year: 0.04.",
        rich_help_panel=NEEDED,
    ),
]
Market = Annotated[
    str | None, typer.Option("--market", metavar="X", help="The factor that is the market; else the first.")
]
FrequencyName = Annotated[
    Frequencies | None,
    typer.Option(
        "--frequency",
        parser=one_of(Frequencies),
        metavar=words_of(Frequencies),
        help="How long a period is.",
        rich_help_panel=NEEDED,
    ),
]
Excess = Annotated[
    str | None,
    typer.Option(
        "--excess",
        metavar="X,Y",
        help=f"Columns that are over cash as they are, or '{NOBODY}'; cash is in all others.",
        rich_help_panel=NEEDED,
    ),
]
Dates = Annotated[
    str | None, typer.Option("--dates", metavar="NAME", help="The column of dates; else the first.")
]
Smoothing = Annotated[
    Treatments | None,
    typer.Option(
        "--smoothing",
        parser=one_of(Treatments),
        metavar=words_of(Treatments),
        help="What is done about smoothed returns.",
    ),
]
FactorLags = Annotated[
    int | None, typer.Option("--factor-lags", help="Earlier periods of every factor, 0 to 3.")
]
ErrorLags = Annotated[
    int | None, typer.Option("--error-lags", help="Lags of the Newey-West errors, 0 to 60.")
]
Confidence = Annotated[float | None, typer.Option("--confidence", help="Of intervals, such as 0.95.")]
Rolling = Annotated[
    int | None, typer.Option("--rolling", metavar="PERIODS", help="Periods of rolling regressions.")
]
Windows = Annotated[
    list[str] | None,
    typer.Option(
        "--window", metavar="ID=FIRST:LAST", help="A window of stress, two days; may be given several times."
    ),
]
Prior = Annotated[
    str | None,
    typer.Option(
        "--prior",
        metavar="MEAN,ERROR",
        help="Belief before the history, decimals a year; by default 0,0.02.",
    ),
]

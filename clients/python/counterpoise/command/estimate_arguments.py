"""Arguments of `estimate`: drivers and what is believed of them, the covariance, bad times, floors."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import typer

from counterpoise.command.choices import one_of, words_of
from counterpoise.command.history_arguments import NEEDED, parsed_names

_BELIEF = re.compile(r"\s*([A-Za-z0-9._-]{1,64})\s*=\s*(\S+)\s*", re.ASCII).fullmatch
_FLOOR = re.compile(r"([A-Za-z0-9._-]{1,64})=([^:]+):(.+)", re.ASCII).fullmatch


class Methods(StrEnum):
    """What --method may say."""

    SAMPLE = "sample"
    EXPONENTIAL = "exponential"
    LEDOIT_WOLF = "ledoit-wolf"
    FACTOR = "factor"


class Missing(StrEnum):
    """What --missing may say."""

    COMMON = "common"
    PAIRWISE = "pairwise"


def parsed_premia(value: str) -> dict[str, float]:
    """Premia as --premia has them, `equity=0.05,bonds=0.01`; raises BadParameter."""
    premia: dict[str, float] = {}
    for word in value.split(","):
        match = _BELIEF(word)
        premium = _number(match[2]) if match is not None else None
        if match is None or premium is None or match[1] in premia:
            raise typer.BadParameter(
                f"--premia: {word!r} is no premium, or one that came before; write each driver once with a "
                "decimal a year over cash, such as equity=0.05,bonds=0.01."
            )
        premia[match[1]] = premium
    return premia


def parsed_floor(value: str) -> tuple[str, float, tuple[str, ...]]:
    """A floor as --floor has it, `hedge-funds=0.05:macro,credit`; raises BadParameter."""
    match = _FLOOR(value)
    volatility = _number(match[2]) if match is not None else None
    if match is None or volatility is None:
        raise typer.BadParameter(
            f"--floor: {value!r} is no floor; write a name, a volatility a year and columns, such as "
            "hedge-funds=0.05:macro,credit."
        )
    return match[1], volatility, parsed_names(match[3], "--floor")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


Drivers = Annotated[
    str | None,
    typer.Option("--drivers", metavar="A,B", help="Columns of the drivers of risk.", rich_help_panel=NEEDED),
]
Premia = Annotated[
    str | None,
    typer.Option(
        "--premia",
        metavar="A=RATE,B=RATE",
        help="What each driver is believed to earn over cash, decimals a year; never estimated.",
        rich_help_panel=NEEDED,
    ),
]
Sleeves = Annotated[
    str | None, typer.Option("--sleeves", metavar="C,D", help="Columns of alpha sleeves, net of fees.")
]
Method = Annotated[
    Methods | None,
    typer.Option(
        "--method",
        parser=one_of(Methods),
        metavar=words_of(Methods),
        help="How the covariance is estimated.",
        rich_help_panel=NEEDED,
    ),
]
HalfLife = Annotated[
    float | None,
    typer.Option("--half-life", metavar="PERIODS", help="After which a period counts half; exponential."),
]
FactorCount = Annotated[
    int | None, typer.Option("--factor-count", metavar="K", help="Factors behind the drivers; factor.")
]
StressWindows = Annotated[
    list[str] | None,
    typer.Option(
        "--stress-window",
        metavar="ID=FIRST:LAST",
        help="Bad times, two days; may be given several times.",
    ),
]
TurbulentShare = Annotated[
    float | None,
    typer.Option(
        "--turbulent-share", metavar="SHARE", help="Or: the share of most turbulent periods, 0.05 to 0.5."
    ),
]
Uniform = Annotated[
    float | None,
    typer.Option(
        "--uniform-stress", metavar="CORRELATION", help="Or: one correlation of sleeves with growth, 0.8."
    ),
]
Growth = Annotated[
    str | None,
    typer.Option("--growth", metavar="A,B", help="Drivers that are growth, for --uniform-stress."),
]
Floors = Annotated[
    list[str] | None,
    typer.Option(
        "--floor",
        metavar="NAME=RATE:C,D",
        help="A least volatility of columns, such as one by style; may be given several times.",
    ),
]
MissingName = Annotated[
    Missing | None,
    typer.Option(
        "--missing",
        parser=one_of(Missing),
        metavar=words_of(Missing),
        help="Periods that count where some drivers have no return.",
    ),
]
AsYaml = Annotated[
    bool,
    typer.Option("--yaml", help="Print the market, and sleeves as lines, as a problem file has them."),
]

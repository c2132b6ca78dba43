"""Arguments of `backtest`: the table, the window, and the rules between decisions."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Annotated

import typer

_DAY = "([0-9]{4}-[0-9]{2}-[0-9]{2})"
_ID = "([A-Za-z0-9._-]{1,64})"
_TERMS = re.compile(rf"{_ID}=([0-9]{{1,4}})(?::([0-9]{{1,4}}))?", re.ASCII).fullmatch
_GATE = re.compile(rf"{_ID}={_DAY}:{_DAY}", re.ASCII).fullmatch
_MARGIN = re.compile(rf"{_ID}={_DAY}:{_DAY}:([0-9.]+)", re.ASCII).fullmatch


def parsed_redemption(value: str) -> tuple[str, int, int]:
    """Terms as --redemption has them, `macro=3:2`: line, every, notice; raises BadParameter."""
    match = _TERMS(value)
    if match is None:
        raise typer.BadParameter(
            f"--redemption: {value!r} is no term; write a sleeve, the periods between redemption dates and "
            "those of notice, such as macro=3:2."
        )
    return match[1], int(match[2]), int(match[3] or 0)


def parsed_gate(value: str) -> tuple[str, datetime.date, datetime.date]:
    """A gate as --gate has it, `macro=2008-10-01:2009-06-30`; raises BadParameter."""
    match = _GATE(value)
    days = _days(match[2], match[3]) if match is not None else None
    if match is None or days is None:
        raise typer.BadParameter(
            f"--gate: {value!r} is no gate; write a sleeve and two days, such as macro=2008-10-01:2009-06-30."
        )
    return match[1], *days


def parsed_margin(value: str) -> tuple[str, datetime.date, datetime.date, float]:
    """Margins as --margin has them, `clearing=2020-03-01:2020-04-30:1.8`; raises BadParameter."""
    match = _MARGIN(value)
    days = _days(match[2], match[3]) if match is not None else None
    try:
        if match is not None and days is not None:
            return match[1], *days, float(match[4])
    except ValueError:
        pass
    raise typer.BadParameter(
        f"--margin: {value!r} is no rise of margin; write a pool, two days and a multiple, such as "
        "clearing=2020-03-01:2020-04-30:1.8."
    )


def parsed_day(value: str | None, option: str) -> datetime.date | None:
    """A day as it is written; raises BadParameter."""
    try:
        return None if value is None else datetime.date.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{option}: {value!r} is no day; write one such as 2006-12-31.") from None


def _days(first: str, last: str) -> tuple[datetime.date, datetime.date] | None:
    try:
        return datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    except ValueError:
        return None


Returns = Annotated[
    Path,
    typer.Option(
        "--returns",
        metavar="TABLE",
        help="Returns of drivers, sleeves and cash, .csv or .parquet, named as drivers and lines are.",
    ),
]
Cash = Annotated[str, typer.Option("--cash", metavar="RF", help="The column of cash returns.")]
Sleeves = Annotated[
    str | None,
    typer.Option(
        "--sleeves", metavar="C,D", help="Alpha sleeves that are estimated; others stay as stated. Else all."
    ),
]
Lines = Annotated[
    str | None,
    typer.Option("--lines", metavar="A,B", help="Other lines that earn a column instead of their loadings."),
]
Window = Annotated[
    int, typer.Option("--window", metavar="PERIODS", help="Periods behind every estimate, at least 24.")
]
Rebalance = Annotated[
    int, typer.Option("--rebalance", metavar="PERIODS", help="Periods from one decision to the next.")
]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="No decision before this day.")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="The walk ends here at the latest.")]
Redemptions = Annotated[
    list[str] | None,
    typer.Option(
        "--redemption",
        metavar="LINE=EVERY:NOTICE",
        help="Periods between redemption dates of a sleeve, and of notice; may be given several times.",
    ),
]
Gates = Annotated[
    list[str] | None,
    typer.Option(
        "--gate", metavar="LINE=FIRST:LAST", help="Days of a sleeve without redemptions; several times."
    ),
]
Margins = Annotated[
    list[str] | None,
    typer.Option(
        "--margin",
        metavar="POOL=FIRST:LAST:MULTIPLE",
        help="Days on which a pool asks for a multiple of initial margin; several times.",
    ),
]
ForcedSaleCost = Annotated[
    float,
    typer.Option(
        "--forced-sale-cost",
        metavar="RATE",
        help="What sales cost beyond their linear rate when the reserve is gone, a decimal.",
    ),
]
Without = Annotated[
    str | None,
    typer.Option(
        "--without",
        metavar="LIMITS",
        help="Limits that the second walk leaves out, by id; 'none' walks once. Else those on bad times: "
        "coverage, stressed leverage, scenario losses.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FOLDER",
        help="Where journals, frames (CSV) and, with matplotlib, a picture go; a walk that was interrupted "
        "goes on from there.",
    ),
]

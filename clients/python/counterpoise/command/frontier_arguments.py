"""What a frontier sweeps, and how it is written on the command line."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from counterpoise.command.choices import one_of, words_of

if TYPE_CHECKING:
    from counterpoise.model import SweepAxis

_MOST_POINTS = 1000
_PICTURES = (".png", ".svg", ".pdf")


class Sides(StrEnum):
    """Sides of a limit."""

    LOWER = "lower"
    UPPER = "upper"


class Modes(StrEnum):
    """Modes of solving."""

    REPEATABLE = "repeatable"
    FAST = "fast"


def checked_values(value: str) -> str:
    """Values as they came; raises BadParameter unless they are some."""
    parsed_values(value)
    return value


def parsed_values(value: str) -> tuple[float, ...]:
    """Values as they are written: `1.0:1.5:0.05`, first, last and step, or `1.0,1.2,1.5`.

    Steps below 0 lead downwards. The last one is among them where the steps reach it. Raises
    BadParameter for anything else.
    """
    try:
        values = _steps(value) if ":" in value else [_number(word) for word in value.split(",")]
    except (InvalidOperation, ValueError):
        raise typer.BadParameter(
            f"{value!r} is no list of values; write FIRST:LAST:STEP with a step towards the last, such as "
            "1.0:1.5:0.05 or 1.5:1.0:-0.05, or values with commas between them, such as 1.0,1.2,1.5."
        ) from None
    if len(values) > _MOST_POINTS:
        raise typer.BadParameter(f"{value!r} has more than {_MOST_POINTS:,} values; make the step longer.")
    if len(set(values)) < len(values):
        raise typer.BadParameter(f"{value!r} has a value twice; write each once.")
    return tuple(float(item) for item in values)


def _number(word: str) -> Decimal:
    number = Decimal(word.strip())
    if not number.is_finite():
        raise ValueError(word)
    return number


def _steps(value: str) -> list[Decimal]:
    """Values in decimal arithmetic, so that 1.0:1.5:0.05 has 1.15 and 1.5; one too many ends them."""
    first, last, step = (_number(word) for word in value.split(":"))
    if step == 0 or (last - first) / step < 0:
        raise ValueError(value)
    count = min(int((last - first) / step), _MOST_POINTS) + 1
    return [first + step * index for index in range(count)]


def checked_picture(value: Path | None) -> Path | None:
    """A file to draw to; raises BadParameter where nothing can be drawn there."""
    if value is None:
        return None
    if value.suffix.lower() not in _PICTURES:
        raise typer.BadParameter(f"{str(value)!r} is no {', '.join(_PICTURES)} file.")
    if not value.parent.is_dir():
        raise typer.BadParameter(f"directory {str(value.parent)!r} does not exist.")
    return value


def sweep_axis(
    limit: str | None,
    side: Sides | None,
    reserve: str | None,
    values: tuple[float, ...],
    *,
    alpha_scale: bool,
    risk_aversion: bool,
) -> SweepAxis:
    """The one axis that the options name; raises BadParameter where they name none, or two."""
    from counterpoise import model

    named = sum((limit is not None, reserve is not None, alpha_scale, risk_aversion))
    if named != 1:
        raise typer.BadParameter(
            "name one number: --limit ID with --side, --reserve ID, --alpha-scale or --risk-aversion."
        )
    if (limit is None) != (side is None):
        raise typer.BadParameter("--limit and --side come together: a limit, and which of its bounds.")
    if limit is not None and side is not None:
        bound = model.LimitBoundParameter(limit_id=limit, side=model.Side[side.name])
        return model.SweepAxis(limit_bound=bound, parameter_values=values)
    if reserve is not None:
        rate = model.ReserveRateParameter(limit_id=reserve)
        return model.SweepAxis(reserve_rate=rate, parameter_values=values)
    if alpha_scale:
        return model.SweepAxis(alpha_scale=model.AlphaScaleParameter(), parameter_values=values)
    return model.SweepAxis(risk_aversion=model.RiskAversionParameter(), parameter_values=values)


Values = Annotated[
    str,
    typer.Option(
        "--values",
        metavar="VALUES",
        callback=checked_values,
        help="FIRST:LAST:STEP, such as 1.0:1.5:0.05, or values with commas between them, as files have them.",
    ),
]
Limit = Annotated[
    str | None, typer.Option("--limit", metavar="ID", help="Sweep a bound of this limit of the mandate.")
]
LimitSide = Annotated[
    Sides | None,
    typer.Option("--side", parser=one_of(Sides), metavar=words_of(Sides), help="Which bound of --limit."),
]
AlphaScale = Annotated[
    bool, typer.Option("--alpha-scale", help="Sweep a factor on every expected alpha; 0 is without alpha.")
]
RiskAversion = Annotated[
    bool, typer.Option("--risk-aversion", help="Sweep the risk aversion of an objective of utility.")
]
Reserve = Annotated[
    str | None, typer.Option("--reserve", metavar="ID", help="Sweep the default rate of this reserve limit.")
]
Mode = Annotated[
    Modes | None,
    typer.Option(
        "--mode",
        parser=one_of(Modes),
        metavar=words_of(Modes),
        help="fast starts each value from its neighbour's answer, where the server has the extra `sweeps`; "
        "answers are certified all the same, and may differ within the gap. Default: repeatable.",
    ),
]
Picture = Annotated[
    Path | None,
    typer.Option(
        "--picture",
        metavar="FILE.png",
        callback=checked_picture,
        help="Draw the objective against the number, and the bound's shadow price below; needs matplotlib.",
    ),
]

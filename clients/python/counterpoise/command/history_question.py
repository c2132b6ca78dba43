"""From a file and options to a question: a question file as it is, a table by what the options declare."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from counterpoise.command.arguments import STANDARD_INPUT
from counterpoise.command.history_arguments import (
    NOBODY,
    Frequencies,
    Treatments,
    parsed_names,
    parsed_prior,
    parsed_window,
)

if TYPE_CHECKING:
    from counterpoise.model import AlphaQuestion, ReturnBasis, ReturnHistory

_TABLES = {".csv", ".parquet", ".pq"}
_NEEDED = ("sleeves", "factors", "frequency", "excess")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was given on the command line, None where nothing was."""

    sleeves: str | None
    factors: str | None
    cash: str | None
    market: str | None
    frequency: Frequencies | None
    excess: str | None
    dates: str | None
    smoothing: Treatments | None
    factor_lags: int | None
    error_lags: int | None
    confidence: float | None
    rolling: int | None
    windows: list[str] | None
    prior: str | None


def question_of(file: Path, options: Options) -> AlphaQuestion:
    """What is asked; raises InvalidProblem with every violation, and BadParameter for wrong options."""
    from counterpoise import files, validate
    from counterpoise.errors import InvalidProblem
    from counterpoise.model import AlphaQuestion

    if file.suffix.lower() not in _TABLES:
        _refuse_options(file, options)
        return (
            files.read_question_from(sys.stdin.buffer, AlphaQuestion)
            if file == STANDARD_INPUT
            else files.read_question(file, AlphaQuestion)
        )
    question = _asked(file, options)
    violations = validate.question_violations(question)
    if violations:
        raise InvalidProblem(violations)
    return question


def _refuse_options(file: Path, options: Options) -> None:
    given = [item.name for item in fields(options) if getattr(options, item.name) is not None]
    if given:
        names = ", ".join(_option(name) for name in given)
        raise typer.BadParameter(
            f"{names}: these are for tables (.csv, .parquet); a question file says it all. "
            f"Write it in {'the file' if file == STANDARD_INPUT else file}."
        )


def _asked(file: Path, options: Options) -> AlphaQuestion:
    from counterpoise.model import AlphaPrior, AlphaQuestion, SmoothingTreatment, StressWindow

    missing = [_option(name) for name in _NEEDED if getattr(options, name) is None]
    if missing:
        more = f"; --excess {NOBODY} where cash is in all columns" if options.excess is None else ""
        raise typer.BadParameter(f"a table of returns needs {', '.join(missing)}, too{more}.")
    windows = [parsed_window(window) for window in options.windows or []]
    treatment = options.smoothing
    prior = parsed_prior(options.prior) if options.prior is not None else None
    return AlphaQuestion(
        history=_history(file, options),
        sleeve_ids=parsed_names(options.sleeves or ""),
        factor_ids=parsed_names(options.factors or ""),
        cash_id=options.cash or "",
        market_id=options.market or "",
        smoothing=SmoothingTreatment[treatment.name] if treatment is not None else None,
        factor_lag_count=options.factor_lags,
        error_lag_count=options.error_lags,
        confidence=options.confidence,
        rolling_period_count=options.rolling,
        stress_windows=tuple(
            StressWindow(window_id=name, first_date=first, last_date=last) for name, first, last in windows
        ),
        prior=AlphaPrior(annual_mean=prior[0], annual_error=prior[1]) if prior is not None else None,
    )


def _history(file: Path, options: Options) -> ReturnHistory:
    from counterpoise import histories
    from counterpoise.model import Frequency

    read = histories.read_csv if file.suffix.lower() == ".csv" else histories.read_parquet
    frequency = Frequency[(options.frequency or Frequencies.MONTHLY).name]
    return read(file, frequency=frequency, bases=_bases(options), dates=options.dates or "")


def _bases(options: Options) -> dict[str, ReturnBasis]:
    """The basis of every column that counts; raises BadParameter for one that is over cash and does not."""
    from counterpoise.model import ReturnBasis

    names = [*parsed_names(options.sleeves or ""), *parsed_names(options.factors or "")]
    names += [options.cash] if options.cash else []
    excess = () if options.excess == NOBODY else parsed_names(options.excess or "")
    unknown = [name for name in excess if name not in names]
    if unknown:
        raise typer.BadParameter(f"--excess: {', '.join(unknown)} is no sleeve and no factor; leave it out.")
    return {name: ReturnBasis.EXCESS if name in excess else ReturnBasis.TOTAL for name in names}


def _option(name: str) -> str:
    return f"--{'window' if name == 'windows' else name.replace('_', '-')}"

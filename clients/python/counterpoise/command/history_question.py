"""From a file and options to a question: a question file as it is, a table by what the options declare."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from counterpoise.command.arguments import STANDARD_INPUT
from counterpoise.command.history_arguments import NOBODY, Frequencies, Treatments, parsed_names

if TYPE_CHECKING:
    from counterpoise.model import (
        AlphaCaptureQuestion,
        AlphaQuestion,
        ReturnBasis,
        ReturnHistory,
        RiskModelQuestion,
        SmoothingTreatment,
    )

    Asked = TypeVar("Asked", AlphaQuestion, AlphaCaptureQuestion, RiskModelQuestion)

_TABLES = {".csv", ".parquet", ".pq"}


def question_of(
    file: Path, kind: type[Asked], given: Mapping[str, object], build: Callable[[], Asked]
) -> Asked:
    """What a question file says, or what `build` makes of a table and the options.

    `given` has the options by name, None where one was not given. Raises InvalidProblem with every violation,
    and BadParameter for options beside a question file, or wrong ones.
    """
    from counterpoise import files, validate
    from counterpoise.errors import InvalidProblem

    if file.suffix.lower() not in _TABLES:
        _refuse(file, given)
        return (
            files.read_question_from(sys.stdin.buffer, kind)
            if file == STANDARD_INPUT
            else files.read_question(file, kind)
        )
    question = build()
    violations = validate.question_violations(question)
    if violations:
        raise InvalidProblem(violations)
    return question


def need(given: Mapping[str, object], names: Iterable[str]) -> None:
    """Raises BadParameter with the options of these names that were not given."""
    missing = [option(name) for name in names if given[name] is None]
    if missing:
        more = f"; --excess {NOBODY} where cash is in all columns" if given["excess"] is None else ""
        raise typer.BadParameter(f"a table of returns needs {', '.join(missing)}, too{more}.")


def history_of(
    file: Path,
    names: Iterable[str],
    *,
    frequency: Frequencies | None,
    excess: str | None,
    dates: str | None,
) -> ReturnHistory:
    """The columns of these names; raises BadParameter where --excess names another."""
    from counterpoise import histories
    from counterpoise.model import Frequency

    read = histories.read_csv if file.suffix.lower() == ".csv" else histories.read_parquet
    return read(
        file,
        frequency=Frequency[(frequency or Frequencies.MONTHLY).name],
        bases=_bases(tuple(dict.fromkeys(names)), excess),
        dates=dates or "",
    )


def treatment_of(smoothing: Treatments | None) -> SmoothingTreatment | None:
    """The treatment that --smoothing names."""
    from counterpoise.model import SmoothingTreatment

    return SmoothingTreatment[smoothing.name] if smoothing is not None else None


def option(name: str) -> str:
    """An option as it is written: `fee_basis` is --fee-basis."""
    return f"--{name.replace('_', '-')}"


def _refuse(file: Path, given: Mapping[str, object]) -> None:
    names = ", ".join(option(name) for name, value in given.items() if value is not None)
    if names:
        raise typer.BadParameter(
            f"{names}: these are for tables (.csv, .parquet); a question file says it all. "
            f"Write it in {'the file' if file == STANDARD_INPUT else file}."
        )


def _bases(names: tuple[str, ...], excess: str | None) -> dict[str, ReturnBasis]:
    """The basis of every column that counts."""
    from counterpoise.model import ReturnBasis

    over_cash = () if excess in (NOBODY, None) else parsed_names(excess or "", "--excess")
    unknown = [name for name in over_cash if name not in names]
    if unknown:
        raise typer.BadParameter(
            f"--excess: {', '.join(unknown)} is none of the columns that other options name; leave it out."
        )
    return {name: ReturnBasis.EXCESS if name in over_cash else ReturnBasis.TOTAL for name in names}

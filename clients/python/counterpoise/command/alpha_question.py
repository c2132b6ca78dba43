"""Options of `verify-alpha`, and the question that they make of a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from counterpoise.command.history_arguments import (
    Frequencies,
    Treatments,
    parsed_names,
    parsed_prior,
    parsed_window,
)
from counterpoise.command.history_question import history_of, need, treatment_of

if TYPE_CHECKING:
    from counterpoise.model import AlphaQuestion

_NEEDED = ("sleeves", "factors", "frequency", "excess")


@dataclass(frozen=True, kw_only=True)
class AlphaOptions:
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
    window: list[str] | None
    prior: str | None


def alpha_question(file: Path, options: AlphaOptions) -> AlphaQuestion:
    """The question to a table; raises BadParameter where options are missing or wrong."""
    from counterpoise.model import AlphaPrior, AlphaQuestion, StressWindow

    need(vars(options), _NEEDED)
    sleeves = parsed_names(options.sleeves or "", "--sleeves")
    factors = parsed_names(options.factors or "", "--factors")
    cash = options.cash or ""
    windows = [parsed_window(window, "--window") for window in options.window or []]
    prior = parsed_prior(options.prior) if options.prior is not None else None
    return AlphaQuestion(
        history=history_of(
            file,
            [*sleeves, *factors, *([cash] if cash else [])],
            frequency=options.frequency,
            excess=options.excess,
            dates=options.dates,
        ),
        sleeve_ids=sleeves,
        factor_ids=factors,
        cash_id=cash,
        market_id=options.market or "",
        smoothing=treatment_of(options.smoothing),
        factor_lag_count=options.factor_lags,
        error_lag_count=options.error_lags,
        confidence=options.confidence,
        rolling_period_count=options.rolling,
        stress_windows=tuple(
            StressWindow(window_id=name, first_date=first, last_date=last) for name, first, last in windows
        ),
        prior=AlphaPrior(annual_mean=prior[0], annual_error=prior[1]) if prior is not None else None,
    )

"""Options of `estimate`, and the question that they make of a table."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from counterpoise.command.estimate_arguments import Methods, Missing, parsed_floor, parsed_premia
from counterpoise.command.history_arguments import (
    Frequencies,
    Treatments,
    parsed_names,
    parsed_prior,
    parsed_window,
)
from counterpoise.command.history_question import history_of, need, option, treatment_of

if TYPE_CHECKING:
    from counterpoise.model import Driver, RiskModelQuestion, StressRegime, VolatilityFloor

_NEEDED = ("drivers", "premia", "risk_free", "method", "frequency", "excess")
_REGIMES = ("stress_window", "turbulent_share", "uniform_stress")
_OF_METHODS = {"half_life": Methods.EXPONENTIAL, "factor_count": Methods.FACTOR}


@dataclass(frozen=True, kw_only=True)
class EstimateOptions:
    """What was given on the command line, None where nothing was."""

    drivers: str | None
    premia: str | None
    sleeves: str | None
    cash: str | None
    risk_free: float | None
    method: Methods | None
    half_life: float | None
    factor_count: int | None
    stress_window: list[str] | None
    turbulent_share: float | None
    uniform_stress: float | None
    growth: str | None
    floor: list[str] | None
    missing: Missing | None
    frequency: Frequencies | None
    excess: str | None
    dates: str | None
    smoothing: Treatments | None
    factor_lags: int | None
    prior: str | None


def estimate_question(file: Path, options: EstimateOptions) -> RiskModelQuestion:
    """The question to a table; raises BadParameter where options are missing or wrong."""
    from counterpoise import model

    need(vars(options), _NEEDED)
    _check_methods(options)
    drivers = _drivers(options)
    sleeves = parsed_names(options.sleeves, "--sleeves") if options.sleeves is not None else ()
    cash = options.cash or ""
    prior = parsed_prior(options.prior) if options.prior is not None else None
    missing = {
        Missing.COMMON: model.MissingReturns.COMMON_PERIODS,
        Missing.PAIRWISE: model.MissingReturns.PAIRWISE,
    }
    exponential = model.ExponentialCovariance(half_life_periods=options.half_life or 0.0)
    factor = model.FactorCovariance(factor_count=options.factor_count or 0)
    return model.RiskModelQuestion(
        history=history_of(
            file,
            [*[driver.driver_id for driver in drivers], *sleeves, *([cash] if cash else [])],
            frequency=options.frequency,
            excess=options.excess,
            dates=options.dates,
        ),
        annual_risk_free_rate=options.risk_free or 0.0,
        drivers=drivers,
        sleeve_ids=sleeves,
        cash_id=cash,
        missing_returns=missing[options.missing] if options.missing is not None else None,
        stress_regime=_regime(options),
        volatility_floors=_floors(options),
        smoothing=treatment_of(options.smoothing),
        factor_lag_count=options.factor_lags,
        prior=model.AlphaPrior(annual_mean=prior[0], annual_error=prior[1]) if prior is not None else None,
        sample=model.SampleCovariance() if options.method is Methods.SAMPLE else None,
        exponential=exponential if options.method is Methods.EXPONENTIAL else None,
        ledoit_wolf=model.LedoitWolfCovariance() if options.method is Methods.LEDOIT_WOLF else None,
        factor=factor if options.method is Methods.FACTOR else None,
    )


def _check_methods(options: EstimateOptions) -> None:
    """Raises BadParameter where an option of a method is missing, or belongs to another method."""
    for name, method in _OF_METHODS.items():
        given = vars(options)[name] is not None
        if given and options.method is not method:
            raise typer.BadParameter(f"{option(name)} is for --method {method}; leave it out.")
        if not given and options.method is method:
            raise typer.BadParameter(f"--method {method} needs {option(name)}, too.")


def _drivers(options: EstimateOptions) -> tuple[Driver, ...]:
    from counterpoise.model import Driver, ExpectedReturn

    names = parsed_names(options.drivers or "", "--drivers")
    premia = parsed_premia(options.premia or "")
    without = [name for name in names if name not in premia]
    strange = [name for name in premia if name not in names]
    if strange:
        near = difflib.get_close_matches(strange[0], without or names, 1)
        mend = f"perhaps {near[0]} is meant" if near else "leave it out"
        raise typer.BadParameter(f"--premia: {', '.join(strange)} is none of --drivers; {mend}.")
    if without:
        raise typer.BadParameter(f"--premia: nothing for {', '.join(without)}; write one for every driver.")
    return tuple(
        Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=premia[name])) for name in names
    )


def _regime(options: EstimateOptions) -> StressRegime | None:
    """The bad times that options name; raises BadParameter where they name several kinds."""
    from counterpoise import model

    given = [name for name in _REGIMES if vars(options)[name] is not None]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(map(option, given))} exclude each other; keep one.")
    if options.growth is not None and options.uniform_stress is None:
        raise typer.BadParameter("--growth is for --uniform-stress; leave it out.")
    if options.stress_window is not None:
        windows = [parsed_window(window, "--stress-window") for window in options.stress_window]
        return model.StressRegime(
            periods=model.StressPeriods(
                windows=tuple(
                    model.StressWindow(window_id=name, first_date=first, last_date=last)
                    for name, first, last in windows
                )
            )
        )
    if options.turbulent_share is not None:
        return model.StressRegime(turbulent=model.TurbulentPeriods(share=options.turbulent_share))
    if options.uniform_stress is not None:
        growth = parsed_names(options.growth, "--growth") if options.growth is not None else ()
        return model.StressRegime(
            uniform=model.UniformStress(correlation=options.uniform_stress, growth_driver_ids=growth)
        )
    return None


def _floors(options: EstimateOptions) -> tuple[VolatilityFloor, ...]:
    from counterpoise.model import VolatilityFloor

    return tuple(
        VolatilityFloor(volatility_floor_id=name, column_ids=columns, annual_volatility=volatility)
        for name, volatility, columns in [parsed_floor(floor) for floor in options.floor or []]
    )

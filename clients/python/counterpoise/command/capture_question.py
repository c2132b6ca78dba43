"""Options of `alpha-capture`, and the question that they make of a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from counterpoise.command.capture_arguments import FeeBases, Hurdles
from counterpoise.command.history_arguments import Frequencies, Treatments, parsed_names
from counterpoise.command.history_question import history_of, need, option, treatment_of

if TYPE_CHECKING:
    from counterpoise.model import AlphaCaptureQuestion, FeeTerms, PortableStructure

_NEEDED = (
    "funds",
    "benchmark",
    "fee_basis",
    "management_fee",
    "performance_fee",
    "passive_fee",
    "risk_free",
    "frequency",
    "excess",
)
_STRUCTURE = ("financing", "roll", "reserve", "margin", "posted_counts", "cash_drag", "physical_cost")


@dataclass(frozen=True, kw_only=True)
class CaptureOptions:
    """What was given on the command line, None where nothing was."""

    funds: str | None
    benchmark: str | None
    factors: str | None
    cash: str | None
    fee_basis: FeeBases | None
    management_fee: float | None
    performance_fee: float | None
    hurdle: Hurdles | None
    passive_fee: float | None
    risk_free: float | None
    frequency: Frequencies | None
    excess: str | None
    dates: str | None
    smoothing: Treatments | None
    error_lags: int | None
    confidence: float | None
    least_net_alpha: float | None
    financing: float | None
    roll: float | None
    reserve: float | None
    margin: float | None
    posted_counts: bool | None
    cash_drag: float | None
    margin_credit: float | None
    physical_cost: float | None


def capture_question(file: Path, options: CaptureOptions) -> AlphaCaptureQuestion:
    """The question to a table, all funds on the same terms; raises BadParameter for wrong options."""
    from counterpoise.model import ActiveFund, AlphaCaptureQuestion, FeeBasis

    need(vars(options), _NEEDED)
    structure = _structure(options)
    funds = parsed_names(options.funds or "", "--funds")
    factors = parsed_names(options.factors, "--factors") if options.factors is not None else ()
    benchmark, cash = options.benchmark or "", options.cash or ""
    fees = _fees(options)
    basis = FeeBasis[(options.fee_basis or FeeBases.NET).name]
    return AlphaCaptureQuestion(
        history=history_of(
            file,
            [*funds, benchmark, *factors, *([cash] if cash else [])],
            frequency=options.frequency,
            excess=options.excess,
            dates=options.dates,
        ),
        funds=tuple(
            ActiveFund(
                fund_id=fund,
                benchmark_id=benchmark,
                fee_basis=basis,
                fees=fees,
                annual_passive_fee=options.passive_fee or 0.0,
            )
            for fund in funds
        ),
        factor_ids=factors,
        cash_id=cash,
        annual_risk_free_rate=options.risk_free or 0.0,
        smoothing=treatment_of(options.smoothing),
        error_lag_count=options.error_lags,
        confidence=options.confidence,
        least_annual_net_alpha=options.least_net_alpha,
        structure=structure,
    )


def _fees(options: CaptureOptions) -> FeeTerms:
    from counterpoise.model import FeeHurdle, FeeTerms

    hurdles = {Hurdles.CASH: FeeHurdle.CASH, Hurdles.NONE: FeeHurdle.ZERO}
    if options.performance_fee and options.hurdle is None:
        raise typer.BadParameter(
            "--performance-fee needs --hurdle, too: cash where gains count over cash, none where over zero."
        )
    return FeeTerms(
        annual_management_fee=options.management_fee or 0.0,
        performance_fee_rate=options.performance_fee or 0.0,
        hurdle=hurdles[options.hurdle] if options.hurdle is not None else None,
    )


def _structure(options: CaptureOptions) -> PortableStructure | None:
    """The structure, None where no option speaks of one; raises BadParameter where some are missing."""
    from counterpoise.model import PortableStructure

    given = vars(options)
    missing = [name for name in _STRUCTURE if given[name] is None]
    if len(missing) == len(_STRUCTURE) and options.margin_credit is None:
        return None
    if missing:
        names = [
            "--posted-counts or --posted-does-not-count" if name == "posted_counts" else option(name)
            for name in missing
        ]
        raise typer.BadParameter(f"a structure needs {', '.join(names)}, too.")
    return PortableStructure(
        annual_financing_spread=options.financing or 0.0,
        annual_roll_cost=options.roll or 0.0,
        reserve_rate=options.reserve or 0.0,
        initial_margin_rate=options.margin or 0.0,
        posted_margin_counts=bool(options.posted_counts),
        annual_cash_drag=options.cash_drag or 0.0,
        annual_margin_credit_spread=options.margin_credit,
        annual_physical_cost=options.physical_cost or 0.0,
    )

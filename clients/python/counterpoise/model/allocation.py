"""The answer as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterpoise.model.reports import (
    CapitalUse,
    CounterpartyReport,
    ExposureReport,
    LeverageFigure,
    LimitReport,
    ObjectiveReport,
    PoolMargin,
    Position,
    Provenance,
    ReserveReport,
    ReturnReport,
    RiskReport,
    TradingReport,
    Warning,
)
from counterpoise.model.solve import Certificate, Termination
from counterpoise.model.stress import StressReport
from counterpoise.model.verdicts import SleeveVerdict

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """The answer: a function of problem, parameters and build.

    Only OPTIMAL carries positions and reports; OPTIMAL and INFEASIBLE carry a certificate.
    """

    termination: Termination
    certificate: Certificate | None = None
    objective: ObjectiveReport | None = None
    positions: tuple[Position, ...] = ()
    capital_uses: tuple[CapitalUse, ...] = ()
    exposures: tuple[ExposureReport, ...] = ()
    expected_return: ReturnReport | None = None
    leverage_figures: tuple[LeverageFigure, ...] = ()
    pool_margins: tuple[PoolMargin, ...] = ()
    reserve: ReserveReport | None = None
    risk: RiskReport | None = None
    limits: tuple[LimitReport, ...] = ()
    sleeve_verdicts: tuple[SleeveVerdict, ...] = ()
    warnings: tuple[Warning, ...] = ()
    provenance: Provenance
    trading: TradingReport | None = None
    counterparties: tuple[CounterpartyReport, ...] = ()
    stresses: tuple[StressReport, ...] = ()

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no frames.
        def positions_frame(self) -> pd.DataFrame:
            """Positions indexed by line id; columns kind, fraction, amount, capital, change, margin."""

        def trades_frame(self) -> pd.DataFrame:
            """Trades indexed by line id; columns kind, current, change, fraction, cost, cost_rate."""

        def exposures_frame(self) -> pd.DataFrame:
            """Exposures indexed by driver id; columns unit, funded, overlay, alpha, total, reference."""

        def return_frame(self) -> pd.DataFrame:
            """Return terms, one row per line and one column per kind; the total is their sum."""

        def sleeves_frame(self) -> pd.DataFrame:
            """Sleeves indexed by line id; columns sleeve_class, fraction, alphas and fees."""

        def leverage_frame(self) -> pd.DataFrame:
            """Leverage indexed by definition; the column is value, over NAV."""

        def reserve_frame(self) -> pd.DataFrame:
            """The reserve, indexed by part; the column is fraction, of NAV."""

        def counterparties_frame(self) -> pd.DataFrame:
            """Counterparties indexed by id; columns posted_margin, gross_position."""

        def risk_frame(self) -> pd.DataFrame:
            """Euler shares of the volatilities; rows are lines and drivers, columns share_of_..."""

        def risk_budget_frame(self) -> pd.DataFrame:
            """Lines of a risk budget; columns wanted_share, share."""

        def limits_frame(self) -> pd.DataFrame:
            """Limits indexed by key; value, unit, bounds, slacks, shadow prices, violation, binding."""

        def soft_stages_frame(self) -> pd.DataFrame:
            """Soft limits by priority; columns violation, violation_bound."""

        def stresses_frame(self) -> pd.DataFrame:
            """Scenarios indexed by id: losses, calls, what is unpaid, first shortfall."""

        def payments_frame(self) -> pd.DataFrame:
            """What pays the call of each scenario, in order."""

        def notices_frame(self) -> pd.DataFrame:
            """Last days for notice by scenario and line."""

        def pool_margins_frame(self) -> pd.DataFrame:
            """Initial and variation margin by pool and scenario."""

        def coverage_frame(self) -> pd.DataFrame:
            """Sources and needs by scenario and horizon."""

        def volatilities_frame(self) -> pd.DataFrame:
            """Volatilities by statistic and regime."""

"""What scenarios and stressed correlations give reason to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from counterpoise.model import (
    CorrelationRegime,
    CoverageFigure,
    DriverValue,
    EntityRef,
    FloatArray,
    StressReport,
    Warning,
    WarningCode,
)
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.shocks import BASE
from optimizer.reports.coverage import first_shortfall

_NEGLIGIBLE = 1e-9


def warn_of_repairs(book: Book) -> Iterator[Warning]:
    """Of correlations that were not positive semidefinite."""
    model, driver_ids = book.problem.market.risk_model, book.problem.market.driver_ids
    changes = [("the correlation of the risk model", model.repaired_covariance(driver_ids)[1])]
    if model.stressed_correlation is not None:
        stressed = book.risk_space(CorrelationRegime.STRESSED).repaired_by
        changes.append(("the stressed correlation", stressed))
    for name, change in changes:
        if change > 0.0:
            yield Warning(
                code=WarningCode.CORRELATION_REPAIRED,
                message=f"{name} was not positive semidefinite: its negative eigenvalues were made zero, "
                f"which changes a correlation by up to {change:.3f}",
            )


def warn_of_uncovered(book: Book, missing: FloatArray) -> Iterator[Warning]:
    """Of pools whose initial margin no collateral covers; `missing` by pool, NAV fraction."""
    for pool, part in zip(book.problem.portfolio.margin_pools, missing, strict=True):
        if part > _NEGLIGIBLE:
            yield Warning(
                code=WarningCode.CURRENT_BREACH,
                message=f"no collateral covers {100 * part:.2f} % of NAV of the initial margin of "
                f"{pool.margin_pool_id}",
                subjects=(EntityRef(margin_pool_id=pool.margin_pool_id),),
            )


def warn_of_base(figures: Iterable[CoverageFigure]) -> Iterator[Warning]:
    """Of money that runs short although nothing happens."""
    return warn_of_short(first_shortfall([figure for figure in figures if figure.scenario_id == BASE]))


def warn_of_short(days: int | None) -> Iterator[Warning]:
    """The same, of the first horizon at which money runs short, if it does."""
    if days is not None:
        yield Warning(
            code=WarningCode.COVERAGE_SHORT,
            message=f"without any scenario more money is asked for than there is by trading day {days}",
        )


_MOVED: Final = Recall[tuple[EntityRef, ...]](256)


def warn_of_stress(stresses: Iterable[StressReport]) -> Iterator[Warning]:
    """Of ruin, of money and reserves that run short, and of moves that nobody gave."""
    for report in stresses:
        subject = (EntityRef(scenario_id=report.scenario_id),)
        if report.ruin:
            yield Warning(
                code=WarningCode.RUIN,
                message=f"{report.scenario_id} loses {100 * report.loss_fraction:.1f} % of NAV",
                subjects=subject,
            )
        if report.first_shortfall_trading_days is not None:
            yield Warning(
                code=WarningCode.COVERAGE_SHORT,
                message=f"under {report.scenario_id} more money is asked for than there is by trading day "
                f"{report.first_shortfall_trading_days}",
                subjects=subject,
            )
        multiple = report.reserve_gone_multiple
        if multiple is not None and multiple < 1.0:
            yield Warning(
                code=WarningCode.RESERVE_GONE,
                message=f"under {report.scenario_id} the reserve alone is gone at {multiple:.2f} of its "
                "moves: what is asked for beyond it is paid by other lines, or by nothing",
                subjects=subject,
            )
        if report.regressed_shocks:
            shocks = report.regressed_shocks
            moved = _MOVED.get((shocks,), partial(_drivers, shocks))
            yield Warning(
                code=WarningCode.SHOCK_REGRESSED,
                message=f"{report.scenario_id} has no shock for {len(report.regressed_shocks)} drivers: "
                "their moves are regressed on those that it has",
                subjects=(*subject, *moved),
            )


def _drivers(moves: tuple[DriverValue, ...]) -> tuple[EntityRef, ...]:
    return tuple([EntityRef(driver_id=item.driver_id) for item in moves])

"""What reports show of lines and drivers, made once for the same portfolio and the same market."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from counterpoise.model import (
    EntityRef,
    LimitKey,
    LineKind,
    MarketModel,
    StructuralRule,
    TotalPortfolio,
    Unit,
)
from counterpoise.recall import Recall
from optimizer.reports.instances import instances

H = TypeVar("H", bound=Hashable)

REFERENCE: Final = (
    "line_id",
    "driver_id",
    "limit_id",
    "margin_pool_id",
    "line_group_id",
    "driver_group_id",
    "counterparty_id",
    "scenario_id",
    "return_sample_id",
    "column_id",
)
"""Fields of a reference."""

KEY: Final = (
    "limit_id",
    "structural_rule",
    "line_id",
    "driver_id",
    "margin_pool_id",
    "counterparty_id",
    "scenario_id",
    "horizon_trading_days",
)
"""Fields of a limit's key."""


@dataclass(frozen=True, eq=False)
class Lines:
    """By line, in the order of the portfolio."""

    line_ids: tuple[str, ...]
    kinds: tuple[LineKind, ...]
    subjects: tuple[EntityRef, ...]
    box_keys: tuple[LimitKey, ...]
    """Keys of the lines' own minimums and maximums."""
    current: tuple[float | None, ...]
    costed: tuple[bool, ...]
    """Whether a trading cost is given."""
    all_current: bool
    """Whether every current position is known."""


@dataclass(frozen=True, eq=False)
class Drivers:
    """By driver, in the order of the market."""

    driver_ids: tuple[str, ...]
    subjects: tuple[EntityRef, ...]
    units: tuple[Unit, ...]
    """Units of exposures to them."""


_LINES: Final = Recall[Lines](8)
_DRIVERS: Final = Recall[Drivers](8)


def lines_of(portfolio: TotalPortfolio) -> Lines:
    """What reports show of its lines."""
    return _LINES.get((portfolio,), lambda: _lines(portfolio))


def drivers_of(market: MarketModel) -> Drivers:
    """What reports show of its drivers."""
    return _DRIVERS.get((market,), lambda: _drivers(market))


@lru_cache(maxsize=64)
def one_object(value: H) -> H:
    """The first of equal values: small ones that come anew with every request, as keys of a memory."""
    return value


def _lines(portfolio: TotalPortfolio) -> Lines:
    line_ids = portfolio.line_ids
    current = tuple([line.current_fraction for line in portfolio.lines])
    return Lines(
        line_ids=line_ids,
        kinds=tuple([line.kind for line in portfolio.lines]),
        subjects=instances(EntityRef, REFERENCE, [(line_id, *[None] * 9) for line_id in line_ids]),
        box_keys=instances(
            LimitKey,
            KEY,
            [(None, StructuralRule.LINE_BOX, line_id, "", "", "", "", None) for line_id in line_ids],
        ),
        current=current,
        costed=tuple([line.trading_cost is not None for line in portfolio.lines]),
        all_current=None not in current,
    )


def _drivers(market: MarketModel) -> Drivers:
    driver_ids = market.driver_ids
    return Drivers(
        driver_ids=driver_ids,
        subjects=instances(EntityRef, REFERENCE, [(None, name, *[None] * 8) for name in driver_ids]),
        units=tuple([driver.exposure_unit for driver in market.drivers]),
    )

"""What lines have beyond a position: forwards, costs of trades, fees, redemption terms, counterparties."""

from __future__ import annotations

import dataclasses
import datetime

from counterpoise.model import (
    AlphaBasis,
    AlphaSleeve,
    Counterparty,
    DriverValue,
    ExpectedAlpha,
    FeeHurdle,
    FeeTerms,
    Line,
    MarginPool,
    OutrightMargin,
    Overlay,
    TradingCost,
)
from tests.problems.books import RandomBook
from tests.problems.draw import Draw
from tests.problems.lines import random_lines
from tests.problems.markets import RandomMarket

AS_OF = datetime.date(2025, 6, 30)
COUNTERPARTIES = ("bank_a", "bank_b", "house_c")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Features:
    """What a whole problem has or has not."""

    current: bool
    errors: bool
    counterparty_ids: tuple[str, ...]


def random_features(draw: Draw) -> Features:
    """Every feature in about half of all problems."""
    return Features(
        current=draw.chance(0.6),
        errors=draw.chance(0.5),
        counterparty_ids=COUNTERPARTIES[: draw.count(0, 3)],
    )


def everything_lines(
    draw: Draw, book: RandomBook, market: RandomMarket, features: Features, nav_amount: float
) -> tuple[Line, ...]:
    """The lines of a book with everything that a line can have."""
    lines = random_lines(draw, book, market, nav_amount)
    return tuple(
        _extended(draw, _in_currencies(draw, line, market), position, features)
        for line, position in zip(lines, book.positions, strict=True)
    )


def random_pools(draw: Draw, book: RandomBook, features: Features) -> tuple[MarginPool, ...]:
    """The pools of a book; half of them pay less on cash than it earns elsewhere."""
    return tuple(
        MarginPool(
            margin_pool_id=pool_id,
            counterparty_id=draw.one(("", *features.counterparty_ids)),
            annual_margin_credit_spread=draw.one((None, draw.magnitude(1e-4, 1e-2))),
            outright=OutrightMargin(),
        )
        for pool_id in book.pool_ids
    )


def random_counterparties(features: Features) -> tuple[Counterparty, ...]:
    """The counterparties that lines and pools may name."""
    return tuple(Counterparty(counterparty_id=name) for name in features.counterparty_ids)


def _in_currencies(draw: Draw, line: Line, market: RandomMarket) -> Line:
    """Some overlays become forwards, some funds are in a currency of their own."""
    currencies = [name for name in market.model.driver_ids if name.startswith("fx-")]
    if not currencies:
        return line
    name = draw.one(currencies)
    if line.overlay is not None and draw.chance(0.4):
        return dataclasses.replace(line, loadings=(DriverValue(driver_id=name, value=1.0),))
    named = {item.driver_id for item in line.loadings}
    if line.funded_beta is not None and name not in named and draw.chance(0.5):
        return dataclasses.replace(line, loadings=(*line.loadings, DriverValue(driver_id=name, value=1.0)))
    return line


def _extended(draw: Draw, line: Line, position: float, features: Features) -> Line:
    """The line with what it trades, charges and faces; `position` stays allowed."""
    current = line.current_fraction
    if features.current:
        current = position + draw.one((0.0, draw.normal(0.0, 0.02), draw.normal(0.0, 0.1)))
    if current is not None and line.overlay is None:
        current = max(current, 0.0)
    trades = current is not None and draw.chance(0.6)
    return dataclasses.replace(
        line,
        current_fraction=current,
        trading_cost=_trading_cost(draw) if trades else None,
        counterparty_id=draw.one(features.counterparty_ids)
        if features.counterparty_ids and draw.chance(0.25)
        else "",
        valuation_date=AS_OF - datetime.timedelta(days=draw.count(0, 90)) if draw.chance(0.2) else None,
        overlay=None if line.overlay is None else _overlay(draw, line.overlay),
        alpha_sleeve=None
        if line.alpha_sleeve is None
        else _sleeve(draw, line.alpha_sleeve, position, current, errors=features.errors),
    )


def _trading_cost(draw: Draw) -> TradingCost:
    return TradingCost(
        linear_rate=draw.one((0.0, draw.magnitude(1e-4, 1e-2))),
        impact_coefficient=draw.one((None, draw.magnitude(1e-3, 0.5))),
    )


def _overlay(draw: Draw, overlay: Overlay) -> Overlay:
    """Shorts receive less than longs pay in half of all overlays."""
    width = draw.one((None, draw.magnitude(1e-4, 1e-2)))
    spread = None if width is None else overlay.annual_financing_spread - width
    return dataclasses.replace(overlay, annual_short_financing_spread=spread)


def _sleeve(
    draw: Draw, sleeve: AlphaSleeve, position: float, current: float | None, *, errors: bool
) -> AlphaSleeve:
    """Half of the sleeves declare alpha gross of fees; what cannot be redeemed leaves the book's position."""
    redeemable = None
    if current is not None and draw.chance(0.4):
        redeemable = max(current - position, 0.0) + draw.magnitude(0.005, 0.3)
    changed = dataclasses.replace(
        sleeve,
        redeemable_fraction=redeemable,
        annual_alpha_error=draw.magnitude(0.002, 0.05) if errors or draw.chance(0.3) else None,
        evidence=dataclasses.replace(
            sleeve.evidence,
            last_observation_date=AS_OF - datetime.timedelta(days=draw.count(0, 800))
            if draw.chance(0.3)
            else None,
        ),
    )
    return gross_of_fees(draw, changed) if draw.chance(0.5) else changed


def gross_of_fees(draw: Draw, sleeve: AlphaSleeve) -> AlphaSleeve:
    """The sleeve with its alpha, raised by three percent, declared before fees."""
    net = sleeve.expected_alpha.net_of_fees
    if net is None:
        raise ValueError("the alpha is gross already")
    raised = {name: value + 0.03 for name, value in vars(net).items() if value is not None}
    rate = draw.one((0.0, draw.between(0.05, 0.3)))
    hurdles = (FeeHurdle.ZERO, FeeHurdle.CASH)
    return dataclasses.replace(
        sleeve,
        expected_alpha=ExpectedAlpha(gross_of_fees=AlphaBasis(**raised)),
        fees=FeeTerms(
            annual_management_fee=draw.between(0.0, 0.025),
            performance_fee_rate=rate,
            hurdle=draw.one(hurdles if rate else (None, *hurdles)),
        ),
    )

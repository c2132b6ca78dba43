"""Lines that can be stressed: funds, overlays both ways, sleeves with notice, tiers, credit."""

from __future__ import annotations

from counterpoise.model import (
    AlphaBasis,
    AlphaSleeve,
    CreditLine,
    DriverValue,
    ExpectedAlpha,
    FactorEvidence,
    FundedBeta,
    Line,
    LiquidityPoint,
    MarketModel,
    Overlay,
    ReserveTier,
    UnfundedAccount,
)
from tests.problems.draw import Draw

TIERS = ("cash", "bills", "notes")


def stressed_lines(draw: Draw, market: MarketModel) -> list[Line]:
    """8 to 17 lines in any order; pools, rates and boxes come later, and margined lines name no pool yet."""
    lines = [_fund(draw, market, number) for number in range(draw.count(2, 4))]
    lines += [_future(draw, market, number) for number in range(draw.count(2, 5))]
    lines += [_sleeve(draw, market, number) for number in range(draw.count(1, 3))]
    if draw.chance(0.4):
        lines.append(_account(draw, market))
    lines += [_tier(draw, market, name) for name in TIERS[: draw.count(1, 3)]]
    if draw.chance(0.4):
        lines.append(_credit(draw))
    return draw.shuffled(lines)


def _loadings(draw: Draw, market: MarketModel, main: float, *, others: float) -> tuple[DriverValue, ...]:
    """One driver that matters and sometimes another; loadings on rates are durations per basis point."""
    drivers = draw.shuffled(market.drivers)
    sizes = [main] if len(drivers) == 1 or draw.chance(0.5) else [main, others]
    return tuple(
        DriverValue(driver_id=driver.driver_id, value=-0.0008 * abs(size) if driver.in_basis_points else size)
        for driver, size in zip(drivers, sizes, strict=False)
    )


def _fund(draw: Draw, market: MarketModel, number: int) -> Line:
    """Sold within days, or slowly, or at no horizon that is known."""
    slow = (_point(5, 0.3), _point(20, 0.7), _point(63, 1.0))
    return Line(
        line_id=f"fund.{number}",
        loadings=_loadings(draw, market, draw.normal(0.95, 0.1), others=draw.normal(0.1, 0.2)),
        annual_residual_volatility=draw.one((0.0, 0.02, 0.06)),
        liquidity=draw.one(((_point(1, 1.0),), (_point(2, 0.5), _point(5, 1.0)), slow, ())),
        underlying_id="index" if number == 0 else "",
        funded_beta=FundedBeta(annual_fee=draw.one((0.0, 0.0005, 0.003))),
    )


def _future(draw: Draw, market: MarketModel, number: int) -> Line:
    return Line(
        line_id=f"future.{number}",
        loadings=_loadings(draw, market, draw.normal(1.0, 0.05), others=draw.normal(0.0, 0.2)),
        annual_residual_volatility=draw.one((0.0, 0.0, 0.01)),
        underlying_id="index" if number == 0 and draw.chance(0.5) else "",
        overlay=Overlay(
            margin_pool_id="",
            annual_financing_spread=draw.between(-0.001, 0.004),
            annual_roll_cost=draw.one((0.0, 0.0005, 0.002)),
            leverage_weight=draw.one((None, None, draw.between(0.3, 1.8))),
        ),
    )


def _alpha(draw: Draw) -> ExpectedAlpha:
    return ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=draw.between(0.0, 0.035)))


def _evidence(draw: Draw) -> FactorEvidence:
    return FactorEvidence(r_squared=draw.between(0.05, 0.7), observation_count=draw.count(40, 200))


def _sleeve(draw: Draw, market: MarketModel, number: int) -> Line:
    """45 to 95 days of notice, quarterly, or a lock that ends in parts."""
    notice = draw.count(45, 95)
    terms = draw.one(
        (
            (_point(notice, 1.0),),
            (_point(notice, 0.25), _point(notice + 63, 0.5), _point(notice + 126, 1.0)),
            (_point(1, 0.0), _point(notice, 0.9)),
            (_point(20, 0.2), _point(63, 0.2), _point(95, 1.0)),
        )
    )
    return Line(
        line_id=f"sleeve.{number}",
        loadings=_loadings(draw, market, draw.normal(0.15, 0.2), others=draw.normal(0.0, 0.1)),
        annual_residual_volatility=draw.between(0.02, 0.09),
        liquidity=terms,
        alpha_sleeve=AlphaSleeve(
            expected_alpha=_alpha(draw),
            evidence=_evidence(draw),
            look_through_leverage=draw.one((None, None, draw.between(0.5, 2.5))),
        ),
    )


def _account(draw: Draw, market: MarketModel) -> Line:
    return Line(
        line_id="account",
        loadings=_loadings(draw, market, draw.normal(0.1, 0.2), others=draw.normal(0.0, 0.1)),
        annual_residual_volatility=draw.between(0.02, 0.08),
        alpha_sleeve=AlphaSleeve(
            expected_alpha=_alpha(draw),
            evidence=_evidence(draw),
            unfunded_account=UnfundedAccount(margin_pool_id=""),
            look_through_leverage=draw.one((None, draw.between(0.5, 1.5))),
        ),
    )


def _tier(draw: Draw, market: MarketModel, name: str) -> Line:
    """Cash pays the same day; bills sometimes do; notes lose value when rates or credit do."""
    rates = [driver.driver_id for driver in market.drivers if driver.in_basis_points]
    moves = name == "notes" and rates
    return Line(
        line_id=name,
        loadings=(DriverValue(driver_id=rates[0], value=-0.0003),) if moves else (),
        annual_residual_volatility=0.01 if name == "notes" else 0.0,
        liquidity=draw.one(((), (_point(2, 1.0),), (_point(1, 0.5), _point(3, 1.0))))
        if name == "notes"
        else (),
        reserve_tier=ReserveTier(
            annual_cash_drag={"cash": 0.004, "bills": 0.001, "notes": -0.002}[name] * draw.between(0.5, 1.5),
            cash_equivalent=name != "notes",
            variation_margin_eligible=name == "cash" or (name == "bills" and draw.chance(0.3)),
        ),
    )


def _credit(draw: Draw) -> Line:
    return Line(
        line_id="credit",
        annual_residual_volatility=0.0,
        liquidity=draw.one(((_point(1, 1.0),), (_point(5, 0.5), _point(20, 1.0)), ())),
        credit_line=CreditLine(committed_amount=1.0, annual_borrowing_spread=draw.between(0.005, 0.02)),
    )


def _point(days: int, share: float) -> LiquidityPoint:
    return LiquidityPoint(horizon_trading_days=days, available_share=share)

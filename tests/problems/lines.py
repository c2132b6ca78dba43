"""Lines of every kind around a random book."""

from __future__ import annotations

from counterpoise.model import (
    AlphaBasis,
    AlphaSleeve,
    CollateralTerms,
    CreditLine,
    DriverValue,
    ExpectedAlpha,
    FactorEvidence,
    FundedBeta,
    Line,
    LineKind,
    Overlay,
    ReserveTier,
    UnfundedAccount,
)
from tests.problems.books import RandomBook
from tests.problems.draw import Draw
from tests.problems.markets import RandomMarket

Box = tuple[float | None, float | None]
PREFIX = {
    LineKind.FUNDED_BETA: "fund",
    LineKind.OVERLAY: "future",
    LineKind.ALPHA_SLEEVE: "sleeve",
    LineKind.RESERVE_TIER: "tier",
    LineKind.CREDIT_LINE: "credit",
}


def random_lines(draw: Draw, book: RandomBook, market: RandomMarket, nav_amount: float) -> tuple[Line, ...]:
    """The lines of a book, with room around its positions."""
    underlyings, residuals = _residuals(draw, book)
    lines = []
    for index, kind in enumerate(book.kinds):
        minimum, maximum = _box(draw, kind, book.positions[index])
        loadings = _loadings(draw, kind, market)
        lines.append(
            Line(
                line_id=f"{PREFIX[kind]}.{index}",
                loadings=loadings,
                annual_residual_volatility=residuals[index],
                current_fraction=book.positions[index] + draw.normal(0, 0.02) if draw.chance(0.5) else None,
                minimum_fraction=minimum,
                maximum_fraction=maximum,
                underlying_id=underlyings[index],
                funded_beta=_fund(draw) if kind == LineKind.FUNDED_BETA else None,
                overlay=_overlay(draw, book, index) if kind == LineKind.OVERLAY else None,
                alpha_sleeve=_sleeve(draw, book, index, nav_amount, betas=_beta(market, loadings))
                if kind == LineKind.ALPHA_SLEEVE
                else None,
                reserve_tier=random_tier(draw, book, index) if kind == LineKind.RESERVE_TIER else None,
                credit_line=_credit(draw, book, index, nav_amount) if kind == LineKind.CREDIT_LINE else None,
            )
        )
    return tuple(lines)


def _residuals(draw: Draw, book: RandomBook) -> tuple[list[str], list[float]]:
    """Underlyings shared by funded lines and overlays, and residual volatilities, zero for many."""
    count = len(book.kinds)
    underlyings = [""] * count
    residuals = [draw.one((0.0, draw.magnitude(0.001, 0.3))) for _ in range(count)]
    shareable = [
        index for index, kind in enumerate(book.kinds) if kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY)
    ]
    if len(shareable) > 1 and draw.chance(0.6):
        for number in range(draw.count(1, 1 + len(shareable) // 4)):
            members = draw.shuffled(shareable)[: draw.count(1, 3)]
            for index in members:
                underlyings[index] = f"index_{number}"
                residuals[index] = residuals[members[0]]
    return underlyings, residuals


def _box(draw: Draw, kind: LineKind, position: float) -> Box:
    """Room around a position; one line in twelve is pinned to it."""
    if draw.chance(0.08):
        return position, position
    minimum = position - draw.magnitude(0.01, 0.5) if draw.chance(0.4) else None
    if minimum is not None and kind != LineKind.OVERLAY:
        minimum = max(minimum, 0.0)
    return minimum, position + draw.magnitude(0.01, 0.5) if draw.chance(0.5) else None


def _loadings(draw: Draw, kind: LineKind, market: RandomMarket) -> tuple[DriverValue, ...]:
    """One main driver for beta, several small ones for sleeves, hardly any for cash and credit."""
    count = len(market.units)
    if kind in (LineKind.RESERVE_TIER, LineKind.CREDIT_LINE):
        sizes = [0.1] if draw.chance(0.2) else []
    elif kind == LineKind.ALPHA_SLEEVE:
        sizes = [0.2] * draw.count(0, 3)
    else:
        sizes = [draw.normal(1.0, 0.3), *([0.15] * draw.count(0, 2))]
    drivers = draw.shuffled(range(count))[: len(sizes)]
    return tuple(
        DriverValue(
            driver_id=market.model.drivers[driver].driver_id,
            value=market.units[driver] * (size if place == 0 else draw.normal(0.0, size)),
        )
        for place, (driver, size) in enumerate(zip(drivers, sizes, strict=False))
    )


def _beta(market: RandomMarket, loadings: tuple[DriverValue, ...]) -> tuple[float, float]:
    """What the loadings earn over cash, and cash."""
    cash = market.model.annual_risk_free_rate
    premia = {driver.driver_id: driver.expected_return.over_cash(cash) for driver in market.model.drivers}
    return sum(premia[item.driver_id] * item.value for item in loadings), cash


def _fund(draw: Draw) -> FundedBeta:
    return FundedBeta(annual_fee=draw.one((0.0, draw.magnitude(0.0001, 0.01))))


def _overlay(draw: Draw, book: RandomBook, index: int) -> Overlay:
    return Overlay(
        margin_pool_id=book.pools[index],
        initial_margin_rate=book.margin_rates[index],
        annual_financing_spread=draw.one((0.0, draw.normal(0.002, 0.003))),
        annual_roll_cost=draw.one((0.0, draw.magnitude(0.0001, 0.01))),
        leverage_weight=draw.between(0.1, 2.0) if draw.chance(0.3) else None,
    )


def _sleeve(
    draw: Draw, book: RandomBook, index: int, nav_amount: float, *, betas: tuple[float, float]
) -> AlphaSleeve:
    """Alpha declared on one of the three bases, evidence on either side of both thresholds."""
    alpha = draw.normal(0.01, 0.02)
    beta_return, cash = betas
    over_cash = alpha + beta_return
    basis = draw.one(
        (
            AlphaBasis(annual_over_beta=alpha),
            AlphaBasis(annual_over_cash=over_cash),
            AlphaBasis(annual_total=over_cash + cash),
        )
    )
    r_squared = draw.one((0.0, draw.between(0, 0.3), draw.between(0.3, 0.8), 0.8, draw.between(0.81, 1.0)))
    capacity = (book.positions[index] + draw.magnitude(0.01, 0.5)) * nav_amount if draw.chance(0.5) else None
    account = None
    if book.pools[index]:
        account = UnfundedAccount(
            margin_pool_id=book.pools[index], initial_margin_rate=book.margin_rates[index]
        )
    return AlphaSleeve(
        expected_alpha=ExpectedAlpha(net_of_fees=basis),
        evidence=FactorEvidence(r_squared=r_squared, observation_count=draw.count(6, 240)),
        unfunded_account=account,
        look_through_leverage=draw.one((0.0, 1.0, draw.between(0.0, 3.0))) if draw.chance(0.6) else None,
        capacity_amount=capacity,
    )


def random_tier(draw: Draw, book: RandomBook, index: int) -> ReserveTier:
    """A tier with the terms of its book; a share that is capped leaves room above the book's."""
    terms = []
    for item in book.terms:
        if item.tier != index:
            continue
        share = None
        if draw.chance(0.4):
            share = min(1.0, item.share + draw.between(0.02, 0.3))
        terms.append(
            CollateralTerms(margin_pool_id=item.pool, haircut=item.haircut, maximum_margin_share=share)
        )
    return ReserveTier(
        annual_cash_drag=draw.one((0.0, draw.normal(0.001, 0.003))),
        cash_equivalent=draw.chance(0.6),
        variation_margin_eligible=draw.chance(0.6),
        collateral_terms=tuple(terms),
    )


def _credit(draw: Draw, book: RandomBook, index: int, nav_amount: float) -> CreditLine:
    return CreditLine(
        committed_amount=(book.positions[index] + draw.magnitude(0.01, 0.3)) * nav_amount,
        annual_borrowing_spread=draw.between(0.0, 0.03),
    )

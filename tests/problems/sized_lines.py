"""Lines of a realistic total portfolio, with a book to build limits around."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    AlphaBasis,
    AlphaSleeve,
    CollateralTerms,
    DriverValue,
    ExpectedAlpha,
    FactorEvidence,
    FloatArray,
    FundedBeta,
    Line,
    Overlay,
    ReserveTier,
    UnfundedAccount,
)
from tests.problems.draw import Draw

POOLS = ("broker-1", "broker-2")
SIZED_TIERS = 3
FUNDED_CAPITAL = 0.62
SLEEVE_CAPITAL = 0.18
OVERLAY_NOTIONAL = 0.35


def sized_lines(
    draw: Draw, *, funded: int, overlays: int, sleeves: int, tiers: int, drivers: int
) -> tuple[tuple[Line, ...], FloatArray]:
    """Lines, and the positions of a book: gross about 1.2, a fifth of NAV in reserve."""
    lines = [_fund(draw, index, drivers) for index in range(funded)]
    lines += [_future(draw, index, drivers, funded) for index in range(overlays)]
    lines += [_sleeve(draw, index, drivers, sleeves) for index in range(sleeves)]
    lines += [_tier(index) for index in range(tiers)]
    positions = np.array([draw.between(0.5, 1.5) for _ in lines])
    kinds = np.array([line.kind for line in lines])
    paid = np.array([line.capital_per_unit for line in lines])
    sleeve_like = kinds == 3
    for mask, total in (
        (kinds == 1, FUNDED_CAPITAL),
        (kinds == 2, OVERLAY_NOTIONAL),
        (sleeve_like, SLEEVE_CAPITAL),
    ):
        positions[mask] *= total / max(float(positions[mask].sum()), 1e-12)
    reserve = kinds == 4
    left = 1.0 - float((positions * paid)[~reserve].sum())
    positions[reserve] = 0.0
    # Half of the reserve in the tier that every pool takes without haircut.
    first = int(np.flatnonzero(reserve)[0])
    positions[reserve] = left * 0.5 / max(int(reserve.sum()) - 1, 1)
    positions[first] = left if int(reserve.sum()) == 1 else left * 0.5
    return tuple(lines), positions


def _fund(draw: Draw, index: int, drivers: int) -> Line:
    main = index % drivers
    other = (main + draw.count(1, max(drivers - 1, 1))) % drivers
    loadings = {main: draw.between(0.9, 1.1)}
    loadings.setdefault(other, draw.normal(0.0, 0.1))
    return Line(
        line_id=f"fund-{index:03d}",
        loadings=_values(loadings),
        annual_residual_volatility=draw.between(0.005, 0.03),
        maximum_fraction=0.4,
        underlying_id=f"index-{index:03d}" if index % 5 == 0 else "",
        funded_beta=FundedBeta(annual_fee=draw.between(0.0003, 0.003)),
    )


def _future(draw: Draw, index: int, drivers: int, funded: int) -> Line:
    """Every fifth future is on the underlying of a fund; every fourth counts by its duration."""
    shares = index % 5 == 0 and index < funded
    return Line(
        line_id=f"future-{index:03d}",
        loadings=_values({(index * 3) % drivers: 1.0}),
        annual_residual_volatility=0.01 if shares else draw.between(0.0, 0.01),
        minimum_fraction=-0.3,
        maximum_fraction=0.6,
        underlying_id=f"index-{index:03d}" if shares else "",
        overlay=Overlay(
            margin_pool_id=POOLS[index % len(POOLS)],
            initial_margin_rate=draw.between(0.03, 0.12),
            annual_financing_spread=draw.between(0.0, 0.004),
            annual_roll_cost=draw.between(0.0002, 0.003),
            leverage_weight=draw.between(0.3, 1.8) if index % 4 == 3 else None,
        ),
    )


def _sleeve(draw: Draw, index: int, drivers: int, sleeves: int) -> Line:
    """Every fifth sleeve is an unfunded account."""
    account = None
    if index % 5 == 4:
        account = UnfundedAccount(margin_pool_id=POOLS[index % len(POOLS)], initial_margin_rate=0.1)
    loadings = {draw.count(0, drivers - 1): draw.normal(0.0, 0.15) for _ in range(3)}
    return Line(
        line_id=f"sleeve-{index:03d}",
        loadings=_values(loadings),
        annual_residual_volatility=draw.between(0.03, 0.1),
        maximum_fraction=max(0.02, 1.2 / sleeves),
        alpha_sleeve=AlphaSleeve(
            expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=draw.normal(0.02, 0.012))),
            evidence=FactorEvidence(r_squared=draw.between(0.0, 0.9), observation_count=draw.count(24, 120)),
            unfunded_account=account,
            look_through_leverage=draw.one((None, 1.0, 1.5)),
            capacity_amount=2e7 + 1e9 / sleeves,
        ),
    )


def _tier(index: int) -> Line:
    """Cash, then bills, then notes."""
    haircut = (0.0, 0.005, 0.03)[index]
    return Line(
        line_id=("cash", "bills", "notes")[index],
        annual_residual_volatility=0.0,
        reserve_tier=ReserveTier(
            annual_cash_drag=(0.003, 0.001, 0.0)[index],
            cash_equivalent=index < 2,
            variation_margin_eligible=index == 0,
            collateral_terms=tuple(
                CollateralTerms(
                    margin_pool_id=pool, haircut=haircut, maximum_margin_share=None if index == 0 else 0.6
                )
                for pool in POOLS
            ),
        ),
    )


def _values(loadings: dict[int, float]) -> tuple[DriverValue, ...]:
    return tuple(
        DriverValue(driver_id=f"driver-{driver:03d}", value=value)
        for driver, value in sorted(loadings.items())
    )

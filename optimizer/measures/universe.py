"""Lines and drivers as arrays: what a market and a portfolio say, whatever is asked of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    BoolArray,
    CorrelationRegime,
    FloatArray,
    IndexArray,
    Line,
    LineKind,
    LineScope,
    MarketModel,
    TotalPortfolio,
    covariance_factor,
)
from counterpoise.recall import Recall
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Piece, read_only
from optimizer.measures.regimes import RiskSpace, stressed_space
from optimizer.measures.residual_risk import Residuals, residuals_of


@dataclass(frozen=True, eq=False)
class Postings:
    """Collateral terms, one element for every tier and pool that takes it, in request order."""

    tier: IndexArray
    """Line index of the tier, shape (postings,)."""
    pool: IndexArray
    """Index of the margin pool."""
    haircut: FloatArray
    """Fraction of value that does not count."""
    maximum_share: FloatArray
    """Most of the pool's posted value, after haircuts, that this posting may be."""


@dataclass(frozen=True, eq=False)
class Drivers:
    """The drivers of a market as arrays over D of them."""

    place: dict[str, int]
    """Index by driver id."""
    premia: FloatArray
    """mu over cash, annual decimal, shape (D,)."""
    covariance: FloatArray
    """S, annual, shape (D, D)."""
    factor: FloatArray
    """L with S = L L'."""


@dataclass(frozen=True, eq=False)
class Universe:
    """A market and a portfolio over n lines, D drivers and E collateral postings; arrays are read-only.

    Its memories last as long as it does: whoever asks it again for other limits finds them.
    """

    market: MarketModel
    portfolio: TotalPortfolio
    drivers: Drivers
    line_ids: tuple[str, ...]
    place: dict[str, int]
    """Index by line id."""
    kind: IndexArray
    """LineKind of each line, shape (n,)."""
    capital: FloatArray
    """Capital per unit of position: 1, 0 or -1."""
    loadings: FloatArray
    """B, exposure per unit, shape (n, D)."""
    residuals: Residuals
    current: FloatArray
    """Positions now, then zeros for postings; zero where they are not given, shape (n + E,)."""
    pool: IndexArray
    """Index of the margin pool of each line; -1 without margin."""
    margin_rate: FloatArray
    """Initial margin as a fraction of absolute notional; 0 without margin by rate."""
    postings: Postings
    constraints: Recall[Constraint] = field(default_factory=lambda: Recall(256))
    """Limits with their bounds, by what they read."""
    measures: Recall[Constraint] = field(default_factory=lambda: Recall(128))
    """The same without bounds, by measure: they hold the arrays."""
    pool_pieces: dict[int, Piece | None] = field(default_factory=dict)
    """Initial margin of pools that was asked for already."""
    _available: dict[int, FloatArray] = field(default_factory=dict)
    _numbers: Recall[FloatArray] = field(default_factory=lambda: Recall(32))

    @property
    def line_count(self) -> int:
        """Number of lines n."""
        return len(self.kind)

    @property
    def variable_count(self) -> int:
        """Number of variables n + E."""
        return len(self.current)

    @cached_property
    def _masks(self) -> dict[LineKind, BoolArray]:
        return {kind: read_only(np.asarray(self.kind == int(kind))) for kind in LineKind}

    def is_kind(self, kind: LineKind) -> BoolArray:
        """Mask of the lines of a kind."""
        return self._masks[kind]

    def each(self, number: Callable[[Line], float], kind: LineKind | None = None) -> FloatArray:
        """A number of each line, or of those of a kind and 0 for others, shape (n,).

        It is remembered by the function, which is one of a module.
        """
        return self._numbers.get((number, kind), lambda: read_only(self._of_lines(number, kind)))

    def _of_lines(self, number: Callable[[Line], float], kind: LineKind | None) -> FloatArray:
        lines = self.portfolio.lines
        if kind is None:
            return np.array([number(line) for line in lines], dtype=float)
        at, numbers = np.flatnonzero(self.is_kind(kind)), np.zeros(len(lines))
        numbers[at] = [number(lines[index]) for index in at.tolist()]
        return numbers

    def lines_in(self, scope: LineScope) -> IndexArray:
        """Indexes of the lines in a scope, in order."""
        if scope.line_ids or scope.line_group_ids or scope.counterparty_ids or scope.excluded_line_ids:
            return np.array(scope.select(self.portfolio), dtype=np.intp)
        if scope.all_lines:
            return np.arange(self.line_count, dtype=np.intp)
        return np.flatnonzero(np.isin(self.kind, [int(kind) for kind in scope.kinds]))

    @cached_property
    def premium(self) -> FloatArray:
        """B mu: what the drivers of each line earn over cash, annual decimal, shape (n,)."""
        return read_only(self.loadings @ self.drivers.premia)

    def available_shares(self, trading_days: int) -> FloatArray:
        """What of each line is money within a horizon; of credit lines, of the undrawn part, shape (n,)."""
        if trading_days not in self._available:
            shares = [line.available_share(trading_days) for line in self.portfolio.lines]
            self._available[trading_days] = read_only(np.array(shares))
        return self._available[trading_days]

    @cached_property
    def committed(self) -> FloatArray:
        """Commitment of each credit line, NAV fraction; 0 for other lines, shape (n,)."""
        lines = self.portfolio.lines
        amounts = [line.credit_line.committed_amount if line.credit_line else 0.0 for line in lines]
        return read_only(np.array(amounts) / self.portfolio.nav_amount)

    @cached_property
    def same_day(self) -> FloatArray:
        """One for each reserve tier that may pay variation margin, shape (n,)."""
        tiers = (line.reserve_tier for line in self.portfolio.lines)
        eligible = [float(bool(tier and tier.variation_margin_eligible)) for tier in tiers]
        return read_only(np.array(eligible))

    def risk_space(self, regime: CorrelationRegime | None) -> RiskSpace:
        """Covariance of a regime; unset is normal. Raises ValueError where there is no stressed one."""
        return self._stressed if regime is CorrelationRegime.STRESSED else self._normal

    @cached_property
    def _normal(self) -> RiskSpace:
        return RiskSpace(self.loadings, self.drivers.factor, self.residuals)

    @cached_property
    def _stressed(self) -> RiskSpace:
        return stressed_space(self.market, self.portfolio, self._normal)


_DRIVERS: Final = Recall[Drivers](8)
_UNIVERSES: Final = Recall[Universe](8)


def universe_of(problem: AllocationProblem) -> Universe:
    """The market and the portfolio of a validated problem; the same ones are read once."""
    market, portfolio = problem.market, problem.portfolio
    return _UNIVERSES.get((market, portfolio), lambda: _read(market, portfolio))


def _read(market: MarketModel, portfolio: TotalPortfolio) -> Universe:
    drivers = _DRIVERS.get((market,), lambda: _read_drivers(market))
    lines, line_ids = portfolio.lines, portfolio.line_ids
    place = {line_id: index for index, line_id in enumerate(line_ids)}
    pools = {pool.margin_pool_id: index for index, pool in enumerate(portfolio.margin_pools)}
    postings = _postings(portfolio, pools)
    current = np.zeros(len(lines) + len(postings.tier))
    current[: len(lines)] = [line.current_fraction or 0.0 for line in lines]
    pool_ids = [line.margin_pool_id for line in lines]
    margined = [index for index, pool_id in enumerate(pool_ids) if pool_id]
    margin_rate, pool = np.zeros(len(lines)), np.full(len(lines), -1, dtype=np.intp)
    margin_rate[margined] = [lines[index].initial_margin_rate or 0.0 for index in margined]
    pool[margined] = [pools.get(pool_ids[index], -1) for index in margined]
    capital = np.ones(len(lines))
    kind = np.array([line.kind for line in lines], dtype=np.intp)
    capital[margined] = 0.0
    capital[kind == int(LineKind.CREDIT_LINE)] = -1.0
    return Universe(
        market=market,
        portfolio=portfolio,
        drivers=drivers,
        line_ids=line_ids,
        place=place,
        kind=read_only(kind),
        capital=read_only(capital),
        loadings=read_only(_loadings(portfolio, place, drivers.place)),
        residuals=residuals_of(market, portfolio),
        current=read_only(current),
        pool=read_only(pool),
        margin_rate=read_only(margin_rate),
        postings=postings,
    )


def _read_drivers(market: MarketModel) -> Drivers:
    ids, model = market.driver_ids, market.risk_model
    rate = market.annual_risk_free_rate
    premia = np.array([driver.expected_return.over_cash(rate) for driver in market.drivers])
    covariance = model.covariance(ids)
    factor = covariance_factor(covariance) if model.factor_form is None else model.factor(ids)
    return Drivers(
        place={driver_id: index for index, driver_id in enumerate(ids)},
        premia=read_only(premia),
        covariance=read_only(covariance),
        factor=read_only(factor),
    )


def _loadings(portfolio: TotalPortfolio, rows: dict[str, int], drivers: dict[str, int]) -> FloatArray:
    lines = portfolio.lines
    loadings = np.zeros((len(lines), len(drivers)))
    counts = [len(line.loadings) for line in lines]
    items = [item for line in lines for item in line.loadings]
    at = np.repeat(np.arange(len(lines)), counts), [drivers[item.driver_id] for item in items]
    if items:
        loadings[at] = [item.value for item in items]
    block = portfolio.loading_matrix
    if block is not None:
        places = np.ix_(
            [rows[row] for row in block.row_ids], [drivers[column] for column in block.column_ids]
        )
        loadings[places] = block.to_array()
    return loadings


def _postings(portfolio: TotalPortfolio, pools: dict[str, int]) -> Postings:
    terms = [
        (index, term)
        for index, line in enumerate(portfolio.lines)
        if line.reserve_tier is not None
        for term in line.reserve_tier.collateral_terms
    ]
    shares = [1.0 if term.maximum_margin_share is None else term.maximum_margin_share for _, term in terms]
    return Postings(
        tier=read_only(np.array([index for index, _ in terms], dtype=np.intp)),
        pool=read_only(np.array([pools[term.margin_pool_id] for _, term in terms], dtype=np.intp)),
        haircut=read_only(np.array([term.haircut for _, term in terms], dtype=float)),
        maximum_share=read_only(np.array(shares, dtype=float)),
    )


def overlay_weight(line: Line) -> float:
    """What a unit of an overlay counts in gross notional leverage; 0 for other lines."""
    if line.overlay is None:
        return 0.0
    return 1.0 if line.overlay.leverage_weight is None else line.overlay.leverage_weight


def own_leverage(line: Line) -> float:
    """Look-through leverage of a sleeve; 0 for other lines."""
    if line.alpha_sleeve is None:
        return 0.0
    own = line.alpha_sleeve.look_through_leverage
    return 1.0 if own is None else own

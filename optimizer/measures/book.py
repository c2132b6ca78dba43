"""The request's numbers as arrays, in the order of lines, drivers and collateral terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    BoolArray,
    CorrelationRegime,
    FloatArray,
    IndexArray,
    LineKind,
    ScenarioScope,
)
from optimizer.measures.convex import Piece
from optimizer.measures.evidence import SleeveEvidence, weigh_evidence
from optimizer.measures.regimes import RiskSpace, stressed_space
from optimizer.measures.residual_risk import Residuals, residuals_of
from optimizer.measures.shocks import Shock, shocks_of


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
class Book:
    """A problem as arrays over n lines, D drivers and E collateral postings.

    The variables of every measure are v = (h, y): n positions as fractions of NAV (notional for
    overlays), then E postings as fractions of NAV before haircut.
    """

    problem: AllocationProblem
    kind: IndexArray
    """LineKind of each line, shape (n,)."""
    capital: FloatArray
    """Capital per unit of position: 1, 0 or -1."""
    loadings: FloatArray
    """B, exposure per unit, shape (n, D)."""
    premia: FloatArray
    """mu over cash, annual decimal, shape (D,)."""
    covariance: FloatArray
    """S, annual, shape (D, D)."""
    factor: FloatArray
    """L with S = L L'."""
    reference: FloatArray | None
    """Reference exposures, shape (D,); None without a reference portfolio."""
    residuals: Residuals
    """Annual residual volatilities, and which lines share them."""
    current: FloatArray
    """Positions now, then zeros for postings; zero where they are not given, shape (n + E,)."""
    pool: IndexArray
    """Index of the margin pool of each line; -1 without margin."""
    margin_rate: FloatArray
    """Initial margin as a fraction of absolute notional; 0 without margin by rate."""
    postings: Postings
    sleeves: tuple[SleeveEvidence, ...]
    """What the evidence rule says of each sleeve, in line order."""
    alpha: FloatArray
    """Annual alpha that counts for each line, after the evidence rule and fees; 0 where there is none."""
    _available: dict[int, FloatArray] = field(default_factory=dict)
    pool_pieces: dict[int, Piece | None] = field(default_factory=dict)
    """Initial margin of pools that was asked for already."""

    @property
    def line_count(self) -> int:
        """Number of lines n."""
        return len(self.kind)

    @property
    def variable_count(self) -> int:
        """Number of variables n + E."""
        return len(self.kind) + len(self.postings.tier)

    @cached_property
    def shocks(self) -> tuple[Shock, ...]:
        """The base state, then every scenario."""
        return shocks_of(self.problem, self.loadings, self.covariance)

    def available_shares(self, trading_days: int) -> FloatArray:
        """What of each line is money within a horizon; of credit lines, of the undrawn part, shape (n,)."""
        if trading_days not in self._available:
            shares = [line.available_share(trading_days) for line in self.problem.portfolio.lines]
            self._available[trading_days] = np.array(shares)
        return self._available[trading_days]

    @cached_property
    def committed(self) -> FloatArray:
        """Commitment of each credit line, NAV fraction; 0 for other lines, shape (n,)."""
        portfolio = self.problem.portfolio
        amounts = [line.credit_line.committed_amount if line.credit_line else 0.0 for line in portfolio.lines]
        return np.array(amounts) / portfolio.nav_amount

    @cached_property
    def same_day(self) -> FloatArray:
        """One for each reserve tier that may pay variation margin, shape (n,)."""
        tiers = (line.reserve_tier for line in self.problem.portfolio.lines)
        return np.array([float(bool(tier and tier.variation_margin_eligible)) for tier in tiers])

    def risk_space(self, regime: CorrelationRegime | None) -> RiskSpace:
        """Covariance of a regime; unset is normal. Raises ValueError where there is no stressed one."""
        return self._stressed if regime is CorrelationRegime.STRESSED else self._normal

    @cached_property
    def _normal(self) -> RiskSpace:
        return RiskSpace(self.loadings, self.factor, self.residuals)

    @cached_property
    def _stressed(self) -> RiskSpace:
        return stressed_space(self.problem, self.loadings, self.covariance, self.residuals)

    def shocks_in(self, scope: ScenarioScope) -> tuple[Shock, ...]:
        """The states that a scope names, the base state first."""
        by_id = {shock.scenario_id: shock for shock in self.shocks}
        chosen = scope.select(self.problem.scenarios)
        return tuple(by_id["" if item is None else item.scenario_id] for item in chosen)

    def is_kind(self, kind: LineKind) -> BoolArray:
        """Mask of the lines of a kind."""
        return np.asarray(self.kind == int(kind))

    def exposures(self, positions: FloatArray) -> FloatArray:
        """X = B'h, shape (D,)."""
        return positions[: self.line_count] @ self.loadings


def open_book(problem: AllocationProblem) -> Book:
    """Reads a validated problem into arrays."""
    market, portfolio = problem.market, problem.portfolio
    lines = portfolio.lines
    loadings = _loadings(problem)
    premia = np.array(
        [driver.expected_return.over_cash(market.annual_risk_free_rate) for driver in market.drivers]
    )
    residuals, factor = residuals_of(problem), market.risk_model.factor(market.driver_ids)
    charging = [bool(line.alpha_sleeve and line.alpha_sleeve.fees) for line in lines]
    volatilities = np.zeros(len(lines))
    volatilities[charging] = np.hypot(
        np.linalg.norm(loadings[charging] @ factor, axis=1), residuals.size[charging]
    )
    sleeves = weigh_evidence(problem, loadings @ premia, volatilities)
    alpha = np.zeros(len(lines))
    for sleeve in sleeves:
        alpha[sleeve.line] = sleeve.annual_alpha
    pools = {pool.margin_pool_id: index for index, pool in enumerate(portfolio.margin_pools)}
    postings = _postings(problem, pools)
    current = np.array([line.current_fraction or 0.0 for line in lines])
    return Book(
        problem=problem,
        kind=np.array([line.kind for line in lines], dtype=np.intp),
        capital=np.array([line.capital_per_unit for line in lines]),
        loadings=loadings,
        premia=premia,
        covariance=market.risk_model.covariance(market.driver_ids),
        factor=factor,
        reference=_reference(problem),
        residuals=residuals,
        current=np.concatenate([current, np.zeros(len(postings.tier))]),
        pool=np.array([pools.get(line.margin_pool_id, -1) for line in lines], dtype=np.intp),
        margin_rate=_margin_rates(problem),
        postings=postings,
        sleeves=sleeves,
        alpha=alpha,
    )


def _loadings(problem: AllocationProblem) -> FloatArray:
    drivers = {driver_id: index for index, driver_id in enumerate(problem.market.driver_ids)}
    lines = problem.portfolio.lines
    loadings = np.zeros((len(lines), len(drivers)))
    for row, line in enumerate(lines):
        for item in line.loadings:
            loadings[row, drivers[item.driver_id]] = item.value
    block = problem.portfolio.loading_matrix
    if block is not None:
        rows = {line_id: index for index, line_id in enumerate(problem.portfolio.line_ids)}
        places = np.ix_(
            [rows[row] for row in block.row_ids], [drivers[column] for column in block.column_ids]
        )
        loadings[places] = block.to_array()
    return loadings


def _reference(problem: AllocationProblem) -> FloatArray | None:
    if not problem.mandate.reference_exposures:
        return None
    by_driver = {item.driver_id: item.value for item in problem.mandate.reference_exposures}
    return np.array([by_driver.get(driver_id, 0.0) for driver_id in problem.market.driver_ids])


def _margin_rates(problem: AllocationProblem) -> FloatArray:
    rates = np.zeros(len(problem.portfolio.lines))
    for index, line in enumerate(problem.portfolio.lines):
        rates[index] = line.initial_margin_rate or 0.0
    return rates


def _postings(problem: AllocationProblem, pools: dict[str, int]) -> Postings:
    terms = [
        (index, term)
        for index, line in enumerate(problem.portfolio.lines)
        if line.reserve_tier is not None
        for term in line.reserve_tier.collateral_terms
    ]
    return Postings(
        tier=np.array([index for index, _ in terms], dtype=np.intp),
        pool=np.array([pools[term.margin_pool_id] for _, term in terms], dtype=np.intp),
        haircut=np.array([term.haircut for _, term in terms], dtype=float),
        maximum_share=np.array(
            [1.0 if term.maximum_margin_share is None else term.maximum_margin_share for _, term in terms],
            dtype=float,
        ),
    )

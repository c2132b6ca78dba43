"""The request's numbers as arrays, in the order of lines, drivers and collateral terms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

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
from optimizer.measures.evidence import SleeveEvidence
from optimizer.measures.regimes import RiskSpace
from optimizer.measures.residual_risk import Residuals
from optimizer.measures.shocks import Shock, shocks_of
from optimizer.measures.sleeves import Sleeves, sleeves_of
from optimizer.measures.universe import Postings, Universe, universe_of

__all__ = ["Book", "Postings", "open_book"]


@dataclass(frozen=True, eq=False)
class Book:
    """A problem as arrays over n lines, D drivers and E collateral postings. They are read-only.

    The variables of every measure are v = (h, y): n positions as fractions of NAV (notional for
    overlays), then E postings as fractions of NAV before haircut.
    """

    problem: AllocationProblem
    universe: Universe
    """What its market and its portfolio say, shared by all problems that have the same two."""
    reference: FloatArray | None
    """Reference exposures, shape (D,); None without a reference portfolio. Equal ones are one array."""
    weighed: Sleeves
    """What the evidence rule says of sleeves."""

    @property
    def kind(self) -> IndexArray:
        """LineKind of each line, shape (n,)."""
        return self.universe.kind

    @property
    def capital(self) -> FloatArray:
        """Capital per unit of position: 1, 0 or -1."""
        return self.universe.capital

    @property
    def loadings(self) -> FloatArray:
        """B, exposure per unit, shape (n, D)."""
        return self.universe.loadings

    @property
    def premia(self) -> FloatArray:
        """Mu over cash, annual decimal, shape (D,)."""
        return self.universe.drivers.premia

    @property
    def covariance(self) -> FloatArray:
        """S, annual, shape (D, D)."""
        return self.universe.drivers.covariance

    @property
    def factor(self) -> FloatArray:
        """L with S = L L'."""
        return self.universe.drivers.factor

    @property
    def residuals(self) -> Residuals:
        """Annual residual volatilities, and which lines share them."""
        return self.universe.residuals

    @property
    def current(self) -> FloatArray:
        """Positions now, then zeros for postings; zero where they are not given, shape (n + E,)."""
        return self.universe.current

    @property
    def pool(self) -> IndexArray:
        """Index of the margin pool of each line; -1 without margin."""
        return self.universe.pool

    @property
    def margin_rate(self) -> FloatArray:
        """Initial margin as a fraction of absolute notional; 0 without margin by rate."""
        return self.universe.margin_rate

    @property
    def postings(self) -> Postings:
        """Collateral terms."""
        return self.universe.postings

    @property
    def pool_pieces(self) -> dict[int, Piece | None]:
        """Initial margin of pools that was asked for already."""
        return self.universe.pool_pieces

    @property
    def sleeves(self) -> tuple[SleeveEvidence, ...]:
        """What the evidence rule says of each sleeve, in line order."""
        return self.weighed.evidence

    @property
    def alpha(self) -> FloatArray:
        """Annual alpha that counts for each line, after the evidence rule and fees; 0 where there is none."""
        return self.weighed.alpha

    @property
    def fees(self) -> FloatArray:
        """Expected annual fees of each line whose alpha is declared gross; 0 for others, shape (n,)."""
        return self.weighed.fees

    @property
    def line_count(self) -> int:
        """Number of lines n."""
        return self.universe.line_count

    @property
    def variable_count(self) -> int:
        """Number of variables n + E."""
        return self.universe.variable_count

    @cached_property
    def shocks(self) -> tuple[Shock, ...]:
        """The base state, then every scenario."""
        return shocks_of(self.universe, self.problem.scenarios)

    def available_shares(self, trading_days: int) -> FloatArray:
        """What of each line is money within a horizon; of credit lines, of the undrawn part, shape (n,)."""
        return self.universe.available_shares(trading_days)

    @property
    def committed(self) -> FloatArray:
        """Commitment of each credit line, NAV fraction; 0 for other lines, shape (n,)."""
        return self.universe.committed

    @property
    def same_day(self) -> FloatArray:
        """One for each reserve tier that may pay variation margin, shape (n,)."""
        return self.universe.same_day

    def risk_space(self, regime: CorrelationRegime | None) -> RiskSpace:
        """Covariance of a regime; unset is normal. Raises ValueError where there is no stressed one."""
        return self.universe.risk_space(regime)

    def shocks_in(self, scope: ScenarioScope) -> tuple[Shock, ...]:
        """The states that a scope names, the base state first."""
        by_id = {shock.scenario_id: shock for shock in self.shocks}
        chosen = scope.select(self.problem.scenarios)
        return tuple(by_id["" if item is None else item.scenario_id] for item in chosen)

    def is_kind(self, kind: LineKind) -> BoolArray:
        """Mask of the lines of a kind."""
        return self.universe.is_kind(kind)

    def exposures(self, positions: FloatArray) -> FloatArray:
        """X = B'h, shape (D,)."""
        return positions[: self.line_count] @ self.loadings


def open_book(problem: AllocationProblem) -> Book:
    """Reads a validated problem into arrays."""
    universe = universe_of(problem)
    return Book(
        problem=problem,
        universe=universe,
        reference=_reference(problem, universe),
        weighed=sleeves_of(universe, problem.mandate.evidence_rule),
    )


def _reference(problem: AllocationProblem, universe: Universe) -> FloatArray | None:
    if not problem.mandate.reference_exposures:
        return None
    exposures = np.zeros(len(universe.drivers.premia))
    for item in problem.mandate.reference_exposures:
        at = universe.drivers.place.get(item.driver_id)
        if at is not None:
            exposures[at] = item.value
    return _same(exposures.tobytes())


@lru_cache(maxsize=64)
def _same(numbers: bytes) -> FloatArray:
    """One read-only array for equal numbers: measures are remembered by identity, and mandates change."""
    return np.frombuffer(numbers)

"""What active returns leave after benchmark, factors and fees, and what a portable structure makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from counterpoise.model.evidence import AlphaEvidence, SmoothingTreatment
from counterpoise.model.history import ReturnHistory
from counterpoise.model.portfolio import FeeTerms

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoise.model.violation import Violation

DEFAULT_LEAST_ANNUAL_NET_ALPHA = 0.003
"""What the threshold of a question reads as where it is unset."""


class FeeBasis(IntEnum):
    """Whether fees are taken off returns."""

    NET = 1
    GROSS = 2


class CaptureVerdict(IntEnum):
    """What an alpha after fees does."""

    ADDS_VALUE = 1
    BELOW_THRESHOLD = 2
    AMPLIFIES_NO_SKILL = 3


@dataclass(frozen=True, kw_only=True)
class ActiveFund:
    """One fund that is paid to beat a benchmark; columns by id."""

    fund_id: str
    benchmark_id: str
    fee_basis: FeeBasis
    fees: FeeTerms
    annual_passive_fee: float


@dataclass(frozen=True, kw_only=True)
class PortableStructure:
    """A unit of beta by futures or swaps, so that capital is free for alpha; per unit of notional."""

    annual_financing_spread: float
    annual_roll_cost: float
    reserve_rate: float
    initial_margin_rate: float
    posted_margin_counts: bool
    annual_cash_drag: float
    annual_margin_credit_spread: float | None = None
    annual_physical_cost: float

    @property
    def held_back(self) -> float:
        """Capital that is not free for alpha, per unit of notional."""
        if self.posted_margin_counts:
            return max(self.reserve_rate, self.initial_margin_rate)
        return self.reserve_rate + self.initial_margin_rate


@dataclass(frozen=True, kw_only=True)
class AlphaCaptureQuestion:
    """A regression of every fund on its benchmark and factors, and fees; unset fields read as they say."""

    history: ReturnHistory
    funds: tuple[ActiveFund, ...]
    factor_ids: tuple[str, ...] = ()
    cash_id: str = ""
    annual_risk_free_rate: float
    smoothing: SmoothingTreatment | None = None
    error_lag_count: int | None = None
    confidence: float | None = None
    least_annual_net_alpha: float | None = None
    structure: PortableStructure | None = None

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no files and no rules.
        @staticmethod
        def from_yaml(path: str | Path) -> AlphaCaptureQuestion:
            """Reads a question file (YAML or JSON); raises `InvalidProblem` with every violation."""

        def validate(self) -> tuple[Violation, ...]:
            """Every violation, in the order of the fields; empty when a server would take it."""


@dataclass(frozen=True, kw_only=True)
class FactorPart:
    """What one factor brought, annual decimal."""

    factor_id: str = ""
    annual_return: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ActiveReturn:
    """The mean return of a fund over its benchmark, as it was; the parts sum to it."""

    annual_active_return: float = 0.0
    annual_tracking_error: float = 0.0
    benchmark_beta: float = 0.0
    annual_benchmark_part: float = 0.0
    factor_parts: tuple[FactorPart, ...] = ()
    annual_alpha: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FeeReport:
    """Fees of a fund over one year in which it earns on average what it did over cash, annual decimals."""

    annual_gross_alpha: float = 0.0
    annual_management_fee: float = 0.0
    annual_performance_fee: float = 0.0
    annual_naive_performance_fee: float = 0.0
    annual_fee: float = 0.0
    annual_net_alpha: float = 0.0
    annual_net_alpha_lower: float = 0.0
    annual_net_alpha_upper: float = 0.0
    beta_share: float = 0.0
    annual_fee_for_beta: float = 0.0
    annual_active_fee: float | None = None


@dataclass(frozen=True, kw_only=True)
class StructureReport:
    """What a portable structure costs, per unit of notional, annual decimals."""

    annual_synthetic_cost: float = 0.0
    annual_physical_cost: float = 0.0
    alpha_share: float = 0.0
    annual_break_even_alpha: float = 0.0


@dataclass(frozen=True, kw_only=True)
class StructureBenefit:
    """What a structure makes of an alpha, per unit of notional, annual decimals."""

    annual_benefit: float = 0.0
    annual_alpha_over_break_even: float = 0.0


@dataclass(frozen=True, kw_only=True)
class AlphaCapture:
    """What is left of one fund; no fees, verdict or benefit where there is too little data."""

    fund_id: str = ""
    evidence: AlphaEvidence | None = None
    active_return: ActiveReturn | None = None
    fees: FeeReport | None = None
    verdict: CaptureVerdict | None = None
    structure_benefit: StructureBenefit | None = None

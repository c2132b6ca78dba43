"""The parts of an answer. Fractions are of NAV, rates and volatilities annual decimals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model.common import CorrelationRegime, EntityRef, LineKind, LineValue, Unit
from counterpoise.model.mandate import LeverageDefinition, RiskStatistic
from counterpoise.model.solve import LimitKey
from counterpoise.model.stress import CoverageFigure


class ObjectiveTermKind(IntEnum):
    """Addends of an objective."""

    NET_RETURN = 1
    ALPHA = 2
    RISK = 3
    COST = 4
    ALPHA_UNCERTAINTY = 5
    PREMIUM_UNCERTAINTY = 6
    RISK_BUDGET = 7


class ReturnTermKind(IntEnum):
    """Addends of the expected net return."""

    CASH = 1
    PREMIUM = 2
    ALPHA = 3
    FINANCING = 4
    ROLL = 5
    FEE = 6
    CASH_DRAG = 7
    BORROWING = 8
    MARGIN_CREDIT = 9
    TRADING_COST = 10


class RiskSplit(IntEnum):
    """How risk is split."""

    LINE = 1
    DRIVER = 2
    RESIDUAL = 3


class WarningCode(IntEnum):
    """What a warning is about."""

    LEVERAGE_HIGH = 1
    DEFAULT_LEVERAGE_CAP = 2
    SLEEVE_RECLASSIFIED = 3
    EVIDENCE_SHORT = 4
    NAV_SMALL = 5
    ALPHA_BELOW_FEES = 6
    INPUT_STALE = 7
    CURRENT_BREACH = 8
    SOFT_LIMIT_MISSED = 9
    DERIVED_BOX_TOUCHED = 10
    RISK_SHARES_MISSED = 11
    INPUT_UNUSUAL = 12
    NO_SAME_DAY_CASH = 13
    RUIN = 14
    CORRELATION_REPAIRED = 15
    SHOCK_REGRESSED = 16
    COVERAGE_SHORT = 17
    RESERVE_GONE = 18
    HISTORY_GAPS = 19
    ESTIMATE_UNCERTAIN = 20


@dataclass(frozen=True, kw_only=True)
class ObjectiveTerm:
    """One signed addend of the objective."""

    kind: ObjectiveTermKind
    value: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ObjectiveReport:
    """The objective; its terms sum to it."""

    value: float = 0.0
    unit: Unit
    terms: tuple[ObjectiveTerm, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Position:
    """One line of the answer."""

    line_id: str = ""
    kind: LineKind
    fraction: float = 0.0
    amount: float = 0.0
    capital_fraction: float = 0.0
    change_fraction: float | None = None
    initial_margin_fraction: float | None = None
    trading_cost_fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class TradingReport:
    """From current holdings to the answer: turnover, and its cost, once."""

    one_way_turnover_fraction: float = 0.0
    two_way_turnover_fraction: float = 0.0
    cost_fraction: float = 0.0
    cost_amount: float = 0.0


@dataclass(frozen=True, kw_only=True)
class CounterpartyReport:
    """What is at stake with one counterparty."""

    counterparty_id: str = ""
    posted_margin_fraction: float = 0.0
    gross_position_fraction: float = 0.0


@dataclass(frozen=True, kw_only=True)
class CapitalUse:
    """One use of capital; `margin_pool_id` is set where it is posted as margin."""

    line_id: str = ""
    margin_pool_id: str = ""
    fraction: float = 0.0
    amount: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ExposureReport:
    """Exposure to one driver: physical, synthetic, hidden in funds."""

    driver_id: str = ""
    funded: float = 0.0
    overlay: float = 0.0
    alpha_look_through: float = 0.0
    reference: float | None = None
    unit: Unit


@dataclass(frozen=True, kw_only=True)
class ReturnTerm:
    """One signed addend of the expected net return; `line_id` is empty for cash."""

    kind: ReturnTermKind
    line_id: str = ""
    annual_return: float = 0.0


@dataclass(frozen=True, kw_only=True)
class SyntheticCost:
    """Synthetic against physical cost, annual decimal of the overlay's notional."""

    line_id: str = ""
    annual_synthetic_cost: float = 0.0
    annual_physical_cost: float | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnReport:
    """Expected net return; its terms sum to it."""

    annual_net_return: float = 0.0
    terms: tuple[ReturnTerm, ...] = ()
    annual_net_return_without_alpha: float = 0.0
    annual_reference_return: float | None = None
    synthetic_costs: tuple[SyntheticCost, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LeverageFigure:
    """One leverage number, over NAV; after a scenario over stressed NAV."""

    definition: LeverageDefinition
    value: float = 0.0
    scenario_id: str = ""


@dataclass(frozen=True, kw_only=True)
class PoolMargin:
    """Margin of one pool; posted tiers are before haircut. An empty scenario is the base state."""

    margin_pool_id: str = ""
    initial_margin_fraction: float = 0.0
    posted_fractions: tuple[LineValue, ...] = ()
    scenario_id: str = ""
    variation_margin_fraction: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ReserveReport:
    """What the reserve does."""

    reserve_fraction: float = 0.0
    encumbered_fraction: float = 0.0
    free_fraction: float = 0.0
    variation_margin_eligible_fraction: float = 0.0
    coverage_figures: tuple[CoverageFigure, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RiskFigure:
    """One volatility."""

    statistic: RiskStatistic
    annual_volatility: float = 0.0
    regime: CorrelationRegime = CorrelationRegime.NORMAL


@dataclass(frozen=True, kw_only=True)
class RiskShare:
    """An Euler share of a volatility; without subject for the reference or the residual."""

    statistic: RiskStatistic
    split: RiskSplit
    subject: EntityRef | None = None
    share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RiskBudgetShare:
    """One line of a risk budget: the share that was wanted and the one that came out."""

    line_id: str = ""
    wanted_share: float = 0.0
    share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RiskReport:
    """Volatilities and their Euler shares, and those of a risk budget."""

    figures: tuple[RiskFigure, ...] = ()
    shares: tuple[RiskShare, ...] = ()
    budget_shares: tuple[RiskBudgetShare, ...] = ()
    reference_beta: float | None = None
    annual_reference_volatility: float | None = None
    annual_budget_volatility: float | None = None
    budget_total_fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class LimitReport:
    """One constraint at the answer.

    A shadow price is the objective's improvement per unit by which that side is loosened, never
    negative; fields of a free side are None.
    """

    key: LimitKey
    value: float = 0.0
    unit: Unit
    lower: float | None = None
    upper: float | None = None
    lower_slack: float | None = None
    upper_slack: float | None = None
    lower_shadow_price: float | None = None
    upper_shadow_price: float | None = None
    binding: bool = False
    priority: int = 0
    violation: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Warning:
    """Something a reader should know; never a reason to distrust the certificate."""

    code: WarningCode
    message: str = ""
    subjects: tuple[EntityRef, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What produced the answer."""

    problem_sha256: str = ""
    server_version: str = ""
    engine: str = ""

"""The rule book: reference portfolio, limits, evidence thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model.common import CorrelationRegime, DriverValue, LineValue, Unit
from counterpoise.model.scopes import DriverScope, LineScope, ScenarioScope

DEFAULT_LEVERAGE_CAP = 1.5
"""Gross notional leverage cap where the mandate has none."""

DEFAULT_CHARGE_R_SQUARED = 0.30
DEFAULT_RECLASSIFY_R_SQUARED = 0.80
DEFAULT_MINIMUM_OBSERVATION_COUNT = 36
DEFAULT_MAXIMUM_EVIDENCE_AGE_DAYS = 366
DEFAULT_MAXIMUM_VALUATION_AGE_DAYS = 45
"""What the fields of the evidence rule, and the age of valuations, read as where they are unset."""


class Aggregation(IntEnum):
    """How a measure treats the members of its scope."""

    EACH = 1
    SUM = 2
    ABSOLUTE_SUM = 3


class LeverageDefinition(IntEnum):
    """What counts as leverage, over NAV; cash equivalents never count."""

    GROSS_NOTIONAL = 1
    COMMITMENT = 2
    OVERLAY = 3
    NET = 4


class RiskStatistic(IntEnum):
    """Which volatility, or value-at-risk under a normal distribution without mean."""

    TOTAL_VOLATILITY = 1
    ACTIVE_VOLATILITY = 2
    RELATIVE_VALUE_AT_RISK = 3
    GAUSSIAN_VALUE_AT_RISK = 4

    @property
    def unit(self) -> Unit:
        """The unit of the statistic."""
        units = {self.RELATIVE_VALUE_AT_RISK: Unit.RATIO, self.GAUSSIAN_VALUE_AT_RISK: Unit.NAV_FRACTION}
        return units.get(self, Unit.ANNUAL_RATE)


class CounterpartyExposure(IntEnum):
    """What is at stake with a counterparty."""

    POSTED_MARGIN = 1
    GROSS_POSITION = 2


class TurnoverCount(IntEnum):
    """How trades are counted."""

    ONE_WAY = 1
    TWO_WAY = 2


@dataclass(frozen=True, kw_only=True)
class PositionMeasure:
    """Position of lines, NAV fraction."""

    lines: LineScope
    aggregation: Aggregation


@dataclass(frozen=True, kw_only=True)
class ExposureMeasure:
    """Exposure to drivers of one unit: loadings times positions of the lines that count.

    NAV fraction, or NAV fraction per basis point.
    """

    drivers: DriverScope
    aggregation: Aggregation
    lines: LineScope
    relative_to_reference: bool = False


@dataclass(frozen=True, kw_only=True)
class ReferenceBetaMeasure:
    """Beta of the exposures to the reference portfolio, ratio: x_ref'S x / x_ref'S x_ref."""


@dataclass(frozen=True, kw_only=True)
class LeverageMeasure:
    """Leverage over NAV, or over stressed NAV after scenarios; ratio; upper only."""

    definition: LeverageDefinition
    scenarios: ScenarioScope | None = None

    @property
    def caps_gross_today(self) -> bool:
        """Whether an upper limit on it caps gross notional leverage in the base state."""
        today = self.scenarios is None or self.scenarios.base
        return today and self.definition is LeverageDefinition.GROSS_NOTIONAL


@dataclass(frozen=True, kw_only=True)
class RiskMeasure:
    """Volatility or value-at-risk, in the statistic's unit; upper only.

    Named drivers leave residual risk out.
    """

    statistic: RiskStatistic
    lines: LineScope | None = None
    drivers: DriverScope | None = None
    regime: CorrelationRegime | None = None
    confidence: float | None = None
    horizon_trading_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class ReserveMeasure:
    """Reserve beyond rate times absolute notional, NAV fraction; lower only."""

    default_rate: float
    rates: tuple[LineValue, ...] = ()
    posted_margin_counts: bool


@dataclass(frozen=True, kw_only=True)
class FactorNeutralityMeasure:
    """Exposure of some lines to drivers of one unit; upper only, and -upper holds as well."""

    drivers: DriverScope
    lines: LineScope


@dataclass(frozen=True, kw_only=True)
class CounterpartyMeasure:
    """What is at stake with each counterparty, NAV fraction; upper only."""

    counterparty_ids: tuple[str, ...]
    exposure: CounterpartyExposure


@dataclass(frozen=True, kw_only=True)
class TurnoverMeasure:
    """Trading away from current positions, NAV fraction; upper only."""

    lines: LineScope
    count: TurnoverCount


@dataclass(frozen=True, kw_only=True)
class ScenarioLossMeasure:
    """Loss after each scenario, NAV fraction, positive when money is lost."""

    scenarios: ScenarioScope


@dataclass(frozen=True, kw_only=True)
class ConditionalValueAtRiskMeasure:
    """Mean loss over the worst part of a return sample, NAV fraction; upper only."""

    return_sample_id: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class LiquidityCoverageMeasure:
    """Sources of money less the stressed need by scenario and horizon, NAV fraction; lower only."""

    scenarios: ScenarioScope
    horizon_trading_days: tuple[int, ...]
    need_multiple: float | None = None


@dataclass(frozen=True, kw_only=True)
class IlliquidShareMeasure:
    """What cannot be money within a horizon, over stressed NAV, ratio; upper only."""

    horizon_trading_days: int
    scenarios: ScenarioScope


Measure = (
    PositionMeasure
    | ExposureMeasure
    | ReferenceBetaMeasure
    | LeverageMeasure
    | RiskMeasure
    | ReserveMeasure
    | FactorNeutralityMeasure
    | CounterpartyMeasure
    | TurnoverMeasure
    | ScenarioLossMeasure
    | ConditionalValueAtRiskMeasure
    | LiquidityCoverageMeasure
    | IlliquidShareMeasure
)


@dataclass(frozen=True, kw_only=True)
class SoftLimit:
    """Makes a limit soft: priority 1 comes first, weights act inside one priority."""

    priority: int
    violation_weight: float | None = None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`lower <= measure <= upper` for every member. Exactly one of the last thirteen fields is set."""

    limit_id: str
    display_name: str = ""
    lower: float | None = None
    upper: float | None = None
    soft: SoftLimit | None = None
    position: PositionMeasure | None = None
    exposure: ExposureMeasure | None = None
    reference_beta: ReferenceBetaMeasure | None = None
    leverage: LeverageMeasure | None = None
    risk: RiskMeasure | None = None
    reserve: ReserveMeasure | None = None
    factor_neutrality: FactorNeutralityMeasure | None = None
    counterparty: CounterpartyMeasure | None = None
    turnover: TurnoverMeasure | None = None
    scenario_loss: ScenarioLossMeasure | None = None
    conditional_value_at_risk: ConditionalValueAtRiskMeasure | None = None
    liquidity_coverage: LiquidityCoverageMeasure | None = None
    illiquid_share: IlliquidShareMeasure | None = None

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """What holds below and above: a neutrality limit holds on both sides of zero."""
        if self.factor_neutrality is not None and self.upper is not None:
            return -self.upper, self.upper
        return self.lower, self.upper

    @property
    def states_of_nav(self) -> ScenarioScope | None:
        """The states after whose NAV the measure is a ratio; None where it is none."""
        if self.illiquid_share is not None:
            return self.illiquid_share.scenarios
        return None if self.leverage is None else self.leverage.scenarios

    @property
    def over_stressed_nav(self) -> bool:
        """Whether the measure is a ratio to NAV after scenarios."""
        return self.states_of_nav is not None

    @property
    def measure(self) -> Measure:
        """The measure that is set."""
        for measure in (
            self.position,
            self.exposure,
            self.reference_beta,
            self.leverage,
            self.risk,
            self.reserve,
            self.factor_neutrality,
            self.counterparty,
            self.turnover,
            self.scenario_loss,
            self.conditional_value_at_risk,
            self.liquidity_coverage,
            self.illiquid_share,
        ):
            if measure is not None:
                return measure
        raise ValueError(f"limit {self.limit_id}: set a measure")


@dataclass(frozen=True, kw_only=True)
class EvidenceRule:
    """When alpha is beta; unset fields read as 0.30, 0.80, 36 months and 366 days."""

    charge_r_squared: float | None = None
    reclassify_r_squared: float | None = None
    minimum_observation_count: int | None = None
    maximum_evidence_age_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Mandate:
    """The rule book of a portfolio."""

    mandate_id: str
    reference_exposures: tuple[DriverValue, ...] = ()
    limits: tuple[Limit, ...] = ()
    evidence_rule: EvidenceRule | None = None
    maximum_valuation_age_days: int | None = None

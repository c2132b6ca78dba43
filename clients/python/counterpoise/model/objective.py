"""What is best."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model.common import DriverValue, LineValue, SymmetricMatrix


@dataclass(frozen=True, kw_only=True)
class MaximizeNetReturn:
    """Expected return after every cost, annual decimal."""


@dataclass(frozen=True, kw_only=True)
class MaximizeUtility:
    """Expected net return less half the risk aversion times variance. Exactly one field is set."""

    active_risk_aversion: float | None = None
    total_risk_aversion: float | None = None


@dataclass(frozen=True, kw_only=True)
class MaximizeAlpha:
    """Alpha after fees and after the evidence rule, annual decimal."""


@dataclass(frozen=True, kw_only=True)
class MinimizeActiveRisk:
    """Volatility of the portfolio less the reference portfolio, annual decimal."""


@dataclass(frozen=True, kw_only=True)
class MinimizeRisk:
    """Volatility of the portfolio, annual decimal."""


@dataclass(frozen=True, kw_only=True)
class MinimizeCost:
    """Financing, roll, fees, drags, borrowing, margin credit and trading, annual decimal."""


@dataclass(frozen=True, kw_only=True)
class MeetRiskBudget:
    """Shares of the volatility that some lines have together, and the size of these lines.

    Exactly one of the last two fields is set.
    """

    shares: tuple[LineValue, ...]
    total_fraction: float | None = None
    annual_volatility: float | None = None


@dataclass(frozen=True, kw_only=True)
class AlphaUncertainty:
    """A charge of weight times the standard error of the portfolio's alpha."""

    weight: float
    error_correlation: SymmetricMatrix | None = None


@dataclass(frozen=True, kw_only=True)
class PremiumUncertainty:
    """A charge of weight times the standard error of the portfolio's premium."""

    weight: float
    annual_errors: tuple[DriverValue, ...]


Goal = (
    MaximizeNetReturn
    | MaximizeUtility
    | MaximizeAlpha
    | MinimizeActiveRisk
    | MinimizeRisk
    | MinimizeCost
    | MeetRiskBudget
)


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What is best. Exactly one of the last seven fields is set."""

    holding_period_years: float | None = None
    alpha_uncertainty: AlphaUncertainty | None = None
    premium_uncertainty: PremiumUncertainty | None = None
    maximize_net_return: MaximizeNetReturn | None = None
    maximize_utility: MaximizeUtility | None = None
    maximize_alpha: MaximizeAlpha | None = None
    minimize_active_risk: MinimizeActiveRisk | None = None
    minimize_risk: MinimizeRisk | None = None
    minimize_cost: MinimizeCost | None = None
    meet_risk_budget: MeetRiskBudget | None = None

    @property
    def goal(self) -> Goal:
        """The goal that is set."""
        for goal in (
            self.maximize_net_return,
            self.maximize_utility,
            self.maximize_alpha,
            self.minimize_active_risk,
            self.minimize_risk,
            self.minimize_cost,
            self.meet_risk_budget,
        ):
            if goal is not None:
                return goal
        raise ValueError("objective: set a goal")

    @property
    def maximizes(self) -> bool:
        """Whether improvement is up."""
        return isinstance(self.goal, MaximizeNetReturn | MaximizeUtility | MaximizeAlpha)

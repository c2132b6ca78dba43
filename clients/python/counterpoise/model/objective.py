"""What is best."""

from __future__ import annotations

from dataclasses import dataclass


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


Goal = MaximizeNetReturn | MaximizeUtility | MaximizeAlpha | MinimizeActiveRisk | MinimizeRisk


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What is best. Exactly one field is set."""

    maximize_net_return: MaximizeNetReturn | None = None
    maximize_utility: MaximizeUtility | None = None
    maximize_alpha: MaximizeAlpha | None = None
    minimize_active_risk: MinimizeActiveRisk | None = None
    minimize_risk: MinimizeRisk | None = None

    @property
    def goal(self) -> Goal:
        """The goal that is set."""
        for goal in (
            self.maximize_net_return,
            self.maximize_utility,
            self.maximize_alpha,
            self.minimize_active_risk,
            self.minimize_risk,
        ):
            if goal is not None:
                return goal
        raise ValueError("objective: set a goal")

    @property
    def maximizes(self) -> bool:
        """Whether improvement is up."""
        return isinstance(self.goal, MaximizeNetReturn | MaximizeUtility | MaximizeAlpha)

"""What a page is about: a proposal, the run that made it, and the job whose names and limits it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    PortfolioMeasures,
    RebalanceJob,
    RebalanceProposal,
    RebalanceRun,
    TradePlan,
)
from counterpoise.wording.compared import Compared, compared
from counterpoise.wording.figures import Money
from counterpoise.wording.names import Names


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The objects behind a page; what a proposal leaves unset reads as empty."""

    proposal: RebalanceProposal
    run: RebalanceRun
    job: RebalanceJob

    @property
    def problem(self) -> AllocationProblem:
        """The problem of the job."""
        return self.job.problem

    @property
    def allocation(self) -> Allocation | None:
        """What was certified; None where the run came from a list, which leaves it out."""
        return self.run.allocation

    @cached_property
    def plan(self) -> TradePlan:
        """What would be traded."""
        return self.proposal.plan or TradePlan()

    @cached_property
    def before(self) -> PortfolioMeasures:
        """The portfolio as it is."""
        return self.proposal.before or PortfolioMeasures()

    @cached_property
    def after(self) -> PortfolioMeasures:
        """The portfolio with the trades done."""
        return self.proposal.after or PortfolioMeasures()

    @cached_property
    def compared(self) -> tuple[Compared, ...]:
        """Both sides of every number."""
        return compared(self.proposal)

    @cached_property
    def names(self) -> Names:
        """Names of everything in the problem."""
        return Names(self.problem)

    @cached_property
    def money(self) -> Money:
        """Money of the portfolio at the NAV of the marks, and the problem's where there is no plan."""
        nav = self.plan.nav_amount or self.problem.portfolio.nav_amount
        return Money(currency_code=self.problem.portfolio.base_currency_code, nav_amount=nav)

"""What a page is about: a proposal, the run that made it, and the job whose names and limits it speaks of."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    Marks,
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
    marks: Marks | None = None

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
        """Money of the portfolio at the NAV of the run."""
        return Money(currency_code=self.problem.portfolio.base_currency_code, nav_amount=_nav_amount(self))

    @property
    def as_of_date(self) -> datetime.date | None:
        """Day of the marks; None where the run used marks whose day nothing here says."""
        if self.marks is not None:
            return self.marks.as_of_date
        if not self.run.marks:
            return self.problem.portfolio.as_of_date
        notices = [trade.notice for trade in self.plan.trades if trade.notice is not None]
        return next((notice.notice_date for notice in notices), None)


def _nav_amount(subject: Subject) -> float:
    """NAV of the marks; without them what amounts are fractions of, and in the end the problem's."""
    if subject.marks is not None and subject.marks.nav_amount:
        return subject.marks.nav_amount
    amounts = [
        *[(item.fraction, item.amount) for item in subject.before.positions],
        *[(item.fraction, item.amount) for item in subject.plan.trades],
    ]
    fraction, amount = max(amounts, key=lambda item: abs(item[0]), default=(0.0, 0.0))
    return amount / fraction if fraction and amount else subject.problem.portfolio.nav_amount

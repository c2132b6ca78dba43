"""The policies that options of jobs name, put into a job."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace

from counterpoise.command.schedule_arguments import Overlaps
from counterpoise.model import OverlapPolicy, RebalanceJob, RunPolicy, TradePolicy


@dataclass(frozen=True, kw_only=True)
class Policies:
    """What was given; None leaves what the job has, which is the default in a new one."""

    release_approved: bool | None
    band: float | None
    tolerance: float | None
    minimum_ticket: float | None
    proposal_lifetime: datetime.timedelta | None
    maximum_mark_age: datetime.timedelta | None
    maximum_turnover: float | None
    maximum_answer_jump: float | None
    compliance_tolerance: float | None
    overlap: Overlaps | None
    catch_up: datetime.timedelta | None
    pause_after: int | None

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of the job that are changed."""
        changed = {"run_policy": self._run, "trade_policy": self._trade}
        return tuple(field for field, given in changed.items() if given)

    def applied_to(self, job: RebalanceJob) -> RebalanceJob:
        """The job with what was given in its policies."""
        run, trade = job.run_policy, job.trade_policy
        if self._run:
            run = replace(run or RunPolicy(), **self._run)  # type: ignore[arg-type]
        if self._trade:
            trade = replace(trade or TradePolicy(), **self._trade)  # type: ignore[arg-type]
        return replace(job, run_policy=run, trade_policy=trade)

    @property
    def _run(self) -> Mapping[str, object]:
        return _given(
            {
                "proposal_lifetime": self.proposal_lifetime,
                "maximum_mark_age": self.maximum_mark_age,
                "release_approved": self.release_approved,
                "maximum_turnover_fraction": self.maximum_turnover,
                "maximum_answer_jump_fraction": self.maximum_answer_jump,
                "compliance_tolerance_fraction": self.compliance_tolerance,
                "overlap_policy": None if self.overlap is None else OverlapPolicy[self.overlap.name],
                "catch_up_window": self.catch_up,
                "pause_failure_count": self.pause_after,
            }
        )

    @property
    def _trade(self) -> Mapping[str, object]:
        return _given(
            {
                "tolerance_fraction": self.tolerance,
                "minimum_ticket_amount": self.minimum_ticket,
                "band_fraction": self.band,
            }
        )


def _given(values: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in values.items() if value is not None}

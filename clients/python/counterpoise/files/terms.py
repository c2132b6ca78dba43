"""Files of a job's terms: when it runs, what else makes it run, and its policies."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from counterpoise.files.document import Node
from counterpoise.files.reading import TreeReader
from counterpoise.model import RebalanceJob, RunPolicy, Schedule, TradePolicy, Trigger
from counterpoise.schema import schema_for
from counterpoise.validate.cleaning import cleaned
from counterpoise.validate.report import Report, ReportFullError, usable
from counterpoise.validate.schedule import check_schedule
from counterpoise.validate.structure import look, plan_of
from counterpoise.validate.triggers import check_triggers

Policy = TypeVar("Policy", RunPolicy, TradePolicy)

FIELDS: Final = ("schedule", "triggers", "run_policy", "trade_policy")
"""Fields of a job that such a file can have; each may be left out."""
_JOB: Final = schema_for(RebalanceJob)
_UNREAD: Final = frozenset(field.name for field in _JOB.fields) - set(FIELDS)
_TERMS: Final = dataclasses.replace(_JOB, fields=tuple(_JOB.by_name[name] for name in FIELDS))


@dataclass(frozen=True, kw_only=True)
class JobTerms:
    """What a file says of a job; `fields` are those that it has, the others are unset."""

    fields: tuple[str, ...] = ()
    schedule: Schedule | None = None
    triggers: tuple[Trigger, ...] = ()
    run_policy: RunPolicy | None = None
    trade_policy: TradePolicy | None = None

    def applied_to(self, job: RebalanceJob) -> RebalanceJob:
        """The job with the file's schedule and triggers, and what its policies name in those of the job."""
        return replace(
            job,
            schedule=self.schedule if "schedule" in self.fields else job.schedule,
            triggers=self.triggers if "triggers" in self.fields else job.triggers,
            run_policy=_over(self.run_policy, job.run_policy),
            trade_policy=_over(self.trade_policy, job.trade_policy),
        )


def read_terms_tree(root: Node, reader: TreeReader, report: Report) -> tuple[JobTerms, RebalanceJob]:
    """The terms in a tree, and the job that they are of for messages; adds what is wrong to the report."""
    read = reader.read_as(root, _TERMS)
    job = _JOB.build(vars(read) if isinstance(read, RebalanceJob) else {})
    if isinstance(read, RebalanceJob):
        find_terms_violations(job, report)
    named = tuple(name for name in FIELDS if (name,) in reader.lines)
    return JobTerms(fields=named, **{name: getattr(job, name) for name in FIELDS}), job


def find_terms_violations(job: RebalanceJob, report: Report) -> None:
    """Adds to a report what is wrong with a job's terms; parts that are REJECTED are passed over."""
    try:
        look(plan_of(_JOB, leave_out=_UNREAD), job, (), report)
        sound = cleaned(job, [finding.place for finding in report.findings if finding.unusable])
        if usable(sound.schedule):
            check_schedule(sound.schedule, ("schedule",), report)
        if usable(sound.triggers):
            check_triggers(sound.triggers, ("triggers",), report)
    except ReportFullError:
        return


def _over(given: Policy | None, kept: Policy | None) -> Policy | None:
    """A policy with the fields that a file gives in it."""
    if given is None or kept is None:
        return kept if given is None else given
    values = {name: value for name, value in vars(given).items() if value is not None}
    return replace(kept, **values)

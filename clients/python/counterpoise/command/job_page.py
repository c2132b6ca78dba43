"""Jobs for people: one with its policies, and many in a table."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.command.schedule_page import schedule_section, triggers_section
from counterpoise.model import (
    AllocationProblem,
    OverlapPolicy,
    RebalanceJob,
    RebalanceJobState,
    RunPolicy,
    TradePolicy,
)
from counterpoise.wording.figures import Money, money_of, percent
from counterpoise.wording.rebalancing import JOB_STATES
from counterpoise.wording.resources import instant, short, span
from counterpoise.wording.schedules import OVERLAPS, catch_up_in_words
from counterpoise.wording.words import say

_LIFETIME = datetime.timedelta(days=1)
_MARK_AGE = datetime.timedelta(days=4)
_TURNOVER, _JUMP = 0.25, 0.1
_FAILURES = 3


def job_page(job: RebalanceJob) -> list[Section | None]:
    """A job: where it stands, what it looks at, what it does with what it finds."""
    problem: AllocationProblem | None = job.problem
    money = money_of(problem) if problem is not None else None
    return [
        Section(
            title="Job",
            sentences=(
                f"{short(job.name)}{f': {job.display_name}' if job.display_name else ''}.",
                _standing(job),
                *([_looks_at(problem, money)] if problem is not None and money is not None else []),
                f"Created {instant(job.create_time)}, changed {instant(job.update_time)}.",
                job.name,
            ),
        ),
        schedule_section(job),
        triggers_section(job),
        _policies(job.run_policy or RunPolicy(), job.trade_policy or TradePolicy(), money),
    ]


def jobs_page(jobs: Sequence[RebalanceJob]) -> list[Section | None]:
    """Many jobs."""
    if not jobs:
        return [Section(title="Jobs", sentences=("There are none: counterpoise jobs create ID FILE.",))]
    return [
        Section(
            title="Jobs",
            columns=("Job", "State", "revision", "Author", "Changed", "Name"),
            rows=[
                (
                    short(job.name),
                    _state(job),
                    str(job.revision),
                    job.author,
                    instant(job.update_time),
                    job.display_name,
                )
                for job in jobs
            ],
            left=(0, 1, 3, 4, 5),
            whole=(0, 1, 4),
        )
    ]


def _state(job: RebalanceJob) -> str:
    return say(job.state, JOB_STATES) if job.state is not None else ""


def _standing(job: RebalanceJob) -> str:
    why = f": {job.state_reason}" if job.state_reason else ""
    written = f" Revision {job.revision} by {job.author}, who may not approve what comes of it."
    if job.state == RebalanceJobState.DELETED:
        return f"It is deleted{why} and kept for audit.{written}"
    manual = " Runs start by hand." if job.state == RebalanceJobState.PAUSED else ""
    return f"It is {_state(job)}{why}.{manual}{written}"


def _looks_at(problem: AllocationProblem, money: Money) -> str:
    portfolio = problem.portfolio
    return (
        f"It looks at {portfolio.portfolio_id} under {problem.mandate.mandate_id}: "
        f"{len(portfolio.lines)} lines, NAV {money.words(money.nav_amount)} on {portfolio.as_of_date} until "
        "marks say otherwise."
    )


def _policies(run: RunPolicy, trade: TradePolicy, money: Money | None) -> Section:
    ticket = trade.minimum_ticket_amount
    rows = (
        (
            "Approved trades",
            "leave through the outbox" if run.release_approved else "are recorded; nothing leaves (dry run)",
            run.release_approved,
        ),
        (
            "A proposal stays open for",
            span(run.proposal_lifetime or _LIFETIME),
            run.proposal_lifetime,
        ),
        ("Marks may be as old as", span(run.maximum_mark_age or _MARK_AGE), run.maximum_mark_age),
        ("A slot while a run is under way", _overlap(run), run.overlap_policy),
        ("Missed slots", catch_up_in_words(run), run.catch_up_window),
        (
            "The job pauses after",
            f"{run.pause_failure_count or _FAILURES} runs in a row that failed or were refused",
            run.pause_failure_count,
        ),
        (
            "Largest one-way turnover",
            _share(run.maximum_turnover_fraction, _TURNOVER),
            run.maximum_turnover_fraction,
        ),
        (
            "Largest jump of the answer",
            _share(run.maximum_answer_jump_fraction, _JUMP),
            run.maximum_answer_jump_fraction,
        ),
        (
            "Drift that the last check forgives",
            _share(run.compliance_tolerance_fraction, 0.0),
            run.compliance_tolerance_fraction,
        ),
        (
            "Nothing is proposed while changes are below",
            _share(trade.tolerance_fraction, 0.0),
            trade.tolerance_fraction,
        ),
        (
            "Smallest ticket",
            "any" if not ticket else money.words(ticket) if money is not None else f"{ticket:,.0f}",
            ticket,
        ),
        (
            "Band around each target",
            f"+/-{_share(trade.band_fraction, 0.0)}" if trade.band_fraction else "none: to the target",
            trade.band_fraction,
        ),
    )
    return Section(
        title="Policies",
        columns=("", "", ""),
        rows=[(what, value, "default" if given is None else "") for what, value, given in rows],
        left=(0, 1, 2),
    )


def _overlap(run: RunPolicy) -> str:
    return say(run.overlap_policy or OverlapPolicy.SKIP, OVERLAPS)


def _share(given: float | None, default: float) -> str:
    return f"{percent(default if given is None else given)} % of NAV"

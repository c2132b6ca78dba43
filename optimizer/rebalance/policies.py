"""Defaults of policies, in one place; the contract names them."""

from __future__ import annotations

import datetime

from counterpoise.model import DEFAULT_COOL_DOWN, OverlapPolicy, RunPolicy, Trigger

DEFAULT_PROPOSAL_LIFETIME = datetime.timedelta(days=1)
DEFAULT_MAXIMUM_MARK_AGE = datetime.timedelta(days=4)
DEFAULT_MAXIMUM_TURNOVER_FRACTION = 0.25
DEFAULT_MAXIMUM_ANSWER_JUMP_FRACTION = 0.1
DEFAULT_PAUSE_FAILURE_COUNT = 3
LATENESS = datetime.timedelta(minutes=5)
"""How long after its instant a slot is still begun as if it were on time."""


def proposal_lifetime(policy: RunPolicy | None) -> datetime.timedelta:
    """How long a proposal stays open."""
    given = None if policy is None else policy.proposal_lifetime
    return DEFAULT_PROPOSAL_LIFETIME if given is None else given


def maximum_mark_age(policy: RunPolicy | None) -> datetime.timedelta:
    """Oldest marks that are taken, from the end of their day in UTC."""
    given = None if policy is None else policy.maximum_mark_age
    return DEFAULT_MAXIMUM_MARK_AGE if given is None else given


def maximum_turnover_fraction(policy: RunPolicy | None) -> float:
    """One-way turnover above which a run is refused, NAV fraction."""
    given = None if policy is None else policy.maximum_turnover_fraction
    return DEFAULT_MAXIMUM_TURNOVER_FRACTION if given is None else given


def maximum_answer_jump_fraction(policy: RunPolicy | None) -> float:
    """One-way change of the answer under a small move of inputs above which a run is refused."""
    given = None if policy is None else policy.maximum_answer_jump_fraction
    return DEFAULT_MAXIMUM_ANSWER_JUMP_FRACTION if given is None else given


def compliance_tolerance_fraction(policy: RunPolicy | None) -> float:
    """How far drift may carry the traded portfolio beyond a hard limit."""
    given = None if policy is None else policy.compliance_tolerance_fraction
    return 0.0 if given is None else given


def releases(policy: RunPolicy | None) -> bool:
    """Whether trades leave once they are approved; if not, everything is a dry run."""
    return bool(policy is not None and policy.release_approved)


def overlap_policy(policy: RunPolicy | None) -> OverlapPolicy:
    """What becomes of a slot while another run of the job waits or is under work."""
    given = None if policy is None else policy.overlap_policy
    return OverlapPolicy.SKIP if given is None else given


def oldest_slot(policy: RunPolicy | None) -> datetime.timedelta:
    """How old a slot may be to be run: later than on time only by the catch-up window."""
    given = None if policy is None else policy.catch_up_window
    return LATENESS if given is None else max(LATENESS, given)


def pause_failure_count(policy: RunPolicy | None) -> int:
    """Runs in a row that failed or were refused before the job is paused."""
    given = None if policy is None else policy.pause_failure_count
    return DEFAULT_PAUSE_FAILURE_COUNT if given is None else given


def cool_down(trigger: Trigger) -> datetime.timedelta:
    """Least time from one firing of a trigger to the next."""
    return DEFAULT_COOL_DOWN if trigger.cool_down is None else trigger.cool_down


def mark_age(as_of_date: datetime.date, now: datetime.datetime) -> datetime.timedelta:
    """Age of marks: from the end of their day in UTC."""
    end = datetime.datetime.combine(as_of_date, datetime.time.min, datetime.UTC) + datetime.timedelta(days=1)
    return now - end


def latest_day(now: datetime.datetime) -> datetime.date:
    """The day that it is somewhere on earth already: no marks and no portfolio are of a later one."""
    return (now + datetime.timedelta(hours=14)).date()

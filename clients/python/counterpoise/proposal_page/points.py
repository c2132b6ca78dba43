"""What a reader should weigh before signing: everything that is not as one would wish."""

from __future__ import annotations

from counterpoise.model import (
    Allocation,
    LimitReport,
    RoundingMethod,
    TerminationReason,
    Warning,
    WarningCode,
)
from counterpoise.proposal_page.markup import Html, element, section
from counterpoise.proposal_page.subject import Subject
from counterpoise.wording.bounds import broken_bound
from counterpoise.wording.figures import DUST, percent
from counterpoise.wording.names import Names
from counterpoise.wording.soft import comparable, is_missed
from counterpoise.wording.words import WARNINGS, say

_SHOWN = 12
_TOLD = {WarningCode.SOFT_LIMIT_MISSED, WarningCode.RUIN}
"""Warnings of the target that the measures of the trades say better."""


def points(subject: Subject) -> Html:
    """Ruin, calls that nothing pays, limits missed, late notices, rounding, and the answer's own warnings."""
    told = [
        *_revision(subject),
        *_scenarios(subject),
        *_limits(subject),
        *_notices(subject),
        *_rounding(subject),
        *_warnings(subject.allocation, subject.names),
    ]
    if not told:
        return Html("")
    more = [f"And {len(told) - _SHOWN} more, which the run's warnings have."] if len(told) > _SHOWN else []
    items = [element("li", point) for point in (*told[:_SHOWN], *more)]
    return section("points", "To weigh before signing", element("ul", *items))


def _revision(subject: Subject) -> list[str]:
    job, run = subject.job, subject.run
    if job.revision == run.job_revision:
        return []
    return [
        f"The job is at revision {job.revision} and the run used {run.job_revision}: names and limits are "
        "written here as the job has them now."
    ]


def _scenarios(subject: Subject) -> list[str]:
    names, money = subject.names, subject.money
    before = {item.scenario_id: item.unpaid_fraction for item in subject.before.stresses}
    told = []
    for item in subject.after.stresses:
        name = names.scenario(item.scenario_id)
        if item.ruin:
            told.append(f"{name} loses all of NAV after the trades.")
        elif item.unpaid_fraction >= DUST:
            earlier = before.get(item.scenario_id)
            today = f", {percent(earlier)} % before" if earlier is not None else ""
            told.append(
                f"Under {name} nothing pays {percent(item.unpaid_fraction)} % of NAV = "
                f"{money.words_of(item.unpaid_fraction)} of the cash call in time{today}."
            )
    return told


def _limits(subject: Subject) -> list[str]:
    """Hard limits that are broken, then soft ones that are missed, with what was before the trades."""
    before = {limit.key: limit for limit in subject.before.limits}
    broken = [limit for limit in subject.after.limits if is_missed(limit)]
    broken.sort(key=lambda limit: (limit.priority, -comparable(limit.violation, limit.unit)))
    return [_broken(limit, before.get(limit.key), subject) for limit in broken]


def _broken(limit: LimitReport, before: LimitReport | None, subject: Subject) -> str:
    names = subject.names
    verb = "is missed, a soft limit" if limit.priority else "IS BROKEN, a hard limit"
    earlier = f"; before {names.number(limit.key, before.value, limit.unit)}" if before is not None else ""
    return (
        f"{names.limit(limit.key)} {verb}: {names.number(limit.key, limit.value, limit.unit)}, "
        f"{broken_bound(limit, names)}{earlier}."
    )


def _notices(subject: Subject) -> list[str]:
    return [
        f"The liquidity of {subject.names.line(trade.line_id)} never covers its whole redemption."
        for trade in subject.plan.trades
        if trade.notice is not None and not trade.notice.covered
    ]


def _rounding(subject: Subject) -> list[str]:
    method = subject.plan.rounding_method
    if method is RoundingMethod.INTEGER_PROGRAM_CUT_SHORT:
        return ["The search for whole contracts was cut short: better ones may exist."]
    if method is RoundingMethod.NEAREST_REPAIRED:
        return ["Contracts are the nearest whole ones, repaired: the search found nothing."]
    return []


def _warnings(allocation: Allocation | None, names: Names) -> list[str]:
    if allocation is None:
        return ["The run came without its allocation: shadow prices and the certificate are missing here."]
    certified = allocation.termination.reason is TerminationReason.OPTIMAL
    return [
        *([] if certified else ["The run's allocation is not an optimum."]),
        *[_warned(item, names) for item in allocation.warnings if item.code not in _TOLD],
    ]


def _warned(item: Warning, names: Names) -> str:
    """The server's message, which has ids, and the names of what it is about."""
    known = [told for subject in item.subjects if (told := names.of(subject)) is not None]
    named = [f"{key} is {name}" for key, name in known if key != name]
    who = f" ({', '.join(named)})" if named else ""
    return f"{say(item.code, WARNINGS)}: {item.message}{who}."

"""What must hold inside the mandate: limits, together not too many, and the evidence rule."""

from __future__ import annotations

from collections.abc import Callable

from counterpoise.model import AllocationProblem, ErrorReason, Limit, LineKind
from counterpoise.validate.counts import ENTRIES, MEMBERS
from counterpoise.validate.evidence_rule import check_rule
from counterpoise.validate.facts import Facts
from counterpoise.validate.limits import check_limit
from counterpoise.validate.names import Names
from counterpoise.validate.namespace import collect
from counterpoise.validate.reference import check_reference, check_regime
from counterpoise.validate.report import Place, Report, usable


def check_mandate(
    problem: AllocationProblem,
    names: Names,
    report: Report,
    facts_of: Callable[[Limit, Names, Place, Report], Facts] = check_limit,
) -> list[Facts]:
    """Limits, evidence rule, and the reference portfolio; the facts of each limit.

    `facts_of` checks one limit.
    """
    mandate = problem.mandate
    collect(mandate.limits, "limit_id", ("mandate", "limits"), report)
    ids = [item.driver_id for item in mandate.reference_exposures]
    names.drivers.check(ids, ("mandate", "reference_exposures"), report, "driver_id")
    facts = [
        facts_of(limit, names, ("mandate", "limits", index), report) if usable(limit) else Facts()
        for index, limit in enumerate(mandate.limits)
    ]
    members = sum(fact.members for fact in facts)
    if members > MEMBERS:
        message = (
            f"the limits fan out to {members:,} constraints, at most {MEMBERS:,} are taken; "
            "limit sums instead of each, or fewer members"
        )
        report.add(("mandate", "limits"), ErrorReason.TOO_MANY, message)
    entries = sum(fact.entries + fact.stressed * _joint(problem, names) for fact in facts)
    if entries > ENTRIES:
        message = (
            f"the limits weigh lines and drivers by {entries:,} numbers, at most {ENTRIES:,} are taken; "
            "write fewer limits, or narrower scopes"
        )
        report.add(("mandate", "limits"), ErrorReason.TOO_MANY, message)
    if usable(mandate.evidence_rule):
        check_rule(mandate.evidence_rule, ("mandate", "evidence_rule"), report)
    check_reference(problem, facts, names, report)
    check_regime(problem, facts, report)
    return facts


def _joint(problem: AllocationProblem, names: Names) -> int:
    """How many numbers the components of the stressed regime have: a uniform stress moves sleeves, too."""
    stressed = problem.market.risk_model.stressed_correlation
    moving = len(names.drivers.by_id)
    if usable(stressed) and stressed.uniform is not None:
        moving += len(names.kinds[LineKind.ALPHA_SLEEVE])
    return moving**2

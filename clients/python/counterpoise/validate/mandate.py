"""What must hold inside the mandate, and of the reference portfolio that it and the objective need."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    DEFAULT_CHARGE_R_SQUARED,
    DEFAULT_RECLASSIFY_R_SQUARED,
    AllocationProblem,
    EntityRef,
    ErrorReason,
    EvidenceRule,
    Limit,
    Mandate,
    Objective,
)
from counterpoise.validate.counts import ENTRIES, MEMBERS
from counterpoise.validate.limits import check_limit
from counterpoise.validate.measures import Facts
from counterpoise.validate.names import Names
from counterpoise.validate.namespace import collect
from counterpoise.validate.report import Report, usable
from counterpoise.validate.text import is_id, shown

_ROUNDING = 1e-12


def check_mandate(problem: AllocationProblem, names: Names, report: Report) -> list[Facts]:
    """Limits, evidence rule, and the reference portfolio; the facts of each limit."""
    mandate = problem.mandate
    collect(mandate.limits, "limit_id", ("mandate", "limits"), report)
    ids = [item.driver_id for item in mandate.reference_exposures]
    names.drivers.check(ids, ("mandate", "reference_exposures"), report, "driver_id")
    facts = [
        check_limit(limit, names, ("mandate", "limits", index), report) if usable(limit) else Facts()
        for index, limit in enumerate(mandate.limits)
    ]
    members = sum(fact.members for fact in facts)
    if members > MEMBERS:
        message = (
            f"the limits fan out to {members:,} constraints, at most {MEMBERS:,} are taken; "
            "limit sums instead of each, or fewer members"
        )
        report.add(("mandate", "limits"), ErrorReason.TOO_MANY, message)
    entries = sum(fact.entries for fact in facts)
    if entries > ENTRIES:
        message = (
            f"the limits weigh lines and drivers by {entries:,} numbers, at most {ENTRIES:,} are taken; "
            "write fewer limits, or narrower scopes"
        )
        report.add(("mandate", "limits"), ErrorReason.TOO_MANY, message)
    if usable(mandate.evidence_rule):
        _check_rule(mandate.evidence_rule, report)
    _check_reference(problem, facts, report)
    return facts


def _check_rule(rule: EvidenceRule, report: Report) -> None:
    charge, reclassify = rule.charge_r_squared, rule.reclassify_r_squared
    low = DEFAULT_CHARGE_R_SQUARED if charge is None else charge
    high = DEFAULT_RECLASSIFY_R_SQUARED if reclassify is None else reclassify
    if usable(low) and usable(high) and low > high:
        name = "charge_r_squared" if reclassify is None else "reclassify_r_squared"
        message = (
            f"charge_r_squared {shown(low)} is above reclassify_r_squared {shown(high)} "
            f"(unset reads as {DEFAULT_CHARGE_R_SQUARED} and {DEFAULT_RECLASSIFY_R_SQUARED}); "
            "write charge_r_squared <= reclassify_r_squared"
        )
        report.add(("mandate", "evidence_rule", name), ErrorReason.BOUNDS_CROSSED, message)


def _check_reference(problem: AllocationProblem, facts: list[Facts], report: Report) -> None:
    mandate, place = problem.mandate, ("mandate", "reference_exposures")
    if not usable(mandate.reference_exposures):
        return
    if not mandate.reference_exposures:
        limits = _limits(mandate, [fact.reference for fact in facts])
        goals = _active_goals(problem.objective)
        if limits or goals:
            asked = " and ".join([*(["these limits"] if limits else []), *goals])
            message = f"empty, but {asked} measure against it; write the exposures of the reference portfolio"
            report.add(place, ErrorReason.FIELD_MISSING, message, subjects=limits)
        return
    limits = _limits(mandate, [fact.variance for fact in facts])
    if limits and _is_flat(problem, report):
        message = "without variance, so there is no beta to it; write exposures that have some"
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message, subjects=limits)


def _limits(mandate: Mandate, asking: list[bool]) -> tuple[EntityRef, ...]:
    """The limits that ask for something, as subjects."""
    limits: list[Limit] = [limit for limit, asks in zip(mandate.limits, asking, strict=True) if asks]
    return tuple(EntityRef(limit_id=limit.limit_id) for limit in limits if is_id(limit.limit_id))


def _active_goals(objective: Objective) -> list[str]:
    goals = []
    if usable(objective.maximize_utility) and objective.maximize_utility.active_risk_aversion is not None:
        goals.append("objective.maximize_utility.active_risk_aversion")
    if usable(objective.minimize_active_risk):
        goals.append("objective.minimize_active_risk")
    return goals


def _is_flat(problem: AllocationProblem, report: Report) -> bool:
    """Whether the reference portfolio has no variance, up to rounding; False where that is not known."""
    if not report.sound(("market",), ("mandate", "reference_exposures")):
        return False
    ids = problem.market.driver_ids
    exposures = dict.fromkeys(ids, 0.0)
    exposures |= {item.driver_id: item.value for item in problem.mandate.reference_exposures}
    held = np.array([exposures[name] for name in ids], dtype=float)
    covariance = problem.market.risk_model.covariance(ids)
    # What the variance would be if all drivers moved as one.
    largest = float(np.abs(held) @ np.sqrt(np.diag(covariance))) ** 2
    return float(held @ covariance @ held) <= _ROUNDING * largest

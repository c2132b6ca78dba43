"""What limits and goals need of the reference portfolio and of the stressed regime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from counterpoise.model import AllocationProblem, EntityRef, ErrorReason, FloatArray, Objective, RiskModel
from counterpoise.recall import Recall
from counterpoise.validate.facts import Facts
from counterpoise.validate.names import Names
from counterpoise.validate.report import Report, usable
from counterpoise.validate.text import is_id

_ROUNDING = 1e-12
_COVARIANCES: Final = Recall[FloatArray](8)
_STRESSED: Final = Recall[FloatArray](8)
"""By the names of a problem: one set of names is one market, and one that does not change."""


def check_reference(problem: AllocationProblem, facts: Sequence[Facts], names: Names, report: Report) -> None:
    """A reference portfolio where something is measured against it, and variance where beta is."""
    exposures, place = problem.mandate.reference_exposures, ("mandate", "reference_exposures")
    if not usable(exposures):
        return
    if not exposures:
        limits = _limits(problem, [fact.reference for fact in facts])
        goals = _active_goals(problem.objective)
        if limits or goals:
            asked = " and ".join([*(["these limits"] if limits else []), *goals])
            message = f"empty, but {asked} measure against it; write the exposures of the reference portfolio"
            report.add(place, ErrorReason.FIELD_MISSING, message, subjects=limits)
        return
    asking = _limits(problem, [fact.variance for fact in facts])
    if not asking or not report.sound(("market",), place):
        return
    market, model = problem.market, problem.market.risk_model
    stressed = _limits(problem, [fact.variance and fact.stressed for fact in facts])
    covariance = _COVARIANCES.get((names,), lambda: model.covariance(market.driver_ids))
    if _is_flat(problem, covariance):
        message = "without variance, so there is nothing to measure against; write exposures that have some"
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message, subjects=asking)
        return
    if not stressed or not _has_matrix(model):
        return
    covariance = _STRESSED.get((names,), lambda: model.stressed_covariance(market.driver_ids)[0])
    if _is_flat(problem, covariance):
        message = (
            "without variance under the stressed correlation, so there is nothing to measure against; "
            "write exposures that have some"
        )
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message, subjects=stressed)


def check_regime(problem: AllocationProblem, facts: Sequence[Facts], report: Report) -> None:
    """A stressed correlation where limits are measured in it."""
    model = problem.market.risk_model
    limits = _limits(problem, [fact.stressed for fact in facts])
    if limits and usable(model) and model.stressed_correlation is None:
        message = "unset, but these limits are in the stressed regime; write correlation or uniform"
        at = ("market", "risk_model", "stressed_correlation")
        report.add(at, ErrorReason.FIELD_MISSING, message, subjects=limits)


def _limits(problem: AllocationProblem, asking: Sequence[bool]) -> tuple[EntityRef, ...]:
    """The limits that ask for something, as subjects."""
    limits = [limit for limit, asks in zip(problem.mandate.limits, asking, strict=True) if asks]
    return tuple(EntityRef(limit_id=limit.limit_id) for limit in limits if is_id(limit.limit_id))


def _active_goals(objective: Objective) -> list[str]:
    goals = []
    if usable(objective.maximize_utility) and objective.maximize_utility.active_risk_aversion is not None:
        goals.append("objective.maximize_utility.active_risk_aversion")
    if usable(objective.minimize_active_risk):
        goals.append("objective.minimize_active_risk")
    return goals


def _has_matrix(model: RiskModel) -> bool:
    """Whether the stressed regime is a correlation of the drivers."""
    return model.stressed_correlation is not None and model.stressed_correlation.correlation is not None


def _is_flat(problem: AllocationProblem, covariance: FloatArray) -> bool:
    """Whether the reference portfolio has no variance, up to rounding."""
    ids = problem.market.driver_ids
    exposures = dict.fromkeys(ids, 0.0)
    exposures |= {item.driver_id: item.value for item in problem.mandate.reference_exposures}
    held = np.array([exposures[name] for name in ids], dtype=float)
    # What the variance would be if all drivers moved as one.
    largest = float(np.abs(held) @ np.sqrt(np.diag(covariance))) ** 2
    return float(held @ covariance @ held) <= _ROUNDING * largest

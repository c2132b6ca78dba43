"""How the trades were made whole, and the proof of the target that they are made from."""

from __future__ import annotations

from counterpoise.model import Unit
from counterpoise.proposal_page.markup import Content, Html, element, facts_list, section
from counterpoise.proposal_page.subject import Subject
from counterpoise.wording.figures import basis_points, small
from counterpoise.wording.prices import optimized
from counterpoise.wording.rebalancing import ROUNDING_METHODS
from counterpoise.wording.words import say

_LEAST_TOLD = 1e-8


def proof(subject: Subject) -> Html:
    """Cost of rounding, certificate with gap and violation, and what produced them."""
    return section(
        "proof",
        "Rounding and proof",
        facts_list([*_rounding(subject), *_certificate(subject)]),
    )


def _rounding(subject: Subject) -> list[tuple[str, Content]]:
    plan, objective = subject.plan, subject.problem.objective
    method = say(plan.rounding_method, ROUNDING_METHODS) if plan.rounding_method is not None else ""
    loss = plan.rounding_objective_loss
    size = small(abs(loss)) if plan.objective_unit is Unit.RATIO else f"{basis_points(abs(loss), 4)} bp"
    cost = f"{size} of {optimized(objective)}"
    return [
        *([("Rounding", f"{method}.")] if method else []),
        ("Rounding costs" if loss >= 0 else "The band saves", cost),
        ("Worst violation of a hard limit, traded", f"{small(plan.worst_hard_violation)} of NAV"),
    ]


def _certificate(subject: Subject) -> list[tuple[str, Content]]:
    allocation = subject.allocation
    if allocation is None:
        return []
    facts: list[tuple[str, Content]] = []
    certificate = allocation.certificate.optimality if allocation.certificate is not None else None
    if certificate is not None:
        short_of = max(abs(certificate.objective_bound - certificate.objective), _LEAST_TOLD)
        is_ratio = allocation.objective is not None and allocation.objective.unit is Unit.RATIO
        gap = small(short_of) if is_ratio else f"{basis_points(short_of, 4)} bp"
        facts += [
            (
                "Certified target",
                f"no allocation within the rules is better by more than {gap} (relative gap "
                f"{small(certificate.relative_gap)})",
            ),
            ("Worst violation of a hard limit, target", f"{small(certificate.worst_hard_violation)} of NAV"),
        ]
    made_by = allocation.provenance
    return [
        *facts,
        ("Engine, server", f"{made_by.engine}; {made_by.server_version}"),
        ("Problem, SHA-256", element("code", made_by.problem_sha256)),
    ]

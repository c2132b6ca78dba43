"""Why there is no allocation, bound by bound, and the least that would allow one."""

from __future__ import annotations

import math

from counterpoise.command.explain_notes import costs, id_beside_name, shared_bounds
from counterpoise.command.glossary import explained
from counterpoise.command.layout import Section
from counterpoise.command.running import ExitCode
from counterpoise.model import (
    AllocationProblem,
    ConflictMember,
    ExplainInfeasibilityResponse,
    InfeasibilityVerdict,
    LimitKey,
    Provenance,
    Relaxation,
    Side,
    TerminationReason,
    Unit,
)
from counterpoise.wording.figures import small
from counterpoise.wording.names import Names
from counterpoise.wording.outwards import larger_amount, wider_bound

_SIDES = {Side.LOWER: "at least", Side.UPPER: "at most"}
_MOVES = {Side.LOWER: "lower the lower bound", Side.UPPER: "raise the upper bound"}
_NEWER = "a newer side"


def explained_code(verdict: InfeasibilityVerdict) -> ExitCode:
    """What the shell is told of a verdict; one that is newer than this client proves nothing."""
    codes = {
        InfeasibilityVerdict.FEASIBLE: ExitCode.CERTIFIED,
        InfeasibilityVerdict.INFEASIBLE: ExitCode.INFEASIBLE,
    }
    return codes.get(verdict, ExitCode.NOT_CERTIFIED)


def explain_page(response: ExplainInfeasibilityResponse, problem: AllocationProblem) -> list[Section | None]:
    """The verdict, the bounds that cannot hold together, and the cheapest mending."""
    names = Names(problem)
    return explained(
        [
            _headline(response),
            _conflict(response, names),
            _mending(response, names),
            _origin(response.provenance),
        ]
    )


def _headline(response: ExplainInfeasibilityResponse) -> Section:
    if response.verdict == InfeasibilityVerdict.FEASIBLE:
        return Section(
            title="Feasible",
            sentences=(
                "There is an allocation: a point that keeps every hard limit was found.",
                "`counterpoise sensitivity` says which inputs the best one owes most to.",
            ),
        )
    if response.verdict == InfeasibilityVerdict.INFEASIBLE:
        told = "No allocation satisfies this mandate. That is proven, not a failure of the search."
        return Section(title="Infeasible", sentences=(told,))
    return Section(
        title="Not proven",
        sentences=("Neither an allocation nor a proof that there is none was found: give it more time.",),
    )


def _conflict(response: ExplainInfeasibilityResponse, names: Names) -> Section | None:
    members = response.conflict_members
    if not members:
        return None
    alone = len(members) == 1
    if response.minimal:
        least = "It cannot hold even alone." if alone else "Without any one of them the others can hold."
    else:
        least = "Not proven minimal: some of them may not be needed for the conflict."
    return Section(
        title="This bound cannot hold" if alone else "These bounds cannot hold together",
        columns=("Limit", "Id", "Side", "bound", "Minimal"),
        rows=[_member(member, names, minimal=response.minimal) for member in members],
        left=(0, 1, 2, 4),
        footnotes=(least,),
    )


def _member(member: ConflictMember, names: Names, *, minimal: bool) -> tuple[str, ...]:
    return (
        names.limit(member.key),
        id_beside_name(member.key, names),
        _SIDES.get(member.side, _NEWER),
        names.number(member.key, member.bound, member.unit),
        "yes" if minimal else "not proven",
    )


def _mending(response: ExplainInfeasibilityResponse, names: Names) -> Section | None:
    ended = response.relaxation_termination
    if response.relaxations:
        return Section(
            title="The cheapest mending" if _is_cheapest(response) else "A mending",
            sentences=("With all of these together there is an allocation.",)
            if len(response.relaxations) > 1
            else (),
            columns=("Limit", "Id", "What to do", "by", "to"),
            rows=[_move(item, names) for item in response.relaxations],
            left=(0, 1, 2),
            footnotes=(
                *costs(response),
                *_unproven(response),
                *shared_bounds(response.relaxations, names),
                "Bounds are rounded to their wider side here; --json prints them in full. --weight makes a "
                "limit dearer to move, --fix forbids it; LINE_BOX stands for the bounds of lines, "
                "DEFAULT_LEVERAGE_CAP for the cap on leverage that no limit states.",
            ),
        )
    if ended is None or response.verdict != InfeasibilityVerdict.INFEASIBLE:
        return None
    if ended.reason == TerminationReason.INFEASIBLE:
        told = "No move of the bounds that may move allows an allocation: fix fewer of them."
    else:
        told = "The cheapest mending was not proven"
        told += f": {ended.detail.rstrip('.')}." if ended.detail else ": give it more time."
    return Section(title="No mending", sentences=(told,))


def _is_cheapest(response: ExplainInfeasibilityResponse) -> bool:
    ended = response.relaxation_termination
    return ended is not None and ended.reason == TerminationReason.OPTIMAL


def _unproven(response: ExplainInfeasibilityResponse) -> tuple[str, ...]:
    """What is known of cheaper ones."""
    cost, least = response.relaxation_cost, response.relaxation_cost_bound
    if _is_cheapest(response):
        return ()
    if not cost or least is None:
        return ("That none is cheaper was not proven.",)
    share = math.floor(100.0 * least / cost)
    return (f"That none is cheaper was not proven: none costs less than {share} % of it.",)


def _move(item: Relaxation, names: Names) -> tuple[str, ...]:
    return (
        names.limit(item.key),
        id_beside_name(item.key, names),
        _MOVES.get(item.side, _NEWER),
        _amount(item.key, item.amount, item.unit, names),
        wider_bound(item.key, item.relaxed_bound, item.side, item.unit, names),
    )


def _amount(key: LimitKey, amount: float, unit: Unit, names: Names) -> str:
    """How far a bound moves; never nothing, however little it is."""
    if names.number(key, amount, unit) == names.number(key, 0.0, unit):
        return small(amount)
    return larger_amount(key, amount, unit, names)


def _origin(provenance: Provenance) -> Section:
    return Section(sentences=(f"Server {provenance.server_version}.", f"Problem {provenance.problem_sha256}"))

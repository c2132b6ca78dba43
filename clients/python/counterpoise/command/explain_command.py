"""`counterpoise explain`: why there is no allocation, and the least that would allow one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from counterpoise.command.arguments import AsJson, CaFile, ProblemFile, Target, TokenFile
from counterpoise.command.printing import printed
from counterpoise.command.running import connected, read, told_in_words

if TYPE_CHECKING:
    from counterpoise.errors import InvalidProblem
    from counterpoise.model import RelaxationWeight

_WEIGHT = re.compile(r"weights\[(\d+)\]")
_RULES_TOO = "; LINE_BOX and DEFAULT_LEVERAGE_CAP name rules; may be repeated"

Fixed = Annotated[
    list[str] | None,
    typer.Option("--fix", metavar="LIMIT", help=f"A limit whose bounds must not move{_RULES_TOO}."),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weight",
        metavar="LIMIT=NUMBER",
        help=f"How dear one unit of a limit is beside the others', 1 where nothing is said{_RULES_TOO}.",
    ),
]


def explain(
    file: ProblemFile,
    *,
    fix: Fixed = None,
    weight: Weights = None,
    target: Target = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Explain why there is no allocation: what contradicts, and the cheapest mending.

    Exits with 0 where there is an allocation, 3 where there is none, 4 where neither was proven.
    """
    from counterpoise.command.explain_page import explain_page, explained_code
    from counterpoise.errors import InvalidProblem

    weights = relaxation_weights(fix or (), weight or ())
    with told_in_words(as_json=as_json):
        problem = read(file)
        with connected(target, token_file, ca_file) as client:
            try:
                response = client.explain(problem, weights=weights)
            except InvalidProblem as error:
                # Programs read the path of the contract.
                raise error if as_json else by_option(error, fix or (), weight or ()) from None
        printed(response, lambda: explain_page(response, problem), as_json=as_json)
    raise typer.Exit(explained_code(response.verdict))


def relaxation_weights(fixed: Sequence[str], weighted: Sequence[str]) -> tuple[RelaxationWeight, ...]:
    """Prices of limits, and of the rules that may move, as they are written.

    Raises BadParameter where one is none, or a limit or rule has two.
    """
    from counterpoise.model import FixedLimit

    weights = [replace(_of(name), fixed=FixedLimit()) for name in fixed]
    for text in weighted:
        limit_id, _, number = text.rpartition("=")
        try:
            price = float(number)
        except ValueError:
            price = math.nan
        if not limit_id or not (math.isfinite(price) and price > 0.0):
            raise typer.BadParameter(
                f"{text!r} is no LIMIT=NUMBER above 0; write one such as gross-cap=10.",
                param_hint="--weight",
            )
        weights.append(replace(_of(limit_id), weight=price))
    seen = [*fixed, *(text.rpartition("=")[0] for text in weighted)]
    twice = next((limit_id for limit_id in seen if seen.count(limit_id) > 1), None)
    if twice is not None:
        raise typer.BadParameter(f"limit {twice!r} comes twice in --fix and --weight; name it once.")
    return tuple(weights)


def by_option(error: InvalidProblem, fixed: Sequence[str], weighted: Sequence[str]) -> InvalidProblem:
    """The same violations, those of weights under the options that they come from."""
    from counterpoise.errors import InvalidProblem

    options = [*(f"--fix {name}" for name in fixed), *(f"--weight {text}" for text in weighted)]
    violations = []
    for violation in error.violations:
        place = _WEIGHT.match(violation.field)
        index = int(place[1]) if place is not None else len(options)
        named = replace(violation, field=options[index]) if index < len(options) else violation
        violations.append(named)
    return InvalidProblem(tuple(violations), error.violation_count, error.status)


def _of(name: str) -> RelaxationWeight:
    """Whose bounds a name means: the rules that may move have theirs, other names are of limits."""
    from counterpoise.model import RelaxationWeight
    from counterpoise.validate.explanations import MOVABLE_RULES

    rule = next((rule for rule in MOVABLE_RULES if rule.name == name), None)
    if rule is not None:
        return RelaxationWeight(structural_rule=rule)
    return RelaxationWeight(limit_id=name)

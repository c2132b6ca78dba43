"""Problems that an explanation speaks of: with its bounds moved, and with some of its bounds alone."""

import dataclasses

from counterpoise.model import (
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    MinimizeRisk,
    Objective,
    Side,
    StructuralRule,
)

HAIR = 1e-5


def relaxed(problem, moves):
    """The problem with its bounds moved, and a hair further."""
    for move in moves:
        value = move.relaxed_bound + (HAIR if move.side is Side.UPPER else -HAIR)
        problem = with_bound(problem, move.key, move.side, value)
    return problem


def hardly_relaxed(problem, moves, part):
    """The problem with its bounds moved by a part of the way."""
    for move in moves:
        back = (1.0 - part) * move.amount
        value = move.relaxed_bound + (-back if move.side is Side.UPPER else back)
        problem = with_bound(problem, move.key, move.side, value)
    return problem


def with_bound(problem, key, side, value):
    lines, limits = problem.portfolio.lines, problem.mandate.limits
    if key.structural_rule is StructuralRule.LINE_BOX:
        name = "minimum_fraction" if side is Side.LOWER else "maximum_fraction"
        lines = tuple(
            _above_zero(dataclasses.replace(line, **{name: value})) if line.line_id == key.line_id else line
            for line in lines
        )
    elif key.structural_rule is None:
        name = "lower" if side is Side.LOWER else "upper"
        limits = tuple(
            dataclasses.replace(limit, **{name: value}) if limit.limit_id == key.limit_id else limit
            for limit in limits
        )
    else:
        limits = (*limits, _cap(value))
    return rebuilt(problem, lines, limits)


def only(problem, members):
    """The facts and these bounds alone; leverage is capped where nobody gets to, unless by a member.

    The goal is least risk, because only feasibility is asked.
    """
    kept = {
        (member.key.limit_id or (member.key.structural_rule, member.key.line_id), member.side)
        for member in members
    }

    def bound(name, side, value):
        return value if (name, side) in kept else None

    box = StructuralRule.LINE_BOX
    lines = tuple(
        dataclasses.replace(
            line,
            minimum_fraction=bound((box, line.line_id), Side.LOWER, line.minimum_fraction),
            maximum_fraction=bound((box, line.line_id), Side.UPPER, line.maximum_fraction),
        )
        for line in problem.portfolio.lines
    )
    limits = [
        dataclasses.replace(
            limit,
            lower=bound(limit.limit_id, Side.LOWER, limit.lower),
            upper=bound(limit.limit_id, Side.UPPER, limit.upper),
        )
        for limit in problem.mandate.limits
    ]
    limits = [limit for limit in limits if limit.lower is not None or limit.upper is not None]
    default = ((StructuralRule.DEFAULT_LEVERAGE_CAP, ""), Side.UPPER)
    cap = () if default in kept else (_cap(80.0),)
    rest = rebuilt(problem, lines, (*limits, *cap))
    return dataclasses.replace(rest, objective=Objective(minimize_risk=MinimizeRisk()))


def rebuilt(problem, lines, limits):
    return dataclasses.replace(
        problem,
        portfolio=dataclasses.replace(problem.portfolio, lines=lines),
        mandate=dataclasses.replace(problem.mandate, limits=tuple(limits)),
    )


def _above_zero(line):
    minimum = line.minimum_fraction
    return (
        line
        if minimum is None or line.overlay
        else dataclasses.replace(line, minimum_fraction=max(minimum, 0.0))
    )


def _cap(upper):
    return Limit(
        limit_id="own-cap",
        upper=upper,
        leverage=LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL),
    )

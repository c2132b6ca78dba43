"""Bounds of a problem that can be moved, each with the price that an answer puts on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from counterpoise.model import Allocation, AllocationProblem, Line, StructuralRule, Unit
from tests.answers import limit_reports


@dataclass(frozen=True, kw_only=True)
class Move:
    """`apply(problem, d)` loosens by d; `price` is per unit, `size` the bound's own scale."""

    name: str
    price: float
    size: float
    apply: Callable[[AllocationProblem, float], AllocationProblem]


def limit_moves(problem: AllocationProblem, allocation: Allocation) -> list[Move]:
    """Every bound of every limit; one bound serves all members, so their prices add up."""
    moves = []
    for limit in problem.mandate.limits:
        reports = limit_reports(allocation, limit.limit_id)
        lower = sum(report.lower_shadow_price or 0.0 for report in reports)
        upper = sum(report.upper_shadow_price or 0.0 for report in reports)
        per_point = reports[0].unit is Unit.NAV_FRACTION_PER_BASIS_POINT
        size = max(1e-5 if per_point else 0.1, abs(limit.lower or 0.0), abs(limit.upper or 0.0))
        if limit.factor_neutrality is not None:
            # One number bounds both sides.
            mover = _limit_mover(limit.limit_id, lower=0.0, upper=1.0)
            moves.append(Move(name=limit.limit_id, price=lower + upper, size=size, apply=mover))
            continue
        if limit.lower is not None and limit.lower == limit.upper:
            # A target moves as a whole.
            moves.append(
                Move(
                    name=f"{limit.limit_id} target",
                    price=upper - lower,
                    size=size,
                    apply=_limit_mover(limit.limit_id, lower=-1.0, upper=1.0),
                )
            )
            continue
        if limit.lower is not None:
            mover = _limit_mover(limit.limit_id, lower=1.0, upper=0.0)
            moves.append(Move(name=f"{limit.limit_id} lower", price=lower, size=size, apply=mover))
        if limit.upper is not None:
            mover = _limit_mover(limit.limit_id, lower=0.0, upper=1.0)
            moves.append(Move(name=f"{limit.limit_id} upper", price=upper, size=size, apply=mover))
    return moves


def _limit_mover(
    limit_id: str, *, lower: float, upper: float
) -> Callable[[AllocationProblem, float], AllocationProblem]:
    """Loosening by d lowers `lower` by d and raises `upper` by d, each times its factor."""

    def move(problem: AllocationProblem, distance: float) -> AllocationProblem:
        limits = tuple(
            dataclasses.replace(
                limit,
                lower=None if limit.lower is None else limit.lower - lower * distance,
                upper=None if limit.upper is None else limit.upper + upper * distance,
            )
            if limit.limit_id == limit_id
            else limit
            for limit in problem.mandate.limits
        )
        return dataclasses.replace(problem, mandate=dataclasses.replace(problem.mandate, limits=limits))

    return move


def box_moves(problem: AllocationProblem, allocation: Allocation) -> list[Move]:
    """Minimum, maximum, capacity and commitment of lines, where the answer reports that they bind."""
    moves = []
    for report in allocation.limits:
        rule, line_id = report.key.structural_rule, report.key.line_id
        if rule is None or not line_id:
            continue
        line = next(line for line in problem.portfolio.lines if line.line_id == line_id)
        lower, upper = report.lower_shadow_price or 0.0, report.upper_shadow_price or 0.0
        if rule == StructuralRule.LINE_BOX and line.minimum_fraction == line.maximum_fraction:
            if line.minimum_fraction is not None:
                apply = _line_mover(line_id, _shift)
                moves.append(Move(name=f"pin {line_id}", price=upper - lower, size=0.1, apply=apply))
        elif rule == StructuralRule.LINE_BOX:
            if line.minimum_fraction is not None and report.lower is not None and line.minimum_fraction > 0:
                apply = _line_mover(line_id, _lower_minimum)
                moves.append(Move(name=f"minimum {line_id}", price=lower, size=0.1, apply=apply))
            if line.maximum_fraction is not None and report.upper is not None:
                apply = _line_mover(line_id, _raise_maximum)
                moves.append(Move(name=f"maximum {line_id}", price=upper, size=0.1, apply=apply))
        elif rule in (StructuralRule.SLEEVE_CAPACITY, StructuralRule.CREDIT_COMMITMENT):
            apply = _line_mover(line_id, _raise_amount(problem.portfolio.nav_amount))
            moves.append(Move(name=f"{rule.name} {line_id}", price=upper, size=0.1, apply=apply))
    return moves


def _line_mover(
    line_id: str, change: Callable[[Line, float], Line]
) -> Callable[[AllocationProblem, float], AllocationProblem]:
    def move(problem: AllocationProblem, distance: float) -> AllocationProblem:
        lines = tuple(
            change(line, distance) if line.line_id == line_id else line for line in problem.portfolio.lines
        )
        return dataclasses.replace(problem, portfolio=dataclasses.replace(problem.portfolio, lines=lines))

    return move


def _shift(line: Line, distance: float) -> Line:
    pinned = (line.minimum_fraction or 0.0) + distance
    return dataclasses.replace(line, minimum_fraction=pinned, maximum_fraction=pinned)


def _lower_minimum(line: Line, distance: float) -> Line:
    return dataclasses.replace(line, minimum_fraction=(line.minimum_fraction or 0.0) - distance)


def _raise_maximum(line: Line, distance: float) -> Line:
    return dataclasses.replace(line, maximum_fraction=(line.maximum_fraction or 0.0) + distance)


def _raise_amount(nav_amount: float) -> Callable[[Line, float], Line]:
    """Capacity or commitment by a fraction of NAV."""

    def change(line: Line, distance: float) -> Line:
        sleeve, credit = line.alpha_sleeve, line.credit_line
        if sleeve is not None and sleeve.capacity_amount is not None:
            amount = sleeve.capacity_amount + distance * nav_amount
            return dataclasses.replace(line, alpha_sleeve=dataclasses.replace(sleeve, capacity_amount=amount))
        if credit is not None:
            amount = credit.committed_amount + distance * nav_amount
            return dataclasses.replace(line, credit_line=dataclasses.replace(credit, committed_amount=amount))
        return line

    return change

"""A mandate as single bounds that can be kept, left out or moved; everything else is a fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    Aggregation,
    AllocationProblem,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LimitKey,
    Line,
    LineKind,
    LineScope,
    MinimizeRisk,
    Objective,
    PositionMeasure,
    RelaxationWeight,
    Side,
    SoftLimit,
    StructuralRule,
    Unit,
)
from optimizer.measures.book import Book
from optimizer.measures.box import gross_cap
from optimizer.measures.limits import measure

HIGHER = 10.0
"""Where something leans on the ceiling of leverage, it is raised by this multiple, once."""
CEILING = " ceiling"
"""Identifiers of limits that stand for rules begin with a blank, which no identifier of a request does."""
_CEILING_MULTIPLE = 2.0
"""No portfolio is looked for above this multiple of what caps allow and minima ask for: the boxes of
overlays need an end. What leans on it is no proof."""


@dataclass(frozen=True, eq=False)
class Bound:
    """One side of one limit, of a line's box or of the default cap."""

    limit_id: str
    """Of the limit that it is in the loose problem."""
    side: Side
    value: float
    unit: Unit
    key: LimitKey
    """Whose it is in the request; without a member where several share it."""
    weight: float | None
    """Price of one unit, as violations of soft limits are weighed; None where it must not move."""
    mirrored: bool = False
    """Whether the same number holds below zero, too, as it does for neutrality."""

    @property
    def direction(self) -> float:
        """Sign of a move that relaxes."""
        return 1.0 if self.side is Side.UPPER else -1.0


@dataclass(frozen=True, eq=False)
class LooseProblem:
    """The facts of a problem, its bounds apart. Least risk is the goal: only feasibility is asked."""

    facts: AllocationProblem
    """Without limits but the ceiling, and without boxes of lines but what nobody can move."""
    limits: Mapping[str, Limit]
    """Limits by identifier, in order."""
    bounds: tuple[Bound, ...]

    def with_bounds(
        self,
        kept: Iterable[Bound],
        moves: Mapping[Bound, float] | None = None,
        *,
        soft: bool = False,
    ) -> AllocationProblem:
        """The problem with these bounds alone, some moved; soft ones are all that may move."""
        moves = moves or {}
        sides: dict[str, dict[Side, float]] = {}
        fixed: set[str] = set()
        for bound in kept:
            value = bound.value + bound.direction * moves.get(bound, 0.0)
            sides.setdefault(bound.limit_id, {})[bound.side] = value
            if bound.weight is None:
                fixed.add(bound.limit_id)
        limits = [
            replace(
                limit,
                lower=sides[limit_id].get(Side.LOWER),
                upper=sides[limit_id].get(Side.UPPER),
                soft=SoftLimit(priority=1) if soft and limit_id not in fixed else None,
            )
            for limit_id, limit in self.limits.items()
            if limit_id in sides
        ]
        mandate = self.facts.mandate
        return replace(self.facts, mandate=replace(mandate, limits=(*mandate.limits, *limits)))

    def raised(self, multiple: float) -> LooseProblem:
        """With the ceiling of gross leverage this many times as high."""
        mandate = self.facts.mandate
        limits = tuple(replace(limit, upper=multiple * (limit.upper or 0.0)) for limit in mandate.limits)
        return replace(self, facts=replace(self.facts, mandate=replace(mandate, limits=limits)))


def loosened(book: Book, weights: Iterable[RelaxationWeight]) -> LooseProblem:
    """The bounds of a valid problem and the facts that are left without them; soft limits are neither."""
    problem = book.problem
    prices = {weight.limit_id or weight.structural_rule: weight.weight for weight in weights}
    hard = [limit for limit in problem.mandate.limits if limit.soft is None]
    limits, bounds = {limit.limit_id: limit for limit in hard}, []
    for limit in hard:
        bare = measure(book, limit)
        key = bare.keys[0] if len(bare.keys) == 1 else LimitKey(limit_id=limit.limit_id)
        price = _price(prices.get(limit.limit_id, 1.0), bare.unit)
        for side, value in ((Side.LOWER, limit.lower), (Side.UPPER, limit.upper)):
            if value is not None:
                mirrored = limit.factor_neutrality is not None
                bounds.append(Bound(limit.limit_id, side, value, bare.unit, key, price, mirrored))
    box_price = prices.get(StructuralRule.LINE_BOX, 1.0)
    for bound in _boxes(problem, box_price):
        line_id = bound.key.line_id
        position = PositionMeasure(lines=LineScope(line_ids=(line_id,)), aggregation=Aggregation.SUM)
        limits[bound.limit_id] = Limit(limit_id=bound.limit_id, position=position)
        bounds.append(bound)
    gross = LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL)
    cap = gross_cap(problem)
    if cap is None:
        rule = StructuralRule.DEFAULT_LEVERAGE_CAP
        limit_id, key = f" {rule.name}", LimitKey(structural_rule=rule)
        limits[limit_id] = Limit(limit_id=limit_id, leverage=gross)
        price = prices.get(rule, 1.0)
        bounds.append(Bound(limit_id, Side.UPPER, DEFAULT_LEVERAGE_CAP, Unit.RATIO, key, price))
    caps = [limit.upper for limit in hard if limit.leverage is not None and limit.upper is not None]
    asked = sum(abs(line.minimum_fraction or 0.0) for line in problem.portfolio.lines)
    ceiling = _CEILING_MULTIPLE * (max([DEFAULT_LEVERAGE_CAP, *caps]) + asked)
    portfolio = replace(problem.portfolio, lines=tuple(map(_unboxed, problem.portfolio.lines)))
    mandate = replace(problem.mandate, limits=(Limit(limit_id=CEILING, upper=ceiling, leverage=gross),))
    goal = Objective(minimize_risk=MinimizeRisk())
    facts = replace(problem, portfolio=portfolio, mandate=mandate, objective=goal)
    return LooseProblem(facts, limits, tuple(bounds))


def _price(weight: float | None, unit: Unit) -> float | None:
    return None if weight is None else weight * unit.weight


def _boxes(problem: AllocationProblem, price: float | None) -> Iterator[Bound]:
    """Given minima and maxima; that no line but an overlay goes below zero is a fact."""
    for line in problem.portfolio.lines:
        key = LimitKey(structural_rule=StructuralRule.LINE_BOX, line_id=line.line_id)
        minimum, maximum = line.minimum_fraction, line.maximum_fraction
        limit_id = f" box {line.line_id}"
        if minimum is not None and (minimum > 0.0 or line.kind is LineKind.OVERLAY):
            yield Bound(limit_id, Side.LOWER, minimum, Unit.NAV_FRACTION, key, price)
        if maximum is not None:
            yield Bound(limit_id, Side.UPPER, maximum, Unit.NAV_FRACTION, key, price)


def _unboxed(line: Line) -> Line:
    return replace(line, minimum_fraction=None, maximum_fraction=None)

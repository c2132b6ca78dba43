"""The cheapest relaxation: bounds moved for the least weighted sum, by cutting planes.

Each trial of moves is solved for its least violation: the multipliers are a cut, the point behind it tells
moves that suffice. The least cost under all cuts so far is a lower bound. Members of a limit share its
bound: what they weigh adds up, and the worst of them says how far it moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, LimitKey, Side, SolveAttempt
from optimizer.measures.constraint import Constraint
from optimizer.usecases.explaining.attempts import Engines, LeastViolation
from optimizer.usecases.explaining.bounds import CEILING, Bound, LooseProblem
from optimizer.usecases.explaining.cuts import Cut, Trial, cut_of, least_cost, likely_cost, reach, sides_of
from optimizer.usecases.ladder import OutOfTime

COST_GAP = 1e-6
"""Largest distance of a cost from its lower bound, over the cost."""
_MISSED = 1e-7
"""Violations up to here are within what every answer may miss, over the unit's weight."""
_NO_NAV = 1e-9
_LEANT = 1e-6
"""Multipliers of the ceiling below this are an engine's noise."""
_TRIALS = 200
_WITHOUT_PROOF = 8
"""Trials after moves that are likely the cheapest, to prove it where ratios move."""
_FURTHER = 8
"""Trials after the cost is proven, for fewer moves of the same cost."""


@dataclass(frozen=True, eq=False)
class CheapestMoves:
    """How far bounds move, where any; why not, where `moves` is None."""

    moves: Mapping[Bound, float] | None
    attempts: tuple[SolveAttempt, ...]
    least_cost: float = 0.0
    """No moves that suffice cost less; unproven where the proof leans on the ceiling."""
    proven: bool = False
    """Whether the moves cost no more than that, but for the gap."""
    impossible: bool = False
    """Whether what must not move contradicts itself, proven."""
    leans: bool = False
    """Whether the proof leans on the ceiling of leverage: above it there may be cheaper ones."""


def cheapest_moves(loose: LooseProblem, engines: Engines) -> CheapestMoves:
    """Moves that suffice, and the least that any can cost. Raises OutOfTime.

    Where several cost the same, those at a corner of the cuts are tried for a while: they move fewest.
    """
    search = _Search(loose)
    further = unproven = 0
    for _ in range(_TRIALS):
        try:
            outcome = search.step(engines)
        except OutOfTime:
            if not search.proven:
                raise
            break
        if not outcome.cut:
            return search.result(impossible=outcome.impossible)
        further += search.proven
        unproven += search.settled and not search.proven
        if search.proven and (outcome.sufficient or further > _FURTHER):
            break
        if unproven > _WITHOUT_PROOF:
            break
    return search.result()


@dataclass(frozen=True)
class _Step:
    """What became of one trial."""

    cut: bool
    """Whether it was certified, so that the search can go on."""
    impossible: bool = False
    sufficient: bool = False
    """Whether the trial's own moves were enough."""


class _Search:
    """Cuts so far, the next trial under them, and the cheapest moves known to suffice."""

    def __init__(self, loose: LooseProblem) -> None:
        self.attempts: tuple[SolveAttempt, ...] = ()
        self.leans = False
        self.settled = False
        """Whether trials that are likely the cheapest have come to their end."""
        self._loose = loose
        self._movable = [bound for bound in loose.bounds if bound.weight is not None]
        costs = np.array([bound.weight for bound in self._movable], dtype=float)
        # Only their proportions matter for what is cheapest, and the solver has absolute tolerances.
        self._unit_cost = float(costs.min(initial=np.inf)) if len(costs) else 1.0
        self._costs = costs / self._unit_cost
        self._cuts: list[Cut] = []
        self._trial = np.zeros(len(self._movable))
        self._least_cost = 0.0
        self._best: FloatArray | None = None
        self._best_cost = np.inf

    @property
    def proven(self) -> bool:
        """Whether nothing is cheaper than the best by more than the gap."""
        return self._best is not None and self._best_cost - self._least_cost <= COST_GAP * self._best_cost

    def result(self, *, impossible: bool = False) -> CheapestMoves:
        """The cheapest moves that suffice, of those that move something."""
        best = None
        if self._best is not None:
            best = {
                bound: float(move)
                for bound, move in zip(self._movable, self._best, strict=True)
                if move > 0.0
            }
        return CheapestMoves(
            moves=best,
            attempts=self.attempts,
            least_cost=self._unit_cost * self._least_cost,
            proven=self.proven,
            impossible=impossible,
            leans=self.leans,
        )

    def step(self, engines: Engines) -> _Step:
        """Solves at the trial and adds its cut. Raises OutOfTime."""
        loose, moves = self._loose, dict(zip(self._movable, self._trial.tolist(), strict=True))
        solved = LeastViolation(loose.with_bounds(loose.bounds, moves, soft=True), engines, self.attempts)
        self.attempts = solved.ended.attempts
        certificate, prices = solved.ended.judgement.certificate, solved.ended.judgement.prices
        variables = solved.ended.variables
        if certificate is None or certificate.optimality is None or prices is None or variables is None:
            proof = None if certificate is None else certificate.infeasibility
            self.leans |= proof is not None and any(item.key.limit_id == CEILING for item in proof.weights)
            return _Step(cut=False, impossible=proof is not None)
        leant = prices.by_side.get((f"limit/{CEILING}", Side.UPPER))
        self.leans |= leant is not None and bool(leant.max(initial=0.0) > _LEANT)
        constraints = {constraint.name: constraint for constraint in solved.case.constraints}
        missing = np.array([_missing(constraints, bound, variables) for bound in self._movable])
        self._keep(self._trial + missing)
        trial = Trial(self._trial, certificate.optimality.objective_bound, variables)
        self._cuts.append(cut_of(self._movable, constraints, prices.by_side, trial))
        found = self._next(solved, sufficient=not missing.any())
        return _Step(cut=found, sufficient=not missing.any())

    def _next(self, solved: LeastViolation, *, sufficient: bool) -> bool:
        """Chooses the next trial; whether there is one."""
        most = np.full(len(self._costs), np.inf)
        np.divide(self._best_cost, self._costs, out=most, where=self._costs > 0.0)
        line_ids = solved.case.book.problem.portfolio.line_ids
        farthest = dict(zip(self._movable, most.tolist(), strict=True))
        box = reach(solved.case.box, line_ids, self._loose.bounds, farthest)
        # A hair more than pays, so that the best moves themselves are inside.
        least = least_cost(self._costs, self._cuts, most * (1.0 + COST_GAP) + COST_GAP, box)
        if least is None:
            return False
        self._trial, self._least_cost = least[0], max(self._least_cost, least[1])
        if any(cut.ratios for cut in self._cuts) and not self.settled:
            likely = likely_cost(self._costs, self._cuts)
            self.settled = sufficient or likely is None
            if likely is not None and not self.settled:
                self._trial = likely[0]
        return True

    def _keep(self, moves: FloatArray) -> None:
        """Takes moves that are cheaper, or no dearer than the gap and fewer."""
        cost = float(self._costs @ moves)
        gap = 0.5 * COST_GAP * cost
        fewer = self._best is not None and np.count_nonzero(moves) < np.count_nonzero(self._best)
        if cost < self._best_cost - gap or (fewer and cost <= self._best_cost + gap):
            self._best, self._best_cost = moves, cost


def worst_member(bound: Bound, constraints: Sequence[Constraint], v: FloatArray) -> LimitKey:
    """The member of a bound's limit that comes closest to it, at a point."""
    if bound.key.structural_rule is not None:
        return bound.key
    constraint = next(item for item in constraints if item.name == f"limit/{bound.limit_id}")
    excess = np.max([constraint.excess(side, v) for side in sides_of(constraint, bound)], axis=0)
    return constraint.keys[int(np.argmax(excess))]


def _missing(constraints: Mapping[str, Constraint], bound: Bound, variables: FloatArray) -> float:
    """How much further a bound has to move for a point."""
    constraint = constraints[f"limit/{bound.limit_id}"]
    worst = 0.0
    for side in sides_of(constraint, bound):
        excess = constraint.excess(side, variables)
        if constraint.over is not None:
            excess = excess / np.maximum(constraint.over.values(variables), _NO_NAV)
        worst = max(worst, float(excess.max(initial=0.0)))
    return worst if worst * bound.unit.weight > _MISSED else 0.0

"""How far an order of execution has come, and where it may go from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from counterpoise.model import ExecutionStep, FloatArray, StepPurpose, StepTrade
from optimizer.rebalance.trading.order_limits import HardLimits, Look
from optimizer.rebalance.trading.order_work import Work


@dataclass(eq=False)
class Road:
    """How far the trades are, and the steps that were done."""

    work: Work
    limits: HardLimits
    left: FloatArray
    """Share of each line's trade that is left to do, shape (n,)."""
    here: Look
    steps: list[ExecutionStep] = field(default_factory=list)
    _seen: dict[tuple[tuple[int, float], ...], Look] = field(default_factory=dict)
    """Looks from here."""

    def look(self, parts: Mapping[int, float]) -> Look:
        """The portfolio after parts of lines, as far as the limits that say no."""
        key = tuple(sorted(parts.items()))
        if key not in self._seen:
            self._seen[key] = self.limits.look(
                self.work.positions(self.work.after(self.left, parts)), self.here
            )
        return self._seen[key]

    def can_go(self, look: Look) -> bool:
        """Whether limits allow to go there from here."""
        return self.limits.allows(look, self.here)

    def go(self, parts: Mapping[int, float], purpose: StepPurpose, day: int) -> None:
        """Does parts of lines as one step."""
        work, there = self.work, self.look(parts)
        self.left = work.after(self.left, parts)
        positions = work.positions(self.left)
        self.here = self.limits.look(positions) if there.variables is None else there
        self._seen.clear()
        if self.here.variables is None:
            raise ValueError("a look without comparison sees every limit")
        self.steps.append(
            ExecutionStep(
                trading_day=day,
                trades=tuple(_step_trade(work, line, parts[line]) for line in sorted(parts)),
                purpose=purpose,
                cash_fraction=float(work.book.same_day @ positions),
                worst_hard_violation=self.limits.worst(self.here.variables),
            )
        )


def _step_trade(work: Work, line: int, part: float) -> StepTrade:
    portfolio, count = work.book.problem.portfolio, int(work.contract_counts[line])
    fraction = part * float(work.change[line])
    return StepTrade(
        line_id=portfolio.lines[line].line_id,
        fraction=fraction,
        amount=fraction * portfolio.nav_amount,
        contract_count=round(part * count) if count else None,
    )

"""A book under the scenarios of its problem: positions, postings, and the returns of lines, kept by day."""

from __future__ import annotations

import dataclasses

from counterpoise.model import AllocationProblem, CorrelationRegime, FloatArray, Line, LineValue, Scenario
from tests.reference.book import Book
from tests.reference.numbers import Numbers, capital_per_unit, read_numbers
from tests.reference.return_terms import Postings
from tests.reference.stress_covariance import normal_covariance
from tests.reference.stress_moves import last_day, returns_of_lines
from tests.reference.stress_regimes import Axes, outcomes, regime_axes

DEFAULT_DAYS = (1, 5, 20, 63, 95)


class StressBook:
    """Everything that the measures of stress read; the base state is the scenario None."""

    def __init__(
        self, problem: AllocationProblem, h: FloatArray, postings: Postings, like: StressBook | None = None
    ) -> None:
        """`like` is a book of the same problem whose numbers and returns are used again."""
        self.problem = problem
        self.lines = problem.portfolio.lines
        self.h = [float(position) for position in h]
        self.postings = postings
        self.numbers: Numbers = _repaired(problem) if like is None else like.numbers
        self.plain = Book(problem, h, postings, self.numbers)
        self._returns: dict[tuple[str, int], list[float]] = {} if like is None else like._returns
        self._axes: dict[CorrelationRegime | None, Axes] = {} if like is None else like._axes
        self._outcomes: dict[str, FloatArray] = {} if like is None else like._outcomes

    def returns(self, scenario: Scenario | None, day: int) -> list[float]:
        """Return of every line by a day."""
        key = ("" if scenario is None else scenario.scenario_id, day)
        if key not in self._returns:
            self._returns[key] = returns_of_lines(
                self.problem, self.numbers.loadings, self.numbers.covariance, scenario, day
            )
        return self._returns[key]

    def after(self, scenario: Scenario | None) -> list[float]:
        """Return of every line after the scenario."""
        return self.returns(scenario, 1 if scenario is None else last_day(scenario))

    def nav_after(self, scenario: Scenario | None) -> float:
        """Net asset value after the scenario, over today's."""
        return 1.0 + sum(r * h for r, h in zip(self.after(scenario), self.h, strict=True))

    def axes(self, regime: CorrelationRegime | None) -> Axes:
        """Covariance of a regime, what lines add to its axes, and rows whose residuals are not in it."""
        if regime not in self._axes:
            self._axes[regime] = regime_axes(self.problem, regime)
        return self._axes[regime]

    def outcomes(self, sample_id: str) -> FloatArray:
        """Outcomes of a sample, columns in the order of the drivers."""
        if sample_id not in self._outcomes:
            self._outcomes[sample_id] = outcomes(self.problem, sample_id)
        return self._outcomes[sample_id]

    def scenarios(self) -> list[Scenario | None]:
        """The base state and every scenario."""
        return [None, *self.problem.scenarios]

    def days(self) -> list[int]:
        """Horizons of coverage figures: those of all coverage limits, else the usual ones."""
        named: set[int] = set()
        for limit in self.problem.mandate.limits:
            if limit.liquidity_coverage is not None:
                named.update(limit.liquidity_coverage.horizon_trading_days)
        return sorted(named) if named else list(DEFAULT_DAYS)


def _repaired(problem: AllocationProblem) -> Numbers:
    return dataclasses.replace(read_numbers(problem), covariance=normal_covariance(problem))


def uses_capital(line: Line) -> bool:
    """Funded lines, funded sleeves and reserve tiers."""
    return capital_per_unit(line) == 1.0


def of_line(values: tuple[LineValue, ...], line: Line) -> float:
    """The number that a list has for a line, zero where it has none."""
    return sum(item.value for item in values if item.line_id == line.line_id)


def gate(scenario: Scenario | None, line: Line) -> float:
    """Share of the line that is not let go."""
    return 0.0 if scenario is None else of_line(scenario.gated_shares, line)


def add_on(scenario: Scenario | None, line: Line) -> float:
    """Share of its value that the line loses in a sale."""
    return 0.0 if scenario is None else of_line(scenario.haircut_add_ons, line)


def pool_of(line: Line) -> str:
    """The pool that margins a line, empty for lines without margin."""
    if line.overlay is not None:
        return line.overlay.margin_pool_id
    if line.alpha_sleeve is not None and line.alpha_sleeve.unfunded_account is not None:
        return line.alpha_sleeve.unfunded_account.margin_pool_id
    return ""

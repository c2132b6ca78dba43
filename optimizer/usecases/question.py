"""What a validated problem is worth knowing of, each part worked out when it is first asked for."""

from __future__ import annotations

from functools import cached_property

from counterpoise.canonical import problem_sha256
from counterpoise.model import AllocationProblem, MaximizeAlpha, MinimizeActiveRisk, MinimizeRisk
from optimizer.certificate import Case, open_case
from optimizer.measures.book import Book, open_book
from optimizer.measures.box import Box, box_of
from optimizer.program import Inputs, Prepared, prepare


class Question:
    """A problem under work."""

    def __init__(self, problem: AllocationProblem) -> None:
        self.problem = problem

    @cached_property
    def book(self) -> Book:
        """Its numbers as arrays."""
        return open_book(self.problem)

    @cached_property
    def box(self) -> Box:
        """Bounds of every variable."""
        return box_of(self.book)

    @cached_property
    def prepared(self) -> Prepared:
        """The program, laid out for engines."""
        return prepare(Inputs(self.problem, self.book.alpha, *self.box.given()))

    @property
    def ignores_cost(self) -> bool:
        """Whether the goal leaves open which of its equal optima is cheapest."""
        return isinstance(self.problem.objective.goal, MaximizeAlpha | MinimizeActiveRisk | MinimizeRisk)

    def prepared_for_return(self, held_at: float) -> Prepared:
        """The program that maximises net return with the goal's minimised function held there."""
        return prepare(Inputs(self.problem, self.book.alpha, *self.box.given(), held_at=held_at))

    @cached_property
    def case(self) -> Case:
        """What claims are judged by."""
        return open_case(self.book, self.box)

    @cached_property
    def sha256(self) -> str:
        """The problem's identity."""
        return problem_sha256(self.problem)

    def think_ahead(self) -> None:
        """Works out what an answer will need: to be called while an engine runs elsewhere."""
        _ = self.case, self.sha256

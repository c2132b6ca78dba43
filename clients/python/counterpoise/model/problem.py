"""One object is the question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterpoise.model.mandate import Mandate
from counterpoise.model.market import MarketModel
from counterpoise.model.objective import Objective
from counterpoise.model.portfolio import TotalPortfolio
from counterpoise.model.scenario import ReturnSample, Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoise.model.calls import EstimateRiskModelResponse
    from counterpoise.model.violation import Violation


@dataclass(frozen=True, kw_only=True)
class AllocationProblem:
    """Everything that decides an answer.

    Constructors do not validate: what was read from bytes or files may hold None in required
    fields until `validate` returns no violation.
    """

    market: MarketModel
    portfolio: TotalPortfolio
    mandate: Mandate
    objective: Objective
    scenarios: tuple[Scenario, ...] = ()
    return_samples: tuple[ReturnSample, ...] = ()

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no files and no rules.
        @staticmethod
        def from_yaml(path: str | Path) -> AllocationProblem:
            """Reads a problem file (YAML or JSON); raises `InvalidProblem` with every violation."""

        def validate(self) -> tuple[Violation, ...]:
            """Every violation, in the order of the fields; empty when a server would take it."""

        def with_estimate(self, estimate: EstimateRiskModelResponse) -> AllocationProblem:
            """The estimated market, and the alpha sleeves of the estimate as their histories tell them."""

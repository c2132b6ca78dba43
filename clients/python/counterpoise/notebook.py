"""What a quant expects to call on a problem and on an answer, given to the model's classes.

The methods live here, above files, frames and rules, because the model knows none of them; what
they need is loaded when they are called. Importing `counterpoise` is enough to have them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    AlphaCaptureQuestion,
    AlphaQuestion,
    EstimateRiskModelResponse,
    HistoryQuestion,
    MeasureAlphaCaptureResponse,
    MeasureLiquidityResponse,
    RebalanceProposal,
    RiskModelQuestion,
    StressPortfolioResponse,
    VerifyAlphaResponse,
    Violation,
    with_estimate,
)

_QUESTIONS: tuple[type[Any], ...] = (AlphaQuestion, AlphaCaptureQuestion, RiskModelQuestion)
_OF_SCENARIOS = ("stresses_frame", "payments_frame", "notices_frame", "pool_margins_frame")
_OF_ALLOCATIONS = (
    "positions_frame",
    "trades_frame",
    "exposures_frame",
    "return_frame",
    "sleeves_frame",
    "leverage_frame",
    "reserve_frame",
    "counterparties_frame",
    "risk_frame",
    "risk_budget_frame",
    "volatilities_frame",
    "limits_frame",
    "soft_stages_frame",
    "coverage_frame",
    *_OF_SCENARIOS,
)
_FRAMES: dict[type[Any], tuple[str, ...]] = {
    Allocation: _OF_ALLOCATIONS,
    StressPortfolioResponse: (
        "leverage_frame",
        "risk_frame",
        "volatilities_frame",
        "limits_frame",
        *_OF_SCENARIOS,
    ),
    MeasureLiquidityResponse: ("reserve_frame", "coverage_frame", *_OF_SCENARIOS),
    VerifyAlphaResponse: ("evidence_frame", "loadings_frame", "rolling_frame"),
    MeasureAlphaCaptureResponse: ("captures_frame", "active_return_frame", "fees_frame", "structure_frame"),
    EstimateRiskModelResponse: (
        "covariance_frame",
        "regimes_frame",
        "correlations_frame",
        "eigenvalues_frame",
        "lines_frame",
        "line_loadings_frame",
    ),
}
_FRAMES_OF_PROPOSALS = {
    # Those of an allocation are of what was certified, and have other columns.
    "trades_frame": "proposal_trades_frame",
    "steps_frame": "steps_frame",
    "rolls_frame": "rolls_frame",
    "before_after_frame": "before_after_frame",
}


def give_methods() -> None:
    """Gives problems and questions to histories their methods, answers and proposals their frames."""
    methods: dict[str, Any] = {
        "from_yaml": staticmethod(_from_yaml),
        "validate": _validate,
        "with_estimate": with_estimate,
    }
    for name, method in methods.items():
        setattr(AllocationProblem, name, method)
    for kind in _QUESTIONS:
        kind.from_yaml = staticmethod(_reader(kind))
        kind.validate = _validate_question
    for answer, names in _FRAMES.items():
        for name in names:
            setattr(answer, name, _frame(name))
    for name, function in _FRAMES_OF_PROPOSALS.items():
        setattr(RebalanceProposal, name, _frame(function))


def _from_yaml(path: str | Path) -> AllocationProblem:
    """Reads a problem file (YAML or JSON); raises `InvalidProblem` with every violation."""
    from counterpoise import files

    return files.read_problem(Path(path))


def _validate(problem: AllocationProblem) -> tuple[Violation, ...]:
    """Every violation, in the order of the fields; empty when a server would take it."""
    from counterpoise import validate

    return validate.problem_violations(problem)


def _reader(kind: type[Any]) -> Callable[[str | Path], Any]:
    def from_yaml(path: str | Path) -> Any:
        from counterpoise import files

        return files.read_question(Path(path), kind)

    from_yaml.__doc__ = "Reads a question file (YAML or JSON); raises `InvalidProblem` with every violation."
    return from_yaml


def _validate_question(question: HistoryQuestion) -> tuple[Violation, ...]:
    """Every violation, in the order of the fields; empty when a server would take it."""
    from counterpoise import validate

    return validate.question_violations(question)


def _frame(name: str) -> Callable[[Any], Any]:
    def frame(answer: Any) -> Any:
        return getattr(import_module("counterpoise.frames"), name)(answer)

    frame.__name__ = name
    frame.__doc__ = f"See `counterpoise.frames.{name}`."
    return frame

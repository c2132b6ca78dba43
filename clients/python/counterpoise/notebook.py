"""What a quant expects to call on a problem and on an answer, given to the model's classes.

The methods live here, above files, frames and rules, because the model knows none of them; what
they need is loaded when they are called. Importing `counterpoise` is enough to have them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from counterpoise.model import Allocation, AllocationProblem, Violation

_FRAMES = (
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
    "limits_frame",
    "soft_stages_frame",
)


def give_methods() -> None:
    """Gives `AllocationProblem` and `Allocation` the methods that their definitions announce."""
    methods: dict[str, Any] = {"from_yaml": staticmethod(_from_yaml), "validate": _validate}
    for name, method in methods.items():
        setattr(AllocationProblem, name, method)
    for name in _FRAMES:
        setattr(Allocation, name, _frame(name))


def _from_yaml(path: str | Path) -> AllocationProblem:
    """Reads a problem file (YAML or JSON); raises `InvalidProblem` with every violation."""
    from counterpoise import files

    return files.read_problem(Path(path))


def _validate(problem: AllocationProblem) -> tuple[Violation, ...]:
    """Every violation, in the order of the fields; empty when a server would take it."""
    from counterpoise import validate

    return validate.problem_violations(problem)


def _frame(name: str) -> Callable[[Allocation], Any]:
    def frame(allocation: Allocation) -> Any:
        return getattr(import_module("counterpoise.frames"), name)(allocation)

    frame.__name__ = name
    frame.__doc__ = f"See `counterpoise.frames.{name}`."
    return frame

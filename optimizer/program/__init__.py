"""The convex program: read, lay out, one attempt with one engine, read back.

`prepare` lays a problem out as numbers, `run_attempt` solves them (in a worker process: it alone
loads cvxpy and engines), and `Prepared.outcome` reads positions and multipliers back by limit.
"""

from optimizer.program.attempt import Attempt, Engine, RawAnswer
from optimizer.program.lines import Budget, HeldPriority, Inputs, SoftStage
from optimizer.program.prepared import Outcome, Prepared, prepare
from optimizer.program.run import run_attempt

__all__ = [
    "Attempt",
    "Budget",
    "Engine",
    "HeldPriority",
    "Inputs",
    "Outcome",
    "Prepared",
    "RawAnswer",
    "SoftStage",
    "prepare",
    "run_attempt",
]

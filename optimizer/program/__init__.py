"""The convex program: compile by structure, one attempt with one engine, positions and multipliers.

Importing this package loads neither cvxpy nor a solver; `run_attempt` does, in the process that
runs it.
"""

from optimizer.program.attempt import Attempt, Engine, Outcome, run_attempt

__all__ = ["Attempt", "Engine", "Outcome", "run_attempt"]

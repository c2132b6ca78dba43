"""Walk-forward: what a mandate would have done, decided date by date on what was known then.

    from counterpoise import Client, backtest

    plan = backtest.WalkForwardPlan(problem=problem, estimation=estimation, window_period_count=60)
    with Client("localhost:50051") as client:
        tested = backtest.walk_forward(plan, client, journal="run.jsonl")
        free = backtest.walk_forward(backtest.without_limits(plan), client)
    tested.path_frame(), tested.calls_frame(), backtest.compare({"limits": tested, "none": free})

At every decision the service estimates a risk model and alphas from the window that ends there and allocates;
positions then drift, earn, pay and are called upon until the next one. Nothing here decides and nothing here
estimates: what is not the service's is bookkeeping.
"""

from counterpoise.backtest.checking import plan_violations
from counterpoise.backtest.compare import compare
from counterpoise.backtest.journal import JournalMismatch
from counterpoise.backtest.plan import (
    Gate,
    MarginPeriod,
    RedemptionTerms,
    WalkForwardPlan,
    without_limits,
)
from counterpoise.backtest.records import Call, Decision, Outcome, Period
from counterpoise.backtest.result import WalkForward
from counterpoise.backtest.run import Service, walk_forward

__all__ = [
    "Call",
    "Decision",
    "Gate",
    "JournalMismatch",
    "MarginPeriod",
    "Outcome",
    "Period",
    "RedemptionTerms",
    "Service",
    "WalkForward",
    "WalkForwardPlan",
    "compare",
    "plan_violations",
    "walk_forward",
    "without_limits",
]

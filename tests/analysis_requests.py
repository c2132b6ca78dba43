"""A valid request for every call of AnalysisService, small ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from counterpoise import model
from counterpoise.model import AllocationProblem, DriverShock, MissingShockRule, Scenario
from tests import sample_capture, sample_estimation
from tests.golden_problems import sixty_forty_with_overlay
from tests.unit.optimizer.evidence.questions import ask

HELD = {"equity_fund": 0.6, "equity_future": 0.3, "treasuries": 0.4}


def held_problem() -> AllocationProblem:
    """60/40 with an overlay, as it is held, and equities that fall."""
    problem = sixty_forty_with_overlay()
    lines = (replace(line, current_fraction=HELD[line.line_id]) for line in problem.portfolio.lines)
    shock = DriverShock(driver_id=problem.market.drivers[0].driver_id, shock=-0.2)
    crash = Scenario(
        scenario_id="crash", driver_shocks=(shock,), missing_shock_rule=MissingShockRule.UNCHANGED
    )
    portfolio = replace(problem.portfolio, lines=tuple(lines))
    return replace(problem, portfolio=portfolio, scenarios=(crash,))


def requests():
    """One for every call."""
    generator = np.random.default_rng(4)
    index = generator.normal(0.005, 0.04, 60)
    returns = 0.5 * index + generator.normal(0.002, 0.01, 60)
    return (
        model.StressPortfolioRequest(problem=held_problem(), request_id="mine"),
        model.MeasureLiquidityRequest(problem=held_problem(), request_id="mine"),
        model.VerifyAlphaRequest(question=ask({"fund": returns}, {"market": index}), request_id="mine"),
        model.MeasureAlphaCaptureRequest(question=sample_capture.question(), request_id="mine"),
        model.EstimateRiskModelRequest(question=sample_estimation.question(), request_id="mine"),
    )

"""What scenarios and horizons add to the total portfolio of the examples, through gRPC.

The same file with its scenarios and everything that speaks of them taken out is the base. Warm: the same
worker, and every round asks with another risk-free rate.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from counterpoise import AllocationProblem, Client
from tests.benchmarks.record import publish
from tests.benchmarks.timing import interleaved_medians
from tests.serving import serving

FILE = Path(__file__).resolve().parents[2] / "clients" / "python" / "examples" / "total_portfolio.yaml"
ROUNDS = 25


def without_stress(problem):
    """No scenarios, no limits that name them, no stressed correlation, no cash flows."""
    limits = tuple(
        limit
        for limit in problem.mandate.limits
        if limit.scenario_loss is None
        and limit.liquidity_coverage is None
        and limit.illiquid_share is None
        and limit.conditional_value_at_risk is None
        and (limit.leverage is None or limit.leverage.scenarios is None)
        and (limit.risk is None or limit.risk.regime is None)
    )
    model = replace(problem.market.risk_model, stressed_correlation=None)
    return replace(
        problem,
        market=replace(problem.market, risk_model=model),
        portfolio=replace(problem.portfolio, cash_flows=()),
        mandate=replace(problem.mandate, limits=limits),
        scenarios=(),
        return_samples=(),
    )


def variant(problem, number):
    """The same question a hair apart."""
    rate = problem.market.annual_risk_free_rate + 1e-6 * number
    return replace(problem, market=replace(problem.market, annual_risk_free_rate=rate))


@pytest.mark.timeout(600)
def bench_stress_of_the_total_portfolio(tmp_path):
    stressed = AllocationProblem.from_yaml(FILE)
    plain = without_stress(stressed)
    with serving(tmp_path / "log") as started, Client(started.address) as client:
        took = interleaved_medians(
            {
                "plain": lambda number: client.allocate(variant(plain, number)),
                "stressed": lambda number: client.allocate(variant(stressed, number)),
                "stress only": lambda number: client.stress(variant(stressed, number)),
                "liquidity only": lambda number: client.measure_liquidity(variant(stressed, number)),
            },
            rounds=ROUNDS,
        )
    horizons = {
        days
        for limit in stressed.mandate.limits
        if limit.liquidity_coverage is not None
        for days in limit.liquidity_coverage.horizon_trading_days
    }
    row = {"scenarios": len(stressed.scenarios), "horizons": len(horizons)}
    row |= {f"{name} ms": value for name, value in took.items()}
    publish("stress of the total portfolio", [row | {"stressed / plain": took["stressed"] / took["plain"]}])

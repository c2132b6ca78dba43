"""The shipped examples through the command and the server that it starts, against their answers by hand."""

import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import json_format

from counterpoise import AllocationProblem, wire
from counterpoise.command.local_server import local_server
from counterpoise.model import (
    Allocation,
    CorrelationRegime,
    LeverageDefinition,
    LineKind,
    RiskStatistic,
    WarningCode,
)
from counterpoise.v1 import allocation_pb2

EXAMPLES = Path(__file__).parents[2] / "clients" / "python" / "examples"


def allocate(name, *options):
    command = [Path(sys.executable).with_name("counterpoise"), "allocate", EXAMPLES / name, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def answer(name) -> Allocation:
    return wire.to_model(json_format.Parse(allocate(name, "--json"), allocation_pb2.Allocation()))


def gross(allocation):
    """In the base state."""
    base = (figure for figure in allocation.leverage_figures if not figure.scenario_id)
    return {figure.definition: figure.value for figure in base}[LeverageDefinition.GROSS_NOTIONAL]


def test_the_pension_plan_gains_22_and_a_half_basis_points():
    allocation = answer("pension.yaml")
    held = {position.line_id: position.fraction for position in allocation.positions}
    report = allocation.expected_return
    assert held == pytest.approx(
        {
            "other-assets": 0.70,
            "bond-fund": 0.0,
            "bond-futures": 0.30,
            "market-neutral": 0.27,
            "cash": 0.03,
        },
        abs=1e-6,
    )
    assert gross(allocation) == pytest.approx(1.27, abs=1e-6)
    uplift = report.annual_net_return - report.annual_reference_return
    assert 1e4 * uplift == pytest.approx(22.5, abs=1e-3)
    assert 4.5 + 100 * uplift / 0.30 == pytest.approx(5.25, abs=1e-4)


def test_the_retail_account_earns_what_an_unlevered_portfolio_earns():
    allocation = answer("retail.yaml")
    assert allocation.expected_return.annual_net_return == pytest.approx(0.058, abs=1e-7)
    assert allocation.expected_return.annual_reference_return == pytest.approx(0.058, abs=1e-12)
    assert gross(allocation) == pytest.approx(1.3, abs=1e-6)


@pytest.fixture(scope="module")
def plan() -> AllocationProblem:
    return AllocationProblem.from_yaml(EXAMPLES / "total_portfolio.yaml")


@pytest.fixture(scope="module")
def allocated() -> Allocation:
    return answer("total_portfolio.yaml")


def test_the_total_portfolio_has_the_size_it_promises(plan):
    kinds = Counter(line.kind for line in plan.portfolio.lines)
    assert len(plan.market.drivers) == 9
    assert kinds[LineKind.OVERLAY] == 4
    assert kinds[LineKind.ALPHA_SLEEVE] >= 8
    assert kinds[LineKind.RESERVE_TIER] == 3
    assert all(line.current_fraction is not None for line in plan.portfolio.lines)


def test_the_total_portfolio_is_proven_and_within_its_policy(plan, allocated):
    """Beta and policy ranges from positions and the file, the others as the answer reports them."""
    held = {position.line_id: position.fraction for position in allocated.positions}
    ids = plan.market.driver_ids
    reference = by_driver(plan.mandate.reference_exposures, ids)
    exposure = sum(held[line.line_id] * by_driver(line.loadings, ids) for line in plan.portfolio.lines)
    covariance = plan.market.risk_model.covariance(ids)
    beta = reference @ covariance @ exposure / (reference @ covariance @ reference)
    normal = (figure for figure in allocated.risk.figures if figure.regime is CorrelationRegime.NORMAL)
    active = {figure.statistic: figure.annual_volatility for figure in normal}[
        RiskStatistic.ACTIVE_VOLATILITY
    ]
    report = allocated.expected_return
    assert allocated.certificate.optimality.relative_gap <= 1e-5
    assert 1e4 * (report.annual_net_return - report.annual_reference_return) == pytest.approx(37.38, abs=0.01)
    assert sum(position.capital_fraction for position in allocated.positions) == pytest.approx(1.0, abs=1e-7)
    assert gross(allocated) <= 1.3 + 1e-6
    assert active <= 0.04 + 1e-6
    assert 0.95 - 1e-6 <= beta <= 1.05 + 1e-6
    assert 0.68 - 1e-6 <= exposure[:3].sum() <= 0.82 + 1e-6  # equity, with look-through
    assert 0.15 - 1e-6 <= exposure[3:6].sum() <= 0.40 + 1e-6  # Treasuries


def test_the_total_portfolio_says_what_is_wrong_with_its_inputs(allocated):
    """Old evidence, fees above alpha, beta sold as alpha, and a wish that cannot be granted."""
    held = {position.line_id: position.fraction for position in allocated.positions}
    verdicts = {verdict.line_id: verdict for verdict in allocated.sleeve_verdicts}
    missed = {report.key.limit_id: report.violation for report in allocated.limits if report.priority}
    codes = {warning.code for warning in allocated.warnings}
    assert verdicts["relative-value"].annual_alpha == 0.0
    assert verdicts["convertible-arbitrage"].annual_alpha < 0.0
    assert held["convertible-arbitrage"] == pytest.approx(0.0075, abs=1e-6)  # 0.01, a quarter redeemed
    assert missed == pytest.approx({"liquid-core": 0.0, "private-target": 0.03}, abs=1e-6)
    assert codes >= {
        WarningCode.INPUT_STALE,
        WarningCode.ALPHA_BELOW_FEES,
        WarningCode.SLEEVE_RECLASSIFIED,
        WarningCode.SOFT_LIMIT_MISSED,
        WarningCode.CURRENT_BREACH,
        WarningCode.SHOCK_REGRESSED,
    }


def test_what_the_total_portfolio_calls_computed_is(plan):
    """Errors of alphas and premia follow from volatilities and the length of the sample."""
    sleeves = [line for line in plan.portfolio.lines if line.alpha_sleeve is not None]
    months = {line.alpha_sleeve.evidence.observation_count for line in sleeves}
    assert months == {268}
    years = 268 / 12
    for line in sleeves:
        error = line.annual_residual_volatility / math.sqrt(years)
        assert line.alpha_sleeve.annual_alpha_error == pytest.approx(error, abs=6e-5), line.line_id
    ids = plan.market.driver_ids
    volatility = np.sqrt(plan.market.risk_model.covariance(ids).diagonal())
    errors = by_driver(plan.objective.premium_uncertainty.annual_errors, ids)
    assert errors == pytest.approx(volatility / math.sqrt(years), abs=6e-5)
    five_year = next(line for line in plan.portfolio.lines if line.line_id == "five-year-future")
    assert five_year.overlay.leverage_weight == pytest.approx(volatility[4] / volatility[5], abs=0.005)


@pytest.mark.parametrize("name", ["total_portfolio.yaml", "from_histories_to_allocation.yaml"])
def test_every_number_says_where_it_comes_from(name):
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert numbers_without_comment(text) == []


def test_a_number_without_a_comment_is_found():
    text = "a:\n  # why\n  - {b: 1}\n  - c: 2\n    d: 3 # why\n  - e: # why\n      - 4\n"
    assert numbers_without_comment(text) == ["4:   - c: 2"]


def numbers_without_comment(text):
    """Lines of a YAML file with a number that no comment reaches.

    A comment reaches its own line, the line below it, and whatever is inside of these.
    """
    missing: list[str] = []
    around: list[tuple[int, bool]] = []
    above = False
    for index, line in enumerate(text.splitlines(), start=1):
        content, _, comment = line.partition("#")
        if not content.strip():
            above = bool(comment.strip())
            continue
        indent = len(content) - len(content.lstrip())
        around = [(outer, reached) for outer, reached in around if outer < indent]
        reached = above or bool(comment) or any(reached for _, reached in around)
        around.append((indent, reached))
        above = False
        if (
            not reached
            and "display_name:" not in content
            and re.search(r"(?<![\w.-])-?\d[\d.e]*(?![\w-])", content)
        ):
            missing.append(f"{index}: {content.rstrip()}")
    return missing


def by_driver(values, driver_ids):
    numbers = {item.driver_id: item.value for item in values}
    return np.array([numbers.get(driver_id, 0.0) for driver_id in driver_ids])


@pytest.mark.parametrize("name", ["pension.yaml", "retail.yaml", "total_portfolio.yaml"])
def test_the_report_is_for_people(name):
    output = allocate(name)
    assert "Certified optimum" in output
    assert max(map(len, output.splitlines())) <= 100


def test_the_quick_start_runs():
    with local_server() as address:
        command = [sys.executable, EXAMPLES / "allocate_pension.py", address]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert output.endswith("22.5 bp a year over the reference portfolio\n")

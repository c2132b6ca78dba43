"""The shipped examples through the command and the server that it starts, against their answers by hand."""

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import json_format

from counterpoise import wire
from counterpoise.command.local_server import local_server
from counterpoise.model import Allocation, LeverageDefinition
from counterpoise.v1 import allocation_pb2

EXAMPLES = Path(__file__).parents[2] / "clients" / "python" / "examples"


def allocate(name, *options):
    command = [Path(sys.executable).with_name("counterpoise"), "allocate", EXAMPLES / name, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def answer(name) -> Allocation:
    return wire.to_model(json_format.Parse(allocate(name, "--json"), allocation_pb2.Allocation()))


def gross(allocation):
    return {figure.definition: figure.value for figure in allocation.leverage_figures}[
        LeverageDefinition.GROSS_NOTIONAL
    ]


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


@pytest.mark.parametrize("name", ["pension.yaml", "retail.yaml"])
def test_the_report_is_for_people(name):
    output = allocate(name)
    assert "Certified optimum" in output
    assert max(map(len, output.splitlines())) <= 100


def test_the_quick_start_runs():
    with local_server() as address:
        command = [sys.executable, EXAMPLES / "allocate_pension.py", address]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert output.endswith("22.5 bp a year over the reference portfolio\n")

"""`counterpoise stress` and `counterpoise liquidity`: pages of today's holdings, and JSON for programs."""

import dataclasses
import json

import pytest
from google.protobuf import json_format
from typer.testing import CliRunner

from counterpoise import files, wire
from counterpoise.command import analyses, layout
from counterpoise.command.commands import app
from counterpoise.errors import CallStatus, StatusCode
from counterpoise.model import (
    ErrorReason,
    LimitReport,
    MeasureLiquidityRequest,
    Provenance,
    StressPortfolioRequest,
    StressPortfolioResponse,
    Violation,
)
from counterpoise.testing import Refusal, ScriptedServer
from counterpoise.v1 import analysis_service_pb2
from tests import sample_stress

PROBLEM = sample_stress.problem()
STRESS, LIQUIDITY = sample_stress.stress_response(), sample_stress.liquidity_response()
COMMANDS = {"stress": ("StressPortfolio", STRESS), "liquidity": ("MeasureLiquidity", LIQUIDITY)}


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        for rpc, response in COMMANDS.values():
            scripted.script(rpc, response)
        yield scripted


@pytest.fixture
def measured(server, tmp_path):
    path = tmp_path / "problem.json"
    path.write_text(files.problem_json(PROBLEM))

    def run(command, *options):
        return CliRunner().invoke(app, [command, str(path), "--target", server.target, *options])

    return run


def titles(output):
    return [line for line in output.splitlines() if line.isupper() and not line.startswith(" ")]


def test_a_stress_says_what_scenarios_do_to_todays_holdings(measured, server):
    result = measured("stress")
    assert result.exit_code == 0, result.output
    assert server.requests == (StressPortfolioRequest(problem=PROBLEM),)
    assert titles(result.output) == [
        "STRESS",
        "WARNINGS",
        "LIMITS THAT TODAY'S HOLDINGS BREAK",
        "WHAT EACH SCENARIO DOES",
        "LEVERAGE AFTER EACH SCENARIO",
        "WORST CASH CALL, AND WHAT PAYS IT",
        "WHEN THE RESERVE IS GONE",
        "REDEMPTION NOTICES",
        "RISK",
        "LIMITS WITH ROOM",
    ]
    assert max(map(len, result.output.splitlines())) <= 100


def test_liquidity_says_what_money_there_is_by_when(measured, server):
    result = measured("liquidity")
    assert result.exit_code == 0, result.output
    assert server.requests == (MeasureLiquidityRequest(problem=PROBLEM),)
    assert titles(result.output) == [
        "LIQUIDITY",
        "WARNINGS",
        "MARGIN AND RESERVE",
        "WORST CASH CALL, AND WHAT PAYS IT",
        "MONEY AGAINST NEED, BY TRADING DAYS",
        "WHEN THE RESERVE IS GONE",
        "REDEMPTION NOTICES",
    ]
    assert max(map(len, result.output.splitlines())) <= 100
    # Of the overlays that are held today, 5 % of NAV.
    assert "covers a loss of 53.0 % on the overlays" in " ".join(result.output.split())


def test_broken_limits_are_told_and_are_no_error(measured):
    result = measured("stress")
    assert result.exit_code == 0
    page = " ".join(result.output.split())
    assert "nothing was optimized, and nothing is certified. They break 2 of the mandate's 14 limits." in page
    assert "soft, 1 money at least 1.2 times the need -0.92 % 0.92 %" in page
    assert "soft, 1 at most 2.00 % 2.60 % 0.60 %" in page
    assert "loosened" not in page


def page_of(response, capsys):
    layout.show(analyses.stress_page(response, PROBLEM))
    return " ".join(capsys.readouterr().out.split())


def test_hard_limits_come_before_soft_ones(capsys):
    def broken(limit: LimitReport) -> LimitReport:
        return dataclasses.replace(limit, value=1.4, upper_slack=-0.1, violation=0.1)

    limits = tuple(broken(item) if item.key.limit_id == "gross-cap" else item for item in STRESS.limits)
    page = page_of(dataclasses.replace(STRESS, limits=limits), capsys)
    assert "missed by Gross leverage cap hard at most 1.300x 1.400x 0.100x" in page
    assert "They break 3 of" in page


def test_kept_limits_and_none_at_all_are_told_apart(capsys):
    kept = tuple(dataclasses.replace(item, violation=0.0) for item in STRESS.limits)
    assert "They keep every limit of the mandate: 14." in page_of(
        dataclasses.replace(STRESS, limits=kept), capsys
    )
    assert "The mandate has no limits." in page_of(dataclasses.replace(STRESS, limits=()), capsys)


def test_without_coverage_figures_the_page_says_where_money_is_short_first(capsys):
    page = page_of(STRESS, capsys)
    assert "Money is short first under Equity crash, from the horizon of 1 day on." in page


def test_an_answer_that_says_nothing_is_a_page_without_tables(capsys):
    empty = StressPortfolioResponse(provenance=Provenance(server_version="9.9", problem_sha256="ab"))
    page = page_of(empty, capsys)
    assert page.endswith("Server 9.9. Problem ab")
    assert "SCENARIO" not in page


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("stress", analysis_service_pb2.StressPortfolioResponse),
        ("liquidity", analysis_service_pb2.MeasureLiquidityResponse),
    ],
)
def test_programs_read_a_measurement_as_protojson(measured, command, message):
    result = measured(command, "--json")
    assert result.exit_code == 0
    assert wire.to_model(json_format.Parse(result.output, message())) == COMMANDS[command][1]
    assert json.loads(result.output)["request_id"] == ""  # empty fields are printed


@pytest.mark.parametrize(
    ("written", "days"), [("1,5,20", (1, 5, 20)), ("63", (63,)), (" 20, 5 ", (20, 5)), ("2520", (2520,))]
)
def test_horizons_are_asked_for_as_they_are_written(measured, server, written, days):
    assert measured("liquidity", "--horizons", written).exit_code == 0
    assert server.requests[0].horizon_trading_days == days


@pytest.mark.parametrize("written", ["", "0", "1,,5", "five", "1;5", "2521", "1,5,1", "-1", "1.5", "٣"])
def test_horizons_that_are_none_are_wrong_usage(measured, server, written):
    result = measured("liquidity", "--horizons", written)
    assert result.exit_code == 2
    assert server.requests == ()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_portfolio_without_holdings_is_refused_with_paths(measured, server, command):
    violation = Violation(
        field="portfolio.lines[0].current_fraction", reason=ErrorReason.FIELD_MISSING, message="write it"
    )
    status = CallStatus(code=StatusCode.INVALID_ARGUMENT, reason="REQUEST_INVALID")
    server.script(COMMANDS[command][0], Refusal(status=status, violations=(violation,)))
    result = measured(command)
    assert result.exit_code == 1
    assert "portfolio.lines[0].current_fraction" in result.stderr
    assert json.loads(measured(command, "--json").stdout)["violation_count"] == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_call_that_fails_is_an_error_in_one_line(measured, server, command):
    server.script(
        COMMANDS[command][0], Refusal(status=CallStatus(code=StatusCode.UNIMPLEMENTED, details="old"))
    )
    result = measured(command)
    assert result.exit_code == 1
    assert result.stderr == "counterpoise: UNIMPLEMENTED: old\n"

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
    EntityRef,
    ErrorReason,
    LimitKey,
    LimitReport,
    MeasureLiquidityRequest,
    Provenance,
    StressPortfolioRequest,
    StressPortfolioResponse,
    Unit,
    Violation,
    Warning,
    WarningCode,
)
from counterpoise.model.scenario import DEFAULT_HORIZONS_TRADING_DAYS
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
    # The second line of a cell comes after the rest of the row.
    assert "soft, 1 money less 1.2 x need: at least -0.92 % 0.92 % within 1 day 0.00 %" in page
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


def test_of_many_members_of_a_broken_limit_the_worst_are_told(capsys):
    def broken(number: int) -> LimitReport:
        key = LimitKey(limit_id="coverage", scenario_id="crash", horizon_trading_days=number)
        short = number / 100
        return LimitReport(key=key, value=-short, unit=Unit.NAV_FRACTION, lower=0.0, violation=short)

    limits = tuple(broken(number) for number in range(1, 12))
    breach = Warning(
        code=WarningCode.CURRENT_BREACH, message="raw", subjects=(EntityRef(limit_id="coverage"),)
    )
    page = page_of(dataclasses.replace(STRESS, limits=limits, warnings=(breach,)), capsys)
    assert (
        "they break Liquidity coverage: Equity crash, within 11 days, short by 11.00 % of NAV; Equity crash, "
        "within 10 days, short by 10.00 % of NAV; Equity crash, within 9 days, short by 9.00 % of NAV and 8 "
        "more" in page
    )
    table = page[page.index("LIMITS THAT TODAY'S") :]
    assert table.count("Liquidity coverage:") == 3
    assert "and 8 more" in table


def with_warnings(response, *given):
    return dataclasses.replace(response, warnings=tuple(given))


def liquidity_of(response, capsys, problem=PROBLEM):
    layout.show(analyses.liquidity_page(response, problem))
    return " ".join(capsys.readouterr().out.split())


CAPITAL = Warning(
    code=WarningCode.CURRENT_BREACH, message="current holdings use 110.00 % of the capital, not 100 %"
)
RUIN = Warning(code=WarningCode.RUIN, message="all is lost")


def test_holdings_that_are_not_all_of_capital_are_told_first(capsys):
    lines = tuple(
        dataclasses.replace(line, current_fraction=0.55 if line.line_id == "equity-fund" else 0.0)
        for line in PROBLEM.portfolio.lines
    )
    portfolio = dataclasses.replace(PROBLEM.portfolio, lines=lines)
    problem = dataclasses.replace(PROBLEM, portfolio=portfolio)
    page = liquidity_of(with_warnings(LIQUIDITY, RUIN, CAPITAL), capsys, problem)
    assert "nothing is certified. These figures are of 55.0 % of capital." in page
    first = "WARNINGS - Today's holdings: current holdings use 110.00 % of the capital, not 100 % - Ruin:"
    assert first in page
    assert "These figures are of" not in liquidity_of(LIQUIDITY, capsys)


def test_what_concerns_expected_returns_alone_is_counted(capsys):
    of_returns = (
        Warning(code=WarningCode.ALPHA_BELOW_FEES, message="m", subjects=(EntityRef(line_id="macro"),)),
        Warning(
            code=WarningCode.INPUT_STALE,
            message="the evidence behind the alpha of macro ends 400 days before 2025-11-28",
            subjects=(EntityRef(line_id="macro"),),
        ),
    )
    page = liquidity_of(with_warnings(LIQUIDITY, RUIN, *of_returns), capsys)
    assert "- Ruin: all is lost - 2 more warnings concern expected returns. MARGIN" in page
    assert "WARNINGS - 1 warning concerns expected returns." in liquidity_of(
        with_warnings(LIQUIDITY, of_returns[0]), capsys
    )


def test_lines_that_state_no_liquidity_are_never_money(capsys):
    assert "state no liquidity" not in liquidity_of(LIQUIDITY, capsys)
    lines = tuple(
        dataclasses.replace(line, liquidity=()) if line.line_id in ("macro", "equity-fund") else line
        for line in PROBLEM.portfolio.lines
    )
    problem = dataclasses.replace(PROBLEM, portfolio=dataclasses.replace(PROBLEM.portfolio, lines=lines))
    held = {line.line_id: line.current_fraction for line in lines}
    equity, macro = 100 * held["equity-fund"], 100 * held["macro"]
    assert (
        f"Of NAV, World equity fund {equity:.2f} %, Macro fund {macro:.2f} % ({equity + macro:.2f} % "
        "together) state no liquidity and count as never money." in liquidity_of(LIQUIDITY, capsys, problem)
    )


def test_the_default_of_horizons_is_told(measured):
    told = " ".join(CliRunner().invoke(app, ["liquidity", "--help"], env={"COLUMNS": "200"}).output.split())
    days = ",".join(map(str, DEFAULT_HORIZONS_TRADING_DAYS))
    assert f"where it has none, {days}." in told


def test_scenarios_that_are_short_first_are_all_named(capsys):
    stresses = tuple(
        dataclasses.replace(item, first_shortfall_trading_days=5)
        if item.scenario_id != "rally"
        else dataclasses.replace(item, first_shortfall_trading_days=20)
        for item in STRESS.stresses
    )
    page = page_of(dataclasses.replace(STRESS, stresses=stresses), capsys)
    assert (
        "Money is short first under Equity crash and Rates up 200 bp, from the horizon of 5 days on." in page
    )


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

"""`counterpoise estimate`: a table or a question in, a risk model for people, for programs and for files."""

import dataclasses
import datetime

import numpy as np
import pandas as pd
import pytest
from google.protobuf import json_format
from typer.testing import CliRunner

from counterpoise import files, wire
from counterpoise.command import estimate_page, layout
from counterpoise.command.commands import app
from counterpoise.files.friendly import to_yaml, tree_of
from counterpoise.model import (
    Driver,
    DriverValue,
    EstimateRiskModelRequest,
    ExpectedReturn,
    ExponentialCovariance,
    FactorCovariance,
    MissingReturns,
    RegimeKind,
    SampleCovariance,
    SmoothingTreatment,
    StressPeriods,
    StressRegime,
    StressWindow,
    TurbulentPeriods,
    UniformStress,
    VolatilityFloor,
)
from counterpoise.testing import ScriptedServer
from counterpoise.v1 import analysis_service_pb2
from counterpoise.wording.estimation import REGIMES
from tests import sample_estimation
from tests.unit.counterpoise import history_answers

QUESTION, RESPONSE = sample_estimation.question(), history_answers.estimate_response()
PREMIA = {"equity": 0.04, "bonds": 0.02, "commodities": 0.02}
ON_A_TABLE = dataclasses.replace(
    QUESTION,
    drivers=tuple(
        Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=premium))
        for name, premium in PREMIA.items()
    ),
    driver_groups=(),
)
"""What options can ask: premia over cash, no names, no groups."""
DECLARED = [
    *("--drivers", "equity,bonds,commodities", "--premia", "equity=0.04,bonds=0.02,commodities=0.02"),
    *("--risk-free", "0.025", "--method", "ledoit-wolf"),
    *("--frequency", "monthly", "--excess", "equity,commodities"),
]
COLUMNS = ["--sleeves", "trend,credit", "--cash", "cash"]
EVERYTHING = [
    *DECLARED,
    *COLUMNS,
    *("--missing", "common", "--turbulent-share", "0.25", "--smoothing", "where-tested"),
    *("--floor", "bonds=0.05:bonds", "--floor", "hedge-funds=0.06:trend,credit"),
    *("--factor-lags", "0", "--prior", "0,0.02"),
]


def sample_frame():
    columns = {
        column.column_id: np.where(column.known(), column.returns, np.nan)
        for column in QUESTION.history.columns
    }
    return pd.DataFrame(columns, index=pd.DatetimeIndex(QUESTION.history.dates))


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        scripted.script("EstimateRiskModel", RESPONSE)
        yield scripted


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "returns.csv"
    sample_frame().to_csv(path)
    return path


@pytest.fixture
def question_file(tmp_path):
    path = tmp_path / "question.yaml"
    path.write_text(files.to_json(QUESTION, print_empty=False))
    return path


@pytest.fixture
def run(server):
    def call(file, *options, **keywords):
        return CliRunner().invoke(
            app, ["estimate", str(file), "--target", server.target, *options], **keywords
        )

    return call


def asked(server):
    (request,) = server.requests
    return request.question


def told(result):
    return " ".join(result.output.replace("│", " ").split())


def titles(output):
    return [line for line in output.splitlines() if line.upper() == line and line[:1].isalpha()]


def without(options, name):
    place = options.index(name)
    return options[:place] + options[place + 2 :]


def page_of(response, capsys, question=QUESTION):
    layout.show(estimate_page.page(response, question))
    return capsys.readouterr().out


def section(page, title):
    """The words of each line of a section."""
    part = next(part for part in page.split("\n\n") if part.startswith(title))
    return [line.split() for line in part.splitlines()[1:]]


def with_report(**changes):
    return dataclasses.replace(RESPONSE, covariance=dataclasses.replace(RESPONSE.covariance, **changes))


# What is asked


def test_a_table_and_options_are_a_question(run, table, server):
    result = run(table, *EVERYTHING)
    assert result.exit_code == 0, result.output
    assert server.requests == (EstimateRiskModelRequest(question=ON_A_TABLE),)


def test_what_is_not_asked_for_stays_open(run, table, server):
    result = run(table, *DECLARED, "--cash", "cash")
    assert result.exit_code == 0, result.output
    question = asked(server)
    assert question.sleeve_ids == ()
    assert (question.stress_regime, question.volatility_floors, question.missing_returns) == (None, (), None)
    assert (question.smoothing, question.factor_lag_count, question.prior) == (None, None, None)
    assert [column.column_id for column in question.history.columns] == [*PREMIA, "cash"]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--method", "sample"], {"sample": SampleCovariance()}),
        (
            ["--method", "exponential", "--half-life", "36"],
            {"exponential": ExponentialCovariance(half_life_periods=36.0)},
        ),
        (["--method", "factor", "--factor-count", "1"], {"factor": FactorCovariance(factor_count=1)}),
    ],
)
def test_every_method_reaches_the_question(run, table, server, options, field):
    result = run(table, *without(DECLARED, "--method"), *COLUMNS, *options)
    assert result.exit_code == 0, result.output
    question = asked(server)
    methods = ("sample", "exponential", "ledoit_wolf", "factor")
    assert {name: getattr(question, name) for name in methods} == dict.fromkeys(methods) | field


@pytest.mark.parametrize(
    ("options", "regime"),
    [
        (["--turbulent-share", "0.3"], StressRegime(turbulent=TurbulentPeriods(share=0.3))),
        (
            ["--uniform-stress", "0.8", "--growth", "equity,commodities"],
            StressRegime(uniform=UniformStress(correlation=0.8, growth_driver_ids=("equity", "commodities"))),
        ),
        (["--uniform-stress", "0.7"], StressRegime(uniform=UniformStress(correlation=0.7))),
        (
            ["--stress-window", "a=2015-06-01:2016-02-29", "--stress-window", "b=2020-02-01:2021-12-31"],
            StressRegime(
                periods=StressPeriods(
                    windows=(
                        StressWindow(
                            window_id="a",
                            first_date=datetime.date(2015, 6, 1),
                            last_date=datetime.date(2016, 2, 29),
                        ),
                        StressWindow(
                            window_id="b",
                            first_date=datetime.date(2020, 2, 1),
                            last_date=datetime.date(2021, 12, 31),
                        ),
                    )
                )
            ),
        ),
    ],
)
def test_every_kind_of_bad_times_reaches_the_question(run, table, server, options, regime):
    result = run(table, *DECLARED, *COLUMNS, *options)
    assert result.exit_code == 0, result.output
    assert asked(server).stress_regime == regime


def test_settings_reach_the_question(run, table, server):
    options = ["--missing", "pairwise", "--smoothing", "none", "--factor-lags", "1"]
    floor = ["--floor", "hf=5e-2:trend"]
    result = run(table, *without(DECLARED, "--method"), "--method", "sample", *COLUMNS, *options, *floor)
    assert result.exit_code == 0, result.output
    question = asked(server)
    assert question.missing_returns is MissingReturns.PAIRWISE
    assert question.smoothing is SmoothingTreatment.NONE
    assert question.factor_lag_count == 1
    assert question.volatility_floors == (
        VolatilityFloor(volatility_floor_id="hf", column_ids=("trend",), annual_volatility=0.05),
    )


@pytest.mark.parametrize("text", [files.to_json(QUESTION, print_empty=False), to_yaml(tree_of(QUESTION))])
def test_a_question_file_says_it_all(run, tmp_path, server, text):
    path = tmp_path / "question.yaml"
    path.write_text(text)
    result = run(path)
    assert result.exit_code == 0, result.output
    assert asked(server) == QUESTION


def test_a_question_comes_from_standard_input(run, server):
    assert run("-", input=files.to_json(QUESTION, print_empty=False)).exit_code == 0
    assert asked(server) == QUESTION


# What is wrong


@pytest.mark.parametrize("left_out", DECLARED[::2])
def test_a_table_needs_to_be_declared(run, table, server, left_out):
    result = run(table, *without([*DECLARED, *COLUMNS], left_out))
    assert result.exit_code == 2
    assert f"a table of returns needs {left_out}, too" in told(result)
    assert server.requests == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--premia", "equity=0.04,bonds=0.02"], "--premia: nothing for commodities; write one for every"),
        (
            ["--premia", "equity=0.04,bonds=0.02,commodities=0,gold=0.01"],
            "--premia: gold is none of --drivers; leave it out.",
        ),
        (
            ["--premia", "equity=0.04,bnods=0.02,commodities=0"],
            "--premia: bnods is none of --drivers; perhaps bonds is meant.",
        ),
        (["--premia", "equity=4%,bonds=0.02"], "--premia: 'equity=4%' is no premium"),
        (["--premia", "equity"], "--premia: 'equity' is no premium"),
        (["--premia", "equity=0.04,equity=0.05"], "--premia: 'equity=0.05' is no premium, or one that came"),
        (["--drivers", "equity,"], "--drivers: 'equity,' has an empty name"),
        (["--sleeves", ",trend"], "--sleeves: ',trend' has an empty name"),
        (["--excess", "gold"], "--excess: gold is none of the columns that other options name"),
        (["--floor", "0.05:trend"], "--floor: '0.05:trend' is no floor; write a name"),
        (["--floor", "hf=low:trend"], "--floor: 'hf=low:trend' is no floor"),
        (["--floor", "hf=0.05:trend,,credit"], "--floor: 'trend,,credit' has an empty name"),
        (["--stress-window", "2020"], "--stress-window: '2020' is no window; write an id and two days"),
        (
            ["--method", "sample", "--half-life", "12"],
            "--half-life is for --method exponential; leave it out",
        ),
        (["--method", "exponential"], "--method exponential needs --half-life, too."),
        (["--method", "factor"], "--method factor needs --factor-count, too."),
        (["--factor-count", "1"], "--factor-count is for --method factor; leave it out."),
        (["--method", "shrunk"], "'shrunk' is not one of"),
        (["--growth", "equity"], "--growth is for --uniform-stress; leave it out."),
        (
            ["--turbulent-share", "0.2", "--uniform-stress", "0.8"],
            "--turbulent-share and --uniform-stress exclude each other; keep one.",
        ),
        (
            ["--stress-window", "a=2015-06-01:2016-02-29", "--turbulent-share", "0.2"],
            "--stress-window and --turbulent-share exclude each other; keep one.",
        ),
        (["--missing", "all"], "'all' is not one of"),
        (["--prior", "0.02"], "--prior: '0.02' is no prior"),
        (["--json", "--yaml"], "--json and --yaml exclude each other; keep one."),
    ],
)
def test_wrong_options_are_usage(run, table, server, options, said):
    result = run(table, *DECLARED, *COLUMNS, *options)
    assert result.exit_code == 2
    assert said in told(result)
    assert server.requests == ()


def test_a_question_file_takes_no_options_of_tables(run, question_file):
    result = run(question_file, "--premia", "a=1", "--floor", "a=1:b", "--stress-window", "x")
    assert result.exit_code == 2
    assert "--premia, --stress-window, --floor: these are for tables" in told(result)


def test_violations_are_told_before_any_server_is_asked(run, tmp_path, server):
    path = tmp_path / "percent.csv"
    (100 * sample_frame()).to_csv(path)
    result = run(path, *DECLARED, *COLUMNS)
    assert result.exit_code == 1
    assert "history.columns[0].returns" in result.output
    assert server.requests == ()


# The page


def test_the_page_says_how_firm_the_model_is_first(run, question_file):
    result = run(question_file)
    assert titles(result.output) == [
        "HOW FIRM IS THE RISK MODEL?",
        "WARNINGS",
        "DRIVERS, % A YEAR",
        "CORRELATIONS: CALM BELOW THE DIAGONAL, STRESSED ABOVE",
        "ARE THE SLEEVES ALPHA?",
        "SLEEVES AS LINES, % A YEAR",
        "LOADINGS",
        "CORRELATIONS OF RESIDUALS",
        "SMOOTHING",
    ]
    assert max(map(len, result.output.splitlines())) <= 100
    page = " ".join(result.output.split())
    assert "Seen in 120 months, 2014-01-31 to 2023-12-31; between these 3 lack a return." in page
    assert "correlations shrunk towards none by 23.4 % (Ledoit and Wolf)." in page
    assert "on average: 0.08 in 90 calm months, 0.07 in 30 stressed months." in page
    assert "differ from those of all periods by 0.09 at most." in page
    assert "Condition 2.0, the largest eigenvalue over the smallest: firm." in page
    assert "keeps 67.0 % of the variance of one alone, and the riskiest holds 45.0 % of all" in page
    assert "No correlation had to be repaired. Raised to a floor: bonds, credit." in page
    assert "- Uncertain estimates: few stressed periods" in page
    assert "trend: alpha Alpha 4.80 % a year in this history, t 3.0; believed after it: 2.93 %" in page
    assert "credit: beta Alpha" in page
    assert (
        "What is believed of an alpha is shrunk towards a prior of 0.00 % give or take 2.00 % a year." in page
    )
    assert "In its stressed regime the risk model has other correlations, and keeps the volatilities" in page
    assert "young: no verdict" in page


def test_drivers_have_their_premia_and_volatilities_by_regime(capsys):
    rows = section(page_of(RESPONSE, capsys), "DRIVERS")
    assert rows[0] == ["Driver", "premium", "volatility", "all", "calm", "stressed"]
    # Bonds are believed to earn 4.5 % in total, with 2.5 % on cash.
    assert rows[1:4] == [
        ["equity", "4.00", "16.50", "16.50", "12.00", "26.00"],
        ["bonds", "2.00", "5.00*", "4.50", "4.00", "6.00"],
        ["commodities", "2.00", "15.00", "15.00", "11.00", "22.00"],
    ]


@pytest.mark.parametrize("response", [RESPONSE, sample_estimation.response()], ids=["round", "service"])
def test_numbers_are_those_of_the_answer_in_percent(capsys, response):
    page = page_of(response, capsys)
    rows = section(page, "DRIVERS")[1:4]
    covariance = response.market.risk_model.covariance(response.market.driver_ids)
    shown = [float(row[2].rstrip("*")) for row in rows]
    assert shown == pytest.approx(100 * np.sqrt(np.diag(covariance)), abs=0.0051)
    for place, regime in enumerate(response.covariance.regimes):
        volatilities = [100 * item.value for item in regime.annual_volatilities]
        assert [float(row[3 + place]) for row in rows] == pytest.approx(volatilities, abs=0.0051)
    known = [line for line in response.lines if line.loadings]
    for line, row in zip(known, section(page, "SLEEVES AS LINES")[1:], strict=False):
        risks = (line.annual_residual_volatility, line.annual_volatility)
        shown = [float(cell.rstrip("*")) for cell in row[-2:]]
        assert shown == pytest.approx([100 * value for value in risks], abs=0.0051)
        believed = (line.evidence.annual_shrunk_alpha, line.evidence.annual_shrunk_alpha_error)
        if line.evidence.sleeve_class is not None:
            shown = [float(cell) for cell in row[-5:-3]]
            assert shown == pytest.approx([100 * value for value in believed], abs=0.0051)
    for line, row in zip(known, section(page, "LOADINGS")[1:], strict=False):
        loadings = [item.value for item in line.loadings]
        assert [float(cell) for cell in row[1:]] == pytest.approx(loadings, abs=0.00051)


def test_calm_is_below_the_diagonal_and_stressed_above(capsys):
    rows = section(page_of(RESPONSE, capsys), "CORRELATIONS: CALM")
    assert rows[1:4] == [
        ["1", "equity", "-.40", ".75"],
        ["2", "bonds", ".10", "-.15"],
        ["3", "commodities", ".20", "-.05"],
    ]
    assert " ".join(rows[4]).startswith("equity and commodities change most: 0.20 in calm periods, 0.75 in")


def test_without_stress_correlations_are_the_models(capsys):
    alone = with_report(regimes=RESPONSE.covariance.regimes[:1])
    rows = section(page_of(alone, capsys), "CORRELATIONS\n")
    assert rows[1:4] == [["1", "equity"], ["2", "bonds", "-.05"], ["3", "commodities", ".30", "-.10"]]
    assert "on average: 0.06 in 120 months." in page_of(alone, capsys)


def many_drivers(count):
    """The answer with many drivers, whose stressed correlations are calm ones and a tenth more of a pair."""
    draw = np.random.default_rng(3)
    names = tuple(f"driver-{index}" for index in range(count))
    calm = np.corrcoef(draw.normal(size=(count, 5 * count)))
    stressed = calm.copy()
    stressed[0, count - 1] = stressed[count - 1, 0] = calm[0, count - 1] + 0.1
    first = RESPONSE.market.risk_model.volatility_correlation
    symmetric = RESPONSE.covariance.regimes[1].correlation.from_square
    market = dataclasses.replace(
        RESPONSE.market,
        drivers=tuple(
            Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=0.01)) for name in names
        ),
        driver_groups=(),
        risk_model=dataclasses.replace(
            RESPONSE.market.risk_model,
            stressed_correlation=None,
            volatility_correlation=dataclasses.replace(
                first,
                annual_volatilities=tuple(
                    dataclasses.replace(first.annual_volatilities[0], driver_id=name) for name in names
                ),
                correlation=symmetric(names, calm),
            ),
        ),
    )
    regimes = tuple(
        dataclasses.replace(
            regime,
            correlation=symmetric(names, matrix),
            annual_volatilities=tuple(
                DriverValue(driver_id=name, value=draw.uniform(0.05, 0.2)) for name in names
            ),
        )
        for regime, matrix in zip(RESPONSE.covariance.regimes, (calm, calm, stressed), strict=True)
    )
    return dataclasses.replace(with_report(regimes=regimes), market=market)


def test_a_matrix_of_twelve_fits_the_page(capsys):
    page = page_of(many_drivers(12), capsys)
    assert max(map(len, page.splitlines())) <= 100
    assert len(section(page, "CORRELATIONS: CALM")[1]) == 2 + 11


def test_of_more_drivers_the_pairs_that_change_most_are_shown(capsys):
    rows = section(page_of(many_drivers(15), capsys), "CORRELATIONS THAT CHANGE MOST, 12 OF 105")
    assert rows[1][:2] == ["driver-0", "driver-14"]
    assert rows[1][-1] == "+0.10"
    assert len(rows) == 1 + 12 + 1


def test_of_more_drivers_without_stress_the_largest_are_shown(capsys):
    given = many_drivers(15)
    alone = dataclasses.replace(
        given, covariance=dataclasses.replace(given.covariance, regimes=given.covariance.regimes[:1])
    )
    rows = section(page_of(alone, capsys), "CORRELATIONS, THE 12 LARGEST OF 105")
    sizes = [abs(float(row[-1])) for row in rows[1:13]]
    assert sizes == sorted(sizes, reverse=True)


def test_sleeves_have_belief_and_risk(capsys):
    page = page_of(RESPONSE, capsys)
    rows = section(page, "SLEEVES AS LINES")
    trend, credit = (line.evidence.regression for line in RESPONSE.lines[:2])
    explained = [f"{max(item.adjusted_r_squared, 0.0):.3f}" for item in (trend, credit)]
    assert rows[1] == ["trend", "alpha", "2.93", "1.25", explained[0], "10.40", "11.44"]
    assert rows[2] == ["credit", "beta", "-0.81", "1.03", explained[1], "6.00*", "8.31"]
    assert rows[3][:3] == ["young", "no", "verdict"]
    assert section(page, "LOADINGS")[1:3] == [
        ["trend", "0.050", "-0.100", "0.300"],
        ["credit", "0.350", "0.020", "0.000"],
    ]
    assert section(page, "CORRELATIONS OF RESIDUALS")[2] == ["2", "credit", ".12"]


def test_many_loadings_are_rows_without_those_that_are_nothing(capsys):
    names = [f"driver-{index}" for index in range(8)]
    values = tuple(
        dataclasses.replace(RESPONSE.lines[0].loadings[0], driver_id=name, value=0.1 * (index % 2))
        for index, name in enumerate(names)
    )
    line = dataclasses.replace(RESPONSE.lines[0], loadings=values)
    rows = section(page_of(dataclasses.replace(RESPONSE, lines=(line,)), capsys), "LOADINGS")
    assert [row[1] for row in rows[1:5]] == names[1::2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"condition_number": 250.0}, "Condition 250, the largest eigenvalue over the smallest: strained"),
        ({"condition_number": 5000.0}, "Condition 5,000, the largest eigenvalue over the smallest: fragile"),
        (
            {"condition_number": None, "eigenvalues": (2.0, 1.0, 0.0)},
            "Some mix of drivers has no risk at all in this model",
        ),
        (
            {"largest_correlation_change": 0.0421},
            "contradicted each other and were repaired: by 0.042 at most",
        ),
        ({"largest_correlation_change": 1e-5}, "were repaired: by less than 0.001 at most"),
        ({"floored_column_ids": ()}, "No volatility is at a floor."),
        ({"gap_period_count": 2}, "between these 3 lack a return and 2 have no date."),
    ],
)
def test_what_a_report_means_is_said_in_words(changes, said, capsys):
    assert said in " ".join(page_of(with_report(**changes), capsys).split())


@pytest.mark.parametrize(
    ("changes", "report", "said"),
    [
        ({"sample": SampleCovariance()}, {}, "Covariance of the sample, every period alike."),
        (
            {"exponential": ExponentialCovariance(half_life_periods=24.0)},
            {"effective_period_count": 68.2},
            "half as much 24 periods ago; the weights are worth 68 periods.",
        ),
        (
            {"factor": FactorCovariance(factor_count=1)},
            {"explained_share": 0.4567},
            "correlations by 1 factor, which explain 45.7 %.",
        ),
    ],
)
def test_every_method_has_words(changes, report, said, capsys):
    question = dataclasses.replace(QUESTION, ledoit_wolf=None, **changes)
    assert said in " ".join(page_of(with_report(**report), capsys, question).split())


def test_a_stress_that_is_given_is_told_as_that(capsys):
    regime = StressRegime(uniform=UniformStress(correlation=0.8, growth_driver_ids=("equity",)))
    question = dataclasses.replace(QUESTION, stress_regime=regime)
    said = "sleeves move with each other and with equity at a correlation of 0.80: given, not estimated."
    assert said in " ".join(page_of(RESPONSE, capsys, question).split())


def test_every_regime_has_words():
    assert set(REGIMES) == set(RegimeKind)


def test_an_answer_about_drivers_alone_says_nothing_of_sleeves(capsys):
    page = page_of(dataclasses.replace(RESPONSE, lines=(), warnings=()), capsys)
    for title in ("WARNINGS", "SLEEVES", "LOADINGS", "SMOOTHING"):
        assert title not in page


# For programs and for files


def test_programs_read_the_answer_as_protojson(run, question_file):
    result = run(question_file, "--json")
    message = json_format.Parse(result.output, analysis_service_pb2.EstimateRiskModelResponse())
    assert wire.to_model(message) == RESPONSE


REST = """
    - line_id: cash
      annual_residual_volatility: 0
      reserve_tier: {annual_cash_drag: 0, cash_equivalent: true, variation_margin_eligible: true}
  portfolio_id: fund
  as_of_date: 2024-01-31
  base_currency_code: USD
  nav_amount: 1e9
mandate: {mandate_id: rules}
objective: {maximize_net_return: {}}
"""
"""What a problem has beyond its market and sleeves."""


def test_what_yaml_prints_is_read_back_as_the_market_and_lines_of_a_problem(run, question_file):
    printed = run(question_file, "--yaml").output
    # The last sleeve is too young: its alpha is for whoever writes the problem to state.
    belief = "{expected_alpha: {net_of_fees: {annual_over_beta: 0.01}}, evidence: {r_squared: 0.2, "
    problem = files.parse_problem(
        f"{printed.rstrip()}\n      alpha_sleeve: {belief}observation_count: 40}}}}{REST}"
    )
    assert problem.market == RESPONSE.market
    assert [line.line_id for line in problem.portfolio.lines] == ["trend", "credit", "young", "cash"]
    for line, estimate in zip(problem.portfolio.lines[:2], RESPONSE.lines[:2], strict=True):
        assert line.loadings == estimate.loadings
        assert line.annual_residual_volatility == estimate.annual_residual_volatility
        assert line.alpha_sleeve == estimate.evidence.alpha_sleeve


def test_drivers_alone_are_a_market_alone(run, question_file, server):
    server.script("EstimateRiskModel", dataclasses.replace(RESPONSE, lines=()))
    printed = run(question_file, "--yaml").output
    assert "portfolio" not in printed
    assert "market:" in printed.splitlines()


def test_a_sleeve_without_a_verdict_is_marked_in_yaml(run, question_file):
    printed = run(question_file, "--yaml").output
    assert "# young: too little data for an alpha; give it an alpha_sleeve, or leave it out" in printed
    assert "(also of sleeve_residual_correlation)." in printed
    assert printed.startswith("# Estimated from returns, 2014-01-31 to 2023-12-31. Question 000")


def comments(run, path, question, response=RESPONSE):
    path.write_text(files.to_json(question, print_empty=False))
    printed = run(path, "--yaml").output
    return [line for line in printed.split("market:")[0].splitlines() if line.startswith("# ")]


def test_yaml_keeps_how_it_was_estimated(run, tmp_path):
    told = comments(run, tmp_path / "question.yaml", QUESTION)
    assert told[1:8] == [
        "# Volatilities of the sample; correlations shrunk towards none by 23.4 % (Ledoit and Wolf).",
        "# Floor bonds: 5.00 % a year of bonds*.",
        "# Floor hedge-funds: 6.00 % a year of trend, credit*.",
        "# * is raised to its floor.",
        "# Bad times are the most turbulent 25.0 % of periods.",
        "# In its stressed regime the risk model has other correlations, and keeps the volatilities of all "
        "periods.",
        "# What is believed of an alpha is shrunk towards a prior of 0.00 % give or take 2.00 % a year.",
    ]


def test_yaml_names_windows_of_bad_times(run, tmp_path):
    window = StressWindow(
        window_id="slump", first_date=datetime.date(2014, 1, 1), last_date=datetime.date(2016, 12, 31)
    )
    asked = dataclasses.replace(
        QUESTION, stress_regime=StressRegime(periods=StressPeriods(windows=(window,)))
    )
    told = comments(run, tmp_path / "question.yaml", asked)
    assert "# Bad times are slump (2014-01-01 to 2016-12-31)." in told


def test_sleeves_as_lines_say_what_is_not_proven(capsys):
    rows = section(page_of(sample_estimation.response(), capsys), "SLEEVES AS LINES")
    assert " ".join(rows[1]).startswith("trend not beta; alpha not proven 0.94")

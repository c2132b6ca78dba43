"""`counterpoise alpha-capture`: a table or a question in, what fees leave of alpha, and JSON for programs."""

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest
from google.protobuf import json_format
from typer.testing import CliRunner

from counterpoise import files, wire
from counterpoise.command import capture, layout
from counterpoise.command.commands import app
from counterpoise.model import (
    ActiveFund,
    CaptureVerdict,
    EvidenceReason,
    FactorPart,
    FeeBasis,
    FeeHurdle,
    FeeTerms,
    MeasureAlphaCaptureRequest,
)
from counterpoise.testing import ScriptedServer
from counterpoise.v1 import analysis_service_pb2
from counterpoise.wording.capture import CAPTURE_VERDICTS, FEE_BASES
from tests import sample_capture, sample_capture_answer
from tests.unit.counterpoise import history_answers

both = pytest.mark.parametrize(
    "response", [history_answers.capture_response(), sample_capture_answer.response()], ids=["round", "real"]
)


def as_read(column):
    """A column as a table has it: zero, which is not read, where no return is known."""
    return dataclasses.replace(column, returns=np.where(column.known(), column.returns, 0.0))


def sample_frame():
    columns = {
        column.column_id: np.where(column.known(), column.returns, np.nan)
        for column in QUESTION.history.columns
    }
    return pd.DataFrame(columns, index=pd.DatetimeIndex(QUESTION.history.dates))


QUESTION, RESPONSE = sample_capture.question(), history_answers.capture_response()
TERMS = FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.2, hurdle=FeeHurdle.CASH)
ON_ONE_TABLE = dataclasses.replace(
    QUESTION,
    funds=tuple(
        ActiveFund(
            fund_id=name,
            benchmark_id="equity",
            fee_basis=FeeBasis.NET,
            fees=TERMS,
            annual_passive_fee=0.0009,
        )
        for name in ("picker", "closet")
    ),
    history=dataclasses.replace(
        QUESTION.history,
        columns=tuple(
            as_read(QUESTION.history.column(name))
            for name in ("picker", "closet", "equity", "duration", "credit", "cash")
        ),
    ),
)
"""What options can ask: all funds on the same terms."""
DECLARED = [
    *("--funds", "picker,closet", "--benchmark", "equity", "--fee-basis", "net"),
    *("--management-fee", "0.015", "--performance-fee", "0.2", "--hurdle", "cash"),
    *("--passive-fee", "0.0009", "--risk-free", "0.03", "--frequency", "monthly"),
]
COLUMNS = ["--factors", "duration,credit", "--cash", "cash", "--excess", "duration,credit"]
STRUCTURE = [
    *("--financing", "0.004", "--roll", "0.0004", "--reserve", "0.1", "--margin", "0.054"),
    *("--posted-counts", "--cash-drag", "0.001", "--physical-cost", "0.0009"),
]
SETTINGS = [
    *("--smoothing", "where-tested", "--error-lags", "3", "--confidence", "0.95"),
    *("--least-net-alpha", "0.003", "--margin-credit", "0.0025"),
]


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        scripted.script("MeasureAlphaCapture", RESPONSE)
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
            app, ["alpha-capture", str(file), "--target", server.target, *options], **keywords
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
    """Options without one, and its value where it has one."""
    place = options.index(name)
    follows = options[place + 1 : place + 2]
    return options[:place] + options[place + (2 if follows and not follows[0].startswith("--") else 1) :]


def page_of(response, capsys, question=QUESTION):
    layout.show(capture.page(response, question))
    return capsys.readouterr().out


def section(page, title):
    """The words of each line of a section."""
    part = next(part for part in page.split("\n\n") if part.startswith(title))
    return [line.split() for line in part.splitlines()[1:]]


# What is asked


def test_a_table_and_options_are_a_question(run, table, server):
    result = run(table, *DECLARED, *COLUMNS, *STRUCTURE, *SETTINGS)
    assert result.exit_code == 0, result.output
    assert server.requests == (MeasureAlphaCaptureRequest(question=ON_ONE_TABLE),)


def test_what_is_not_asked_for_stays_open(run, table, server):
    options = ["--cash", "cash", "--excess", "none"]
    assert run(table, *DECLARED, *options).exit_code == 0
    question = asked(server)
    assert question.structure is None
    assert question.factor_ids == ()
    assert (question.smoothing, question.error_lag_count, question.confidence) == (None, None, None)
    assert question.least_annual_net_alpha is None
    assert [column.column_id for column in question.history.columns] == ["picker", "closet", "equity", "cash"]


def test_gross_funds_and_other_fees_reach_the_question(run, table, server):
    options = without(without(DECLARED, "--fee-basis"), "--hurdle")
    options += ["--fee-basis", "gross", "--hurdle", "none", "--cash", "cash", "--excess", "none"]
    assert run(table, *options).exit_code == 0
    fund = asked(server).funds[0]
    assert fund.fee_basis is FeeBasis.GROSS
    assert fund.fees.hurdle is FeeHurdle.ZERO


def test_without_performance_fee_there_is_no_hurdle(run, table, server):
    options = without(without(DECLARED, "--performance-fee"), "--hurdle")
    result = run(table, *options, "--performance-fee", "0", "--cash", "cash", "--excess", "none")
    assert result.exit_code == 0, result.output
    assert asked(server).funds[0].fees == FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.0)


def test_posted_margin_that_does_not_count_is_said(run, table, server):
    structure = without(STRUCTURE, "--posted-counts")
    assert run(table, *DECLARED, *COLUMNS, *structure, "--posted-does-not-count").exit_code == 0
    assert asked(server).structure.posted_margin_counts is False


def test_a_question_file_says_it_all(run, question_file, server):
    result = run(question_file)
    assert result.exit_code == 0, result.output
    assert asked(server) == QUESTION


def test_a_question_comes_from_standard_input(run, server):
    assert run("-", input=files.to_json(QUESTION, print_empty=False)).exit_code == 0
    assert asked(server) == QUESTION


# What is wrong


@pytest.mark.parametrize(
    "left_out",
    [
        "--funds",
        "--benchmark",
        "--fee-basis",
        "--management-fee",
        "--performance-fee",
        "--passive-fee",
        "--risk-free",
        "--frequency",
        "--excess",
    ],
)
def test_a_table_needs_to_be_declared(run, table, server, left_out):
    result = run(table, *without([*DECLARED, *COLUMNS], left_out))
    assert result.exit_code == 2
    assert f"a table of returns needs {left_out}, too" in told(result)
    assert server.requests == ()


@pytest.mark.parametrize("left_out", [*STRUCTURE[:8:2], "--cash-drag", "--physical-cost"])
def test_options_of_a_structure_come_together(run, table, server, left_out):
    result = run(table, *DECLARED, *COLUMNS, *without(STRUCTURE, left_out))
    assert result.exit_code == 2
    assert f"a structure needs {left_out}, too." in told(result)
    assert server.requests == ()


def test_margin_credit_alone_is_no_structure(run, table):
    result = run(table, *DECLARED, *COLUMNS, "--margin-credit", "0.001")
    assert result.exit_code == 2
    assert "--posted-counts or --posted-does-not-count, --cash-drag, --physical-cost, too." in told(result)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--excess", "gold"], "--excess: gold is none of the columns that other options name"),
        (["--funds", "picker,,closet"], "--funds: 'picker,,closet' has an empty name"),
        (["--factors", "duration,"], "--factors: 'duration,' has an empty name"),
        (["--fee-basis", "before"], "'before' is not one of"),
        (["--hurdle", "libor"], "'libor' is not one of"),
        (["--management-fee", "1%"], "Invalid value for '--management-fee'"),
        (["--passive-fee", "low"], "Invalid value for '--passive-fee'"),
    ],
)
def test_wrong_options_are_usage(run, table, server, options, said):
    result = run(table, *DECLARED, *COLUMNS, *options)
    assert result.exit_code == 2
    assert said in told(result)
    assert server.requests == ()


def test_a_performance_fee_needs_its_hurdle(run, table):
    result = run(table, *without(DECLARED, "--hurdle"), *COLUMNS)
    assert result.exit_code == 2
    assert "--performance-fee needs --hurdle, too: cash where gains count over cash" in told(result)


def test_a_question_file_takes_no_options_of_tables(run, question_file):
    result = run(question_file, "--funds", "picker", "--posted-does-not-count")
    assert result.exit_code == 2
    assert "--funds, --posted-counts: these are for tables" in told(result)


def test_violations_are_told_before_any_server_is_asked(run, tmp_path, server):
    path = tmp_path / "percent.csv"
    (100 * sample_frame()).to_csv(path)
    result = run(path, *DECLARED, *COLUMNS)
    assert result.exit_code == 1
    assert "history.columns[0].returns" in result.output
    assert "as if in percent; returns are decimals" in told(result)
    assert server.requests == ()
    answer = json.loads(run(path, *DECLARED, *COLUMNS, "--json").stdout)
    assert answer["violations"][0]["reason"] == "ERROR_REASON_NUMBER_OUT_OF_RANGE"


def test_a_column_that_is_not_there_is_an_error_in_words(run, table):
    result = run(table, *without(DECLARED, "--benchmark"), *COLUMNS, "--benchmark", "gold")
    assert result.exit_code == 1
    assert "no column 'gold'; there are picker, closet" in told(result)


# The page


def test_the_page_has_verdicts_first_and_fits_a_hundred_columns(run, question_file):
    result = run(question_file)
    assert titles(result.output) == [
        "WHAT IS LEFT AFTER FEES?",
        "WARNINGS",
        "WHERE THE ACTIVE RETURN CAME FROM, % A YEAR",
        "ALPHA IN THE RETURNS AS THEY CAME, % A YEAR",
        "ALPHA BEFORE AND AFTER FEES, % A YEAR",
        "WHAT THE FEES PAY FOR, %",
        "BETA BY FUTURES OR SWAPS, A YEAR PER UNIT OF NOTIONAL",
        "EACH FUND OVER THAT BETA, % A YEAR",
        "LOADINGS",
        "SMOOTHING",
    ]
    assert max(map(len, result.output.splitlines())) <= 100
    page = " ".join(result.output.split())
    assert "against each fund's benchmark and duration, credit: 60 months, 2019-01-31 to 2023-12-31." in page
    assert "picker: adds value It beat equity by 4.17 % a year: -1.23 % from holding 0.70 of it" in page
    assert "0.40 % from duration, 0.20 % from credit, and 4.80 % alpha after fees." in page
    assert "Fees of 3.84 % leave 4.80 % of 8.64 % alpha: more than the 0.30 % from which" in page
    assert "interval of that is 1.60 % to 8.00 %, all of it above that bar; t of the alpha 3.0." in page
    assert "it adds 3.95 % a year per unit of notional" in page
    assert "closet: nothing is left It fell behind equity by 0.83 % a year" in page
    assert "and -1.10 % alpha before fees." in page
    assert "leave -2.25 % of -1.10 % alpha: a structure would amplify the absence of skill." in page
    assert "-4.65 % to 0.15 %: bad luck alone could do it" in page
    assert "it costs 2.40 % a year per unit of notional" in page
    assert "young: no verdict Seen in 14 months" in page
    assert "- Gaps in histories: closet: 2 periods of 60 are missing" in page


@both
def test_parts_of_the_active_return_sum_in_the_page(capsys, response):
    rows = section(page_of(response, capsys), "WHERE THE ACTIVE RETURN")
    assert " ".join(rows[0]) == "Fund Benchmark beta by beta duration credit alpha active track. err."
    assert [row[0] for row in rows[1:3]] == ["picker", "closet"]
    for row in rows[1:3]:
        *parts, active, _ = map(float, row[3:])
        assert sum(parts) == pytest.approx(active, abs=0.005 * (len(parts) + 1))
    shown = [float(row[-2]) for row in rows[1:3]]
    active = [100 * item.active_return.annual_active_return for item in response.captures[:2]]
    assert shown == pytest.approx(active, abs=0.0051)


@both
def test_fees_sum_and_leave_what_the_page_says(capsys, response):
    page = page_of(response, capsys)
    for row in section(page, "ALPHA BEFORE AND AFTER FEES")[1:3]:
        before, management, performance, fees, after, lower, upper = map(float, row[1:])
        assert management + performance == pytest.approx(fees, abs=0.011)
        assert before - fees == pytest.approx(after, abs=0.011)
        assert lower < after < upper
    for row, item in zip(section(page, "WHAT THE FEES PAY FOR")[1:3], response.captures, strict=False):
        fees, for_beta, share, passive, active, performance, calm = map(float, row[1:])
        # w of the fund at the passive fee and the rest at the active one cost what the fund does.
        assert share / 100 * passive + (1 - share / 100) * active == pytest.approx(fees, abs=0.01)
        assert for_beta == pytest.approx(100 * item.fees.annual_fee_for_beta, abs=0.006)
        assert calm <= performance


@both
def test_a_structure_is_told_with_what_it_needs(capsys, response):
    page = page_of(response, capsys)
    numbers = [
        float(row[-1]) for row in section(page, "BETA BY FUTURES")[1:] if re.match(r"[0-9.]+$", row[-1])
    ]
    synthetic, physical, difference, share, needed = numbers
    assert (synthetic, physical, difference, share) == (0.46, 0.09, 0.37, 90.0)
    assert needed == pytest.approx(difference / (share / 100), abs=0.01)
    for row in section(page, "EACH FUND OVER THAT BETA")[1:3]:
        after, even, over, benefit = map(float, row[1:])
        assert after - even == pytest.approx(over, abs=0.011)
        assert share / 100 * after - difference == pytest.approx(benefit, abs=0.011)


def test_without_a_structure_nothing_is_said_of_one(capsys):
    alone = tuple(dataclasses.replace(item, structure_benefit=None) for item in RESPONSE.captures)
    page = page_of(dataclasses.replace(RESPONSE, structure=None, captures=alone), capsys)
    assert "FUTURES" not in page
    assert "notional" not in page


def test_many_factors_are_one_column_and_the_largest_are_named(capsys):
    names = tuple(f"f{index}" for index in range(6))
    parts = tuple(FactorPart(factor_id=name, annual_return=0.001 * index) for index, name in enumerate(names))
    first = RESPONSE.captures[0]
    active = dataclasses.replace(first.active_return, factor_parts=parts)
    given = dataclasses.replace(RESPONSE, captures=(dataclasses.replace(first, active_return=active),))
    page = page_of(given, capsys, dataclasses.replace(QUESTION, factor_ids=names))
    rows = section(page, "WHERE THE ACTIVE RETURN")
    assert rows[1][4] == "1.50"
    assert "Largest of the factors: picker: f5 0.50, f4 0.40, f3 0.30, f2 0.20." in " ".join(page.split())


def test_a_benchmark_that_explains_a_fund_is_no_caveat(capsys):
    assert "known factors explain" not in page_of(RESPONSE, capsys)


def test_what_fees_leave_says_whether_it_is_luck_and_nothing_says_it_again(capsys):
    assert "the 95 % interval of its alpha holds zero" not in page_of(RESPONSE, capsys)
    closet = dataclasses.replace(RESPONSE.captures[1], fees=None, verdict=None, structure_benefit=None)
    alone = dataclasses.replace(RESPONSE, captures=(closet,))
    assert "- the 95 % interval of its alpha holds zero: -3.50 % to 1.30 % a year" in page_of(alone, capsys)


def test_a_value_whose_interval_holds_zero_is_not_proven(capsys):
    first = RESPONSE.captures[0]
    fees = dataclasses.replace(first.fees, annual_net_alpha_lower=-0.001)
    page = page_of(dataclasses.replace(RESPONSE, captures=(dataclasses.replace(first, fees=fees),)), capsys)
    assert "picker: adds value, not proven" in page


@pytest.mark.parametrize("reason", EvidenceReason)
def test_every_reason_has_words_or_says_nothing_about_funds(reason, capsys):
    first = RESPONSE.captures[0]
    evidence = dataclasses.replace(first.evidence, reasons=(reason,))
    given = dataclasses.replace(RESPONSE, captures=(dataclasses.replace(first, evidence=evidence),))
    assert "newer than this client" not in page_of(given, capsys)


def test_every_verdict_and_basis_has_words(capsys):
    assert set(CAPTURE_VERDICTS) == set(CaptureVerdict)
    assert set(FEE_BASES) == set(FeeBasis)
    first = dataclasses.replace(RESPONSE.captures[0], verdict=CaptureVerdict.BELOW_THRESHOLD)
    page = page_of(dataclasses.replace(RESPONSE, captures=(first,)), capsys)
    assert "picker: too little is left" in page
    assert "not more than the 0.30 % from which a fund adds value" in " ".join(page.split())


def test_a_newer_verdict_is_told_by_its_number(capsys):
    first = dataclasses.replace(RESPONSE.captures[0], verdict=9)
    assert "picker: newer kind 9" in page_of(dataclasses.replace(RESPONSE, captures=(first,)), capsys)


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ((0.004, 0.09), "all of it above that bar"),
        ((0.002, 0.09), "interval of that is 0.20 % to 9.00 %; t"),
        ((-0.01, 0.09), "luck alone could do it"),
        ((-0.05, -0.01), "all of it below zero"),
    ],
)
def test_the_interval_is_read_for_the_reader(capsys, interval, said):
    first = RESPONSE.captures[0]
    fees = dataclasses.replace(
        first.fees, annual_net_alpha_lower=interval[0], annual_net_alpha_upper=interval[1]
    )
    given = dataclasses.replace(RESPONSE, captures=(dataclasses.replace(first, fees=fees),))
    assert said in " ".join(page_of(given, capsys).split())


def test_programs_read_the_answer_as_protojson(run, question_file):
    result = run(question_file, "--json")
    message = json_format.Parse(result.output, analysis_service_pb2.MeasureAlphaCaptureResponse())
    assert wire.to_model(message) == RESPONSE


def test_the_share_of_beta_has_its_formula(capsys):
    layout.show(capture.page(RESPONSE, QUESTION))
    page = " ".join(capsys.readouterr().out.split())
    assert "beta share is sqrt(R-sq.) / (sqrt(R-sq.) + sqrt(1 - R-sq.)), with the adjusted R-sq." in page

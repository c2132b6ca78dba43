"""`counterpoise verify-alpha`: a table or a question in, verdicts first, and JSON for programs."""

import dataclasses
import datetime
import json

import numpy as np
import pytest
import statsmodels.api as sm
from google.protobuf import json_format
from typer.testing import CliRunner

from counterpoise import files, wire
from counterpoise.command import evidence, evidence_tables, layout
from counterpoise.command.commands import app
from counterpoise.model import (
    AlphaPrior,
    EvidenceReason,
    Frequency,
    RollingRegression,
    SleeveClass,
    SmoothingTreatment,
    StressWindow,
    VerifyAlphaRequest,
)
from counterpoise.testing import ScriptedServer
from counterpoise.v1 import analysis_service_pb2
from counterpoise.wording import evidence as wording
from counterpoise.wording import words
from tests import sample_evidence
from tests.unit.counterpoise.histories.test_frames import sample_frame

QUESTION, RESPONSE = sample_evidence.question(), sample_evidence.response()
TABLE = ["--sleeves", "skill,clone", "--factors", "equity,bonds", "--cash", "cash"]
DECLARED = [*TABLE, "--frequency", "monthly", "--excess", "equity,bonds"]
EVERYTHING = [
    *DECLARED,
    *("--market", "equity", "--smoothing", "where-tested", "--confidence", "0.95", "--rolling", "36"),
    *("--window", "2020-crash=2020-02-01:2020-04-30", "--prior", "0,0.02"),
]


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        scripted.script("VerifyAlpha", RESPONSE)
        yield scripted


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "returns.csv"
    sample_frame().to_csv(path)
    return path


@pytest.fixture
def run(server):
    def call(file, *options, **keywords):
        return CliRunner().invoke(
            app, ["verify-alpha", str(file), "--target", server.target, *options], **keywords
        )

    return call


def asked(server):
    (request,) = server.requests
    return request.question


def titles(output):
    return [line for line in output.splitlines() if line.upper() == line and line[:1].isalpha()]


def test_a_table_and_options_are_a_question(run, table, server):
    result = run(table, *EVERYTHING)
    assert result.exit_code == 0, result.output
    assert server.requests == (VerifyAlphaRequest(question=QUESTION),)


def test_what_is_not_asked_for_stays_open(run, table, server):
    assert run(table, *DECLARED).exit_code == 0
    open_fields = {
        "market_id": "",
        "smoothing": None,
        "confidence": None,
        "rolling_period_count": None,
        "stress_windows": (),
        "prior": None,
    }
    assert asked(server) == dataclasses.replace(QUESTION, **open_fields)


def test_settings_reach_the_question(run, table, server):
    options = ["--smoothing", "none", "--factor-lags", "2", "--error-lags", "6", "--prior", "0.01,0.03"]
    window = ["--window", "a=2019-01-01:2019-06-30", "--window", "b=2022-01-01:2022-12-31"]
    assert run(table, *DECLARED, *options, *window).exit_code == 0
    question = asked(server)
    assert question.smoothing is SmoothingTreatment.NONE
    assert (question.factor_lag_count, question.error_lag_count) == (2, 6)
    assert question.prior == AlphaPrior(annual_mean=0.01, annual_error=0.03)
    assert question.stress_windows[1] == StressWindow(
        window_id="b", first_date=datetime.date(2022, 1, 1), last_date=datetime.date(2022, 12, 31)
    )


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_question_file_says_it_all(run, tmp_path, server, suffix):
    path = tmp_path / f"question.{suffix}"
    path.write_text(files.to_json(QUESTION, print_empty=False))
    assert run(path).exit_code == 0
    assert asked(server) == QUESTION


def test_a_question_comes_from_standard_input(run, server):
    assert run("-", input=files.to_json(QUESTION, print_empty=False)).exit_code == 0
    assert asked(server) == QUESTION


def test_the_page_has_verdicts_first_and_fits_a_hundred_columns(run, table):
    result = run(table, *EVERYTHING)
    assert titles(result.output) == [
        "IS IT ALPHA?",
        "WARNINGS",
        "ALPHA, % A YEAR",
        "LOADINGS",
        "SMOOTHING",
        "RATIOS AND LOSSES, RETURNS IN %",
        "WINDOWS OF STRESS",
        "ROLLING WINDOWS OF 36 PERIODS",
    ]
    assert max(map(len, result.output.splitlines())) <= 100
    page = " ".join(result.output.split())
    assert "Net returns over cash against equity, bonds: 60 months, 2019-01-31 to 2023-12-31." in page
    assert "Cash (cash) comes off skill, clone. Over cash as they came: equity, bonds." in page
    assert "skill: alpha Alpha 4.80 % a year in this history, t 3.0; believed after it: 2.93 %" in page
    assert "clone: beta Alpha -1.10 %" in page
    assert (
        "What is believed of an alpha is shrunk towards a prior of 0.00 % give or take 2.00 % a year." in page
    )
    assert "- known factors explain 90.7 % of its variance, more than 80 %" in page
    assert "- the 95 % interval of its alpha holds zero: -3.50 % to 1.30 % a year" in page
    assert "autocorrelation 0.44, which chance gives with probability 0.0007" in page
    assert "between these 1 without a return and 1 without a date" in page
    assert "young: no verdict Seen in 14 months" in page
    assert "- Gaps in histories: clone: 2 periods of 58 are missing" in page
    assert "clone equity 1 0.200 0.030 6.70" in page
    assert "skill 4.90 5.20 0.94 1.60 -0.15 0.05 0.02 0.08 4.60 6.00" in page


def test_programs_read_the_answer_as_protojson(run, table):
    result = run(table, *DECLARED, "--json")
    message = json_format.Parse(result.output, analysis_service_pb2.VerifyAlphaResponse())
    assert wire.to_model(message) == RESPONSE


# What is wrong


@pytest.mark.parametrize("left_out", ["--sleeves", "--factors", "--frequency", "--excess"])
def test_a_table_needs_to_be_declared(run, table, server, left_out):
    place = DECLARED.index(left_out)
    result = run(table, *DECLARED[:place], *DECLARED[place + 2 :])
    assert result.exit_code == 2
    assert f"a table of returns needs {left_out}, too" in " ".join(result.output.replace("│", " ").split())
    assert server.requests == ()


def test_where_cash_is_in_all_columns_that_is_said(run, table, server):
    result = run(table, *TABLE, "--frequency", "monthly", "--excess", "none")
    assert result.exit_code == 0
    assert {column.basis.name for column in asked(server).history.columns} == {"TOTAL"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--excess", "gold"], "--excess: gold is none of the columns that other options name"),
        (["--sleeves", "skill,,clone"], "--sleeves: 'skill,,clone' has an empty name"),
        (["--window", "2020"], "--window: '2020' is no window; write an id and two days"),
        (["--window", "a=2020-02-30:2020-03-31"], "is no window"),
        (["--prior", "0.02"], "--prior: '0.02' is no prior"),
        (["--frequency", "yearly"], "'yearly' is not one of"),
    ],
)
def test_wrong_options_are_usage(run, table, server, options, said):
    result = run(table, *DECLARED, *options)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())
    assert server.requests == ()


def test_a_question_file_takes_no_options_of_tables(run, tmp_path):
    path = tmp_path / "question.yaml"
    path.write_text(files.to_json(QUESTION, print_empty=False))
    result = run(path, "--cash", "cash", "--window", "a=2020-01-01:2020-02-01")
    assert result.exit_code == 2
    assert "--cash, --window: these are for tables" in " ".join(result.output.replace("│", " ").split())


def test_violations_are_told_before_any_server_is_asked(run, tmp_path, server):
    path = tmp_path / "percent.csv"
    (100 * sample_frame()).to_csv(path)
    result = run(path, *DECLARED)
    assert result.exit_code == 1
    assert "history.columns[0].returns" in result.output
    assert "as if in percent; returns are decimals" in " ".join(result.output.split())
    assert server.requests == ()
    told = json.loads(run(path, *DECLARED, "--json").stdout)
    assert told["violations"][0]["reason"] == "ERROR_REASON_NUMBER_OUT_OF_RANGE"


def test_a_table_that_cannot_be_read_is_an_error_in_words(run, table, tmp_path):
    result = run(table, *DECLARED, "--dates", "day")
    assert result.exit_code == 1
    assert "0 columns are named 'day'" in " ".join(result.output.split())


def test_a_question_file_with_violations_names_the_line(run, tmp_path):
    path = tmp_path / "question.yaml"
    path.write_text("history: {frequency: YEARLY}\nsleeve_ids: [a]\nfactor_ids: [a]\n")
    result = run(path)
    assert result.exit_code == 1
    page = " ".join(result.output.split())
    assert "choose one of DAILY, WEEKLY, MONTHLY, QUARTERLY (line 1)" in page


# Words


def page_of(response, capsys, question=QUESTION):
    layout.show(evidence.page(response, question))
    return " ".join(capsys.readouterr().out.split())


def with_reasons(*reasons, **changes):
    item = dataclasses.replace(RESPONSE.evidence[1], reasons=reasons, **changes)
    return dataclasses.replace(RESPONSE, evidence=(item,))


@pytest.mark.parametrize("reason", EvidenceReason)
def test_every_reason_has_words(reason, capsys):
    assert "newer than this client" not in page_of(with_reasons(reason), capsys)


def test_a_newer_reason_is_told_by_its_number(capsys):
    assert "- a reason newer than this client (99)" in page_of(with_reasons(99), capsys)


def test_every_class_treatment_and_frequency_has_words():
    assert set(words.SLEEVE_VERDICTS) == set(SleeveClass)
    assert set(words.SMOOTHING_TREATMENTS) == set(SmoothingTreatment)
    assert set(words.PERIODS) == set(Frequency)


def test_reasons_carry_their_numbers(capsys):
    performance = dataclasses.replace(RESPONSE.evidence[1].performance, up_beta=0.4, down_beta=1.1)
    windows = (dataclasses.replace(RESPONSE.evidence[0].stress_correlations[0], correlation=0.83),)
    given = with_reasons(
        EvidenceReason.DOWN_BETA,
        EvidenceReason.MOVES_WITH_STRESS,
        performance=performance,
        stress_correlations=windows,
    )
    page = page_of(given, capsys)
    assert "beta 1.10 down, 0.40 up" in page
    assert "in bad times: correlation 0.83 in 2020-crash" in page


def test_parts_that_the_answer_does_not_carry_are_skipped(capsys):
    page = page_of(dataclasses.replace(RESPONSE, evidence=(RESPONSE.evidence[2],), warnings=()), capsys)
    for title in ("WARNINGS", "ALPHA, %", "LOADINGS", "RATIOS", "WINDOWS", "ROLLING"):
        assert title not in page


def test_long_tables_are_cut_and_say_so(capsys):
    item = RESPONSE.evidence[1]
    many = tuple(dataclasses.replace(item, sleeve_id=f"s{index}") for index in range(20))
    page = page_of(dataclasses.replace(RESPONSE, evidence=many), capsys)
    assert "20 more rows; --json has all." in page


# What is said of an alpha


def headline(*reasons, sleeve_class=SleeveClass.ALPHA, annual_alpha=0.01):
    skill = RESPONSE.evidence[0]
    return wording.verdict(
        dataclasses.replace(
            skill,
            sleeve_class=sleeve_class,
            regression=dataclasses.replace(skill.regression, annual_alpha=annual_alpha),
            reasons=reasons,
        )
    )


def test_a_headline_says_alpha_of_what_is_above_zero_alone():
    unclear, negative = EvidenceReason.ALPHA_NOT_SIGNIFICANT, EvidenceReason.ALPHA_NOT_POSITIVE
    both = SleeveClass.ALPHA_AND_BETA
    assert headline() == "alpha"
    assert headline(unclear) == "not beta; alpha not proven"
    assert headline(negative, annual_alpha=-0.01) == "not beta; alpha below zero"
    assert headline(unclear, negative, annual_alpha=-0.01) == "not beta; alpha below zero"
    assert headline(unclear, negative, annual_alpha=0.0) == "not beta; alpha not above zero"
    assert headline(sleeve_class=both) == "alpha and beta"
    assert headline(unclear, sleeve_class=both) == "alpha and beta; alpha not proven"
    assert headline(unclear, negative, sleeve_class=SleeveClass.BETA, annual_alpha=-0.01) == "beta"


@pytest.mark.parametrize(
    ("sleeve_class", "said"),
    [
        (SleeveClass.ALPHA, "part of it may be late beta"),
        (SleeveClass.ALPHA_AND_BETA, "part of it may be late beta"),
        (SleeveClass.BETA, "late beta, not skill"),
    ],
)
def test_late_beta_does_not_contradict_the_headline(sleeve_class, said):
    item = dataclasses.replace(
        RESPONSE.evidence[0], sleeve_class=sleeve_class, reasons=(EvidenceReason.LAGGED_BETA,)
    )
    (told,) = wording.reasons(item, QUESTION)
    assert told.endswith(said)


@pytest.mark.parametrize(
    ("prior", "said"),
    [
        (None, "0.00 % give or take 2.00 %"),
        (AlphaPrior(annual_mean=0.01, annual_error=0.035), "1.00 % give or take 3.50 %"),
    ],
)
def test_the_page_has_the_prior_of_the_question(prior, said):
    (section, *_) = evidence.page(RESPONSE, dataclasses.replace(QUESTION, prior=prior))
    assert f"What is believed of an alpha is shrunk towards a prior of {said} a year." in section.sentences


def test_rolling_windows_have_the_r_squared_of_the_thresholds():
    draw = np.random.default_rng(4)
    factors, fund = draw.normal(0, 0.04, (36, 2)), draw.normal(0, 0.02, 36)
    fund += factors @ [0.3, 0.2]
    fitted = sm.OLS(fund, sm.add_constant(factors)).fit()
    item = dataclasses.replace(
        RESPONSE.evidence[0], rolling=(RollingRegression(annual_alpha=0.01, r_squared=fitted.rsquared),)
    )
    assert wording.rolling_explained(item, item.rolling[0], QUESTION) == pytest.approx(fitted.rsquared_adj)
    section = evidence_tables.rolling([item], QUESTION)
    assert section.rows[0][-1] == f"{fitted.rsquared_adj:.2f}"


def test_help_has_the_prior_that_is_not_given():
    shown = CliRunner().invoke(app, ["verify-alpha", "--help"], env={"COLUMNS": "200"}).output
    assert "by default 0,0.02" in " ".join(shown.replace("│", " ").split())

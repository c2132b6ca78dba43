"""Question files: histories as people write them."""

import dataclasses
import datetime

import pytest

from counterpoise import files
from counterpoise.errors import InvalidProblem
from counterpoise.model import (
    AlphaCaptureQuestion,
    AlphaQuestion,
    Frequency,
    ReturnBasis,
    RiskModelQuestion,
    SmoothingTreatment,
)
from tests import sample_capture, sample_estimation, sample_evidence

QUESTION = sample_evidence.question()
FRIENDLY = """
history:
  frequency: MONTHLY
  dates: [{dates}]
  columns:
    - {{column_id: fund, basis: TOTAL, returns: [{fund}], missing_periods: [3]}}
    - {{column_id: equity, basis: EXCESS, returns: [{equity}]}}
    - {{column_id: rf, basis: TOTAL, returns: [{cash}]}}
sleeve_ids: [fund]
factor_ids: [equity]
cash_id: rf
smoothing: GELTNER
stress_windows:
  - {{window_id: crash, first_date: 2020-02-01, last_date: 2020-04-30}}
"""


def friendly(count=36, cash=0.002):
    history = sample_evidence.history(count)
    return FRIENDLY.format(
        dates=", ".join(map(str, history.dates)),
        fund=", ".join(f"{number:.6f}" for number in history.columns[0].returns),
        equity=", ".join(f"{number:.6f}" for number in history.columns[2].returns),
        cash=", ".join([str(cash)] * count),
    )


def test_a_question_is_read_as_people_write_it(tmp_path):
    path = tmp_path / "question.yaml"
    path.write_text(friendly())
    question = files.read_question(path, AlphaQuestion)
    assert question.history.frequency is Frequency.MONTHLY
    assert question.history.dates[1] == datetime.date(2019, 2, 28)
    assert [column.basis for column in question.history.columns] == [
        ReturnBasis.TOTAL,
        ReturnBasis.EXCESS,
        ReturnBasis.TOTAL,
    ]
    assert question.history.columns[0].missing_periods == (3,)
    assert not question.history.columns[0].returns.flags.writeable
    assert question.smoothing is SmoothingTreatment.GELTNER
    assert question.stress_windows[0].last_date == datetime.date(2020, 4, 30)


def test_a_question_comes_back_from_its_protojson():
    assert files.parse_question(files.to_json(QUESTION, print_empty=False), AlphaQuestion) == QUESTION


def test_violations_have_places_and_lines():
    with pytest.raises(InvalidProblem) as caught:
        files.parse_question(friendly(cash=0.2).replace("[equity]", "[equty]"), AlphaQuestion)
    told = [(item.field, item.reason.name, item.message) for item in caught.value.violations]
    assert [item[:2] for item in told] == [
        ("history.columns[2].returns", "NUMBER_OUT_OF_RANGE"),
        ("factor_ids[0]", "ID_UNKNOWN"),
    ]
    assert told[0][2].endswith("(line 8)")
    assert "perhaps equity is meant (line 10)" in told[1][2]


def test_a_notebook_reads_and_checks_a_question(tmp_path):
    path = tmp_path / "question.json"
    path.write_text(files.to_json(QUESTION, print_empty=False))
    assert AlphaQuestion.from_yaml(path) == AlphaQuestion.from_yaml(str(path)) == QUESTION
    assert QUESTION.validate() == ()
    bad = dataclasses.replace(QUESTION, factor_ids=("equty", "bonds"))
    assert ("factor_ids[0]", "ID_UNKNOWN") in [(item.field, item.reason.name) for item in bad.validate()]


@pytest.mark.parametrize("kind", [AlphaQuestion, AlphaCaptureQuestion, RiskModelQuestion])
def test_every_question_is_read_as_what_it_is(kind, tmp_path):
    asked = {
        AlphaQuestion: QUESTION,
        AlphaCaptureQuestion: sample_capture.question(),
        RiskModelQuestion: sample_estimation.question(),
    }[kind]
    path = tmp_path / "question.yaml"
    path.write_text(files.to_json(asked, print_empty=False))
    assert kind.from_yaml(path) == asked
    assert asked.validate() == ()
    empty = dataclasses.replace(asked, history=None)
    assert ("history", "FIELD_MISSING") in [(item.field, item.reason.name) for item in empty.validate()]
    path.write_text("market: {}\n")
    with pytest.raises(InvalidProblem):
        kind.from_yaml(path)


def test_a_problem_is_no_question():
    with pytest.raises(InvalidProblem) as caught:
        files.parse_question("market: {}\n", AlphaQuestion)
    assert {item.reason.name for item in caught.value.violations} == {"FIELD_UNKNOWN", "FIELD_MISSING"}


@pytest.mark.parametrize("text", ["", "- 1\n", "sleeve_ids: [a"])
def test_what_is_no_question_at_all_is_refused(text):
    with pytest.raises(InvalidProblem):
        files.parse_question(text, AlphaQuestion)

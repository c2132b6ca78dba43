"""YAML as people write it: what is written is read back equal."""

import dataclasses
import datetime

import numpy as np
import pytest
import yaml

from counterpoise import files
from counterpoise.files.document import parse_document
from counterpoise.files.friendly import to_yaml, tree_of
from counterpoise.files.scalars import read_number
from counterpoise.model import (
    AlphaQuestion,
    DailyCadence,
    DriverValue,
    Execution,
    FactorEvidence,
    Line,
    RiskModelQuestion,
    RunPolicy,
    Schedule,
)
from tests import sample_answers, sample_estimation, sample_evidence, sample_stress, sample_total_problem


@pytest.mark.parametrize(
    "problem", [sample_total_problem.problem(), sample_answers.pension_problem(), sample_stress.problem()]
)
def test_a_problem_is_read_back_equal(problem):
    assert files.parse_problem(to_yaml(tree_of(problem))) == problem


@pytest.mark.parametrize(
    ("question", "kind"),
    [(sample_evidence.question(), AlphaQuestion), (sample_estimation.question(), RiskModelQuestion)],
)
def test_a_question_is_read_back_equal(question, kind):
    assert files.parse_question(to_yaml(tree_of(question)), kind) == question


def test_values_by_driver_are_mappings_dates_are_days_and_items_are_indented():
    line = Line(
        line_id="a",
        loadings=(DriverValue(driver_id="equity", value=0.5), DriverValue(driver_id="bonds", value=0.0)),
        annual_residual_volatility=0.0,
    )
    assert to_yaml({"lines": [tree_of(line)]}) == (
        "lines:\n  - line_id: a\n    loadings: {equity: 0.5, bonds: 0.0}\n"
        "    annual_residual_volatility: 0.0\n"
    )
    evidence = FactorEvidence(
        r_squared=0.2, observation_count=84, last_observation_date=datetime.date(2025, 11, 28)
    )
    assert "last_observation_date: 2025-11-28" in to_yaml(tree_of(evidence))


@pytest.mark.parametrize("name", ["1e5", "2020", "007", "1.5", "true", "null", "no", "-3", "1E-2", "0x1F"])
def test_names_that_look_like_something_else_stay_names(name):
    problem = sample_answers.pension_problem()
    portfolio = dataclasses.replace(problem.portfolio, portfolio_id=name)
    named = dataclasses.replace(problem, portfolio=portfolio)
    assert files.parse_problem(to_yaml(tree_of(named))).portfolio.portfolio_id == name


@pytest.mark.parametrize("number", [1e-7, 1e22, 5e-324, 0.1 + 0.2, -1e-5, 123456789.0])
def test_numbers_keep_all_their_digits(number):
    tree = tree_of(DriverValue(driver_id="equity", value=np.float64(number)))
    (_, value), *_ = reversed(parse_document(to_yaml(tree)).entries)
    assert read_number(value) == number


def test_times_of_day_and_durations_are_texts_that_older_readers_of_yaml_take_for_texts_too():
    tree = tree_of(
        Schedule(
            time_zone="UTC", exchange_code="XNYS", time_of_day=datetime.time(16, 30), daily=DailyCadence()
        )
    )
    assert yaml.safe_load(to_yaml(tree))["time_of_day"] == "16:30"
    assert tree_of(RunPolicy(catch_up_window=datetime.timedelta(hours=36)))["catch_up_window"] == "1d12h"


def test_durations_with_parts_of_seconds_are_refused():
    with pytest.raises(ValueError, match=r"queue_duration: 0:00:00\.5"):
        tree_of(Execution(queue_duration=datetime.timedelta(seconds=0.5)))

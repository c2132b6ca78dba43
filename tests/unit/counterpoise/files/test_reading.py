"""Files that are read: the friendly form, ProtoJSON, and what other writers make of it."""

import datetime
import json

import numpy as np
import pytest

from counterpoise import files
from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    LeverageDefinition,
    LineKind,
    LineValue,
)


def test_friendly_form_is_read(friendly):
    problem = files.parse_problem(friendly)
    assert [driver.driver_id for driver in problem.market.drivers] == ["equity", "NO"]
    assert problem.market.drivers[0].display_name == "Shares 📈"
    assert problem.market.drivers[0].expected_return.annual_excess == 0.045
    assert problem.portfolio.as_of_date == datetime.date(2025, 11, 28)
    assert problem.portfolio.nav_amount == 500e6
    assert type(problem.portfolio.nav_amount) is float
    assert problem.portfolio.lines[2].alpha_sleeve.evidence.observation_count == 84
    assert type(problem.portfolio.lines[2].alpha_sleeve.evidence.observation_count) is int
    assert problem.mandate.limits[0].leverage.definition is LeverageDefinition.GROSS_NOTIONAL
    assert problem.mandate.limits[1].exposure.aggregation is Aggregation.EACH
    assert problem.mandate.limits[1].exposure.lines.kinds == (LineKind.FUNDED_BETA, LineKind.OVERLAY)
    assert problem.mandate.limits[2].reserve.rates == (LineValue(line_id="future", value=0.41),)
    assert problem.objective.maximize_net_return is not None
    triangle = problem.market.risk_model.volatility_correlation.correlation.lower_triangle
    assert triangle.dtype == np.float64
    assert triangle.tolist() == [1, -0.2, 1]
    assert not triangle.flags.writeable


def test_protojson_is_the_same_problem(friendly):
    problem = files.parse_problem(friendly)
    text = files.problem_json(problem)
    assert json.loads(text)["portfolio"]["as_of_date"] == {"year": 2025, "month": 11, "day": 28}
    assert json.loads(text)["mandate"]["limits"][0]["leverage"] == {
        "definition": "LEVERAGE_DEFINITION_GROSS_NOTIONAL"
    }
    assert files.parse_problem(text) == problem


def test_json_of_other_writers_is_the_same_problem(friendly):
    problem = files.parse_problem(friendly)
    tree = json.loads(files.problem_json(problem))
    # Two escapes for what is beyond 16 bits, and tabs, as many JSON writers have them.
    assert files.parse_problem(json.dumps(tree)) == problem
    assert files.parse_problem(json.dumps(tree, indent="\t")) == problem
    assert files.parse_problem("\ufeff" + json.dumps(tree, separators=(",", ":"))) == problem


def test_escaped_backslash_before_u_is_no_escape(friendly):
    tree = json.loads(files.problem_json(files.parse_problem(friendly)))
    name = "\\ud83d\\ude00 and 😀"
    tree["market"]["drivers"][0]["display_name"] = name
    assert files.parse_problem(json.dumps(tree)).market.drivers[0].display_name == name


def test_camel_case_names_are_read(friendly, edited):
    problem = files.parse_problem(friendly)
    assert files.parse_problem(edited("nav_amount", "navAmount").replace("line_id", "lineId")) == problem


def test_date_may_be_a_mapping_or_quoted(friendly, edited):
    problem = files.parse_problem(friendly)
    assert files.parse_problem(edited("2025-11-28", "{year: 2025, month: 11, day: 28}")) == problem
    assert files.parse_problem(edited("2025-11-28", "'2025-11-28'")) == problem


def test_whole_number_may_be_written_as_json_does(edited):
    for text in ("84", "84.0", "8.4e1"):
        problem = files.parse_problem(edited("observation_count: 84", f"observation_count: {text}"))
        assert problem.portfolio.lines[2].alpha_sleeve.evidence.observation_count == 84


def test_texts_that_yaml_1_1_would_turn_into_something_else_stay_texts(edited):
    for text in ("NO", "yes", "on", "16:30", "0x10", "1_000", "2025-01-01", "1e-7x", ".5", "+1", "007"):
        problem = files.parse_problem(
            edited("portfolio_id: pension", f"portfolio_id: {text}".replace("+", "p").replace(":30", "-30"))
        )
        assert problem.portfolio.portfolio_id == text.replace("+", "p").replace(":30", "-30")


def test_file_is_read(friendly, tmp_path):
    path = tmp_path / "pension.yaml"
    path.write_text(friendly, encoding="utf-8")
    assert files.read_problem(path) == files.parse_problem(friendly)
    assert AllocationProblem.from_yaml(path) == AllocationProblem.from_yaml(str(path))
    path.write_bytes(b"\xef\xbb\xbf" + friendly.encode())
    assert files.read_problem(path) == files.parse_problem(friendly)


def test_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.read_problem(tmp_path / "nothing.yaml")

import json

import pytest
from google.protobuf import json_format
from typer.testing import CliRunner

from counterpoise import files, wire
from counterpoise.canonical import problem_sha256
from counterpoise.command.commands import app
from counterpoise.errors import CallStatus, StatusCode
from counterpoise.model import (
    AllocateResponse,
    ErrorReason,
    TerminationReason,
    ValidatePortfolioResponse,
    Violation,
    Warning,
    WarningCode,
)
from counterpoise.testing import Refusal, ScriptedServer
from counterpoise.v1 import allocation_pb2, problem_pb2
from tests import sample_answers

PROBLEM = sample_answers.pension_problem()


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def problem_file(tmp_path):
    path = tmp_path / "problem.json"
    path.write_text(files.problem_json(PROBLEM))
    return str(path)


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def allocated(server, problem_file):
    def allocate(allocation, *options):
        server.script("Allocate", AllocateResponse(allocation=allocation))
        return run("allocate", problem_file, "--target", server.target, *options)

    return allocate


def test_an_optimum_is_explained(allocated):
    result = allocated(sample_answers.optimal())
    assert result.exit_code == 0, result.output
    for words in (
        "Certified optimum",
        "6.475 % a year after costs = $32.38M",
        "22.5 bp more than the reference",
        "Gross leverage is 1.270x",
        "reserve-rule: 0.1 % of NAV less reserve is worth 0.15 bp = $7.5k a year",
        "FIRST LEDGER: CAPITAL",
        "posted as margin",
        "SECOND LEDGER: EXPOSURE",
        "BENEFIT TO THE TOTAL FUND",
        "The same with every alpha at zero",
        "SYNTHETIC AGAINST PHYSICAL",
        "Commitment",
        "MARGIN AND RESERVE",
        "EVIDENCE BEHIND THE ALPHA",
        "alpha: 24 months, 36 are asked for",
        "CERTIFICATE",
        sample_answers.SHA256,
    ):
        assert words in result.output


def test_the_report_fits_a_hundred_columns_and_holds_no_escape_codes(allocated):
    output = allocated(sample_answers.optimal()).output
    assert max(map(len, output.splitlines())) <= 100
    assert "\x1b" not in output


def test_parts_that_the_answer_does_not_carry_are_skipped(allocated):
    output = allocated(sample_answers.basic()).output
    assert "POSITIONS" in output
    for title in ("SECOND LEDGER", "BENEFIT", "bp a year", "MARGIN AND RESERVE", "EVIDENCE"):
        assert title not in output


def test_an_infeasible_mandate_names_what_contradicts(allocated):
    result = allocated(sample_answers.infeasible())
    assert result.exit_code == 3
    assert "proven" in result.output
    assert "exposure at least 30.00 %" in result.output
    assert "uses at most 100 % of NAV" in result.output
    assert "proves that no allocation keeps all of them together." in result.output
    assert "Make one of them soft to see by how much it would be missed." in result.output
    assert "`counterpoise explain FILE`" in result.output
    assert "or more" not in result.output  # a lower bound reads as a distance


@pytest.mark.parametrize("reason", [TerminationReason.UNDETERMINED, TerminationReason.TIME_LIMIT, 99])
def test_what_is_not_certified_shows_the_attempts_and_no_positions(allocated, reason):
    result = allocated(sample_answers.ended(reason, "the gap stayed too wide."))
    assert result.exit_code == 4
    assert "the gap stayed too wide." in " ".join(result.output.split())
    assert "not proven best" in result.output
    assert "POSITIONS" not in result.output


@pytest.mark.parametrize(
    ("allocation", "code"),
    [
        (sample_answers.optimal(), 0),
        (sample_answers.infeasible(), 3),
        (sample_answers.ended(TerminationReason.TIME_LIMIT), 4),
    ],
)
def test_programs_read_the_answer_as_protojson(allocated, allocation, code):
    result = allocated(allocation, "--json")
    assert result.exit_code == code
    message = json_format.Parse(result.output, allocation_pb2.Allocation())
    assert wire.to_model(message) == allocation
    assert json.loads(result.output)["warnings"] is not None  # empty fields are printed


def test_a_call_that_fails_is_an_error_in_one_line(server, problem_file):
    server.script("Allocate", Refusal(status=CallStatus(code=StatusCode.UNAUTHENTICATED, details="who?")))
    result = run("allocate", problem_file, "--target", server.target)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "counterpoise: UNAUTHENTICATED: who?\n"


def test_a_problem_that_the_server_refuses_is_an_error_with_its_violations(server, problem_file):
    violation = Violation(field="mandate.limits[2]", reason=ErrorReason.BOUNDS_CROSSED, message="swap them")
    status = CallStatus(
        code=StatusCode.INVALID_ARGUMENT, reason="REQUEST_INVALID", metadata={"violationCount": "9"}
    )
    server.script("Allocate", Refusal(status=status, violations=(violation,)))
    result = run("allocate", problem_file, "--target", server.target)
    assert result.exit_code == 1
    assert "9 VIOLATIONS" in result.stderr
    assert "\nmandate.limits[2]\n  bounds crossed: swap them\n" in result.stderr
    assert "and 8 more" in result.stderr


def test_a_file_with_violations_is_refused_before_any_call(server, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("market: {annual_risk_free_rate: .nan}\n")
    result = run("allocate", str(path), "--target", server.target)
    assert result.exit_code == 1
    assert "market.annual_risk_free_rate" in result.stderr
    assert server.requests == ()


def test_a_valid_problem_needs_no_server(problem_file):
    result = run("validate", problem_file)
    assert result.exit_code == 0
    assert "is valid" in result.output


def test_a_valid_problem_has_its_hash_without_a_server(problem_file):
    tree = json.loads(run("validate", problem_file, "--json").stdout)
    assert tree["problem_sha256"] == problem_sha256(PROBLEM)
    assert tree["violations"] == tree["warnings"] == []


def test_warnings_of_a_server_are_shown(server, problem_file):
    warning = Warning(code=WarningCode.EVIDENCE_SHORT, message="24 months, 36 are asked for")
    server.script("ValidatePortfolio", ValidatePortfolioResponse(warnings=(warning,)))
    result = run("validate", problem_file, "--target", server.target)
    assert result.exit_code == 0
    assert "is valid" in result.output
    assert "- Thin evidence: 24 months, 36 are asked for" in result.output


def test_violations_are_json_for_programs_that_allocate(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("market: {annual_risk_free_rate: .nan}\n")
    result = run("allocate", str(path), "--json")
    assert result.exit_code == 1
    assert result.stderr == ""
    assert result.stdout == run("validate", str(path), "--json").stdout
    assert json.loads(result.stdout)["violation_count"] > 0


def test_violations_that_the_server_finds_are_json_for_programs(server, problem_file):
    violation = Violation(field="objective", reason=ErrorReason.CHOICE_MISSING, message="set a goal")
    status = CallStatus(
        code=StatusCode.INVALID_ARGUMENT, reason="REQUEST_INVALID", metadata={"violationCount": "9"}
    )
    server.script("Allocate", Refusal(status=status, violations=(violation,)))
    result = run("allocate", problem_file, "--json", "--target", server.target)
    assert result.exit_code == 1
    tree = json.loads(result.stdout)
    assert (tree["violation_count"], tree["violations"][0]["field"]) == (9, "objective")


def test_a_path_is_never_broken_and_says_whom_it_is_about(tmp_path):
    tree = json.loads(files.problem_json(PROBLEM))
    name = "a" + "-long-field-name" * 10
    tree["portfolio"]["lines"][0][name] = 1
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(tree))
    lines = run("validate", str(path)).stdout.splitlines()
    index = next(index for index, line in enumerate(lines) if line.startswith("portfolio.lines[0].a-long"))
    assert lines[index + 1].startswith("  field unknown: ")
    assert "  about line_id other_assets" in lines[index:]
    assert all(line.startswith("  ") for line in lines[index + 1 :] if line)


def test_violations_are_entries(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("market: {annual_risk_free_rate: .nan}\n")
    result = run("validate", str(path))
    assert result.exit_code == 1
    assert "market.annual_risk_free_rate" in result.stdout
    tree = json.loads(run("validate", str(path), "--json").stdout)
    assert tree["violation_count"] == len(tree["violations"]) > 0


def test_a_server_is_asked_what_it_finds_wrong(server, problem_file):
    violation = Violation(field="objective", reason=ErrorReason.CHOICE_MISSING, message="set a goal")
    server.script("ValidatePortfolio", ValidatePortfolioResponse(violations=(violation,), violation_count=1))
    result = run("validate", problem_file, "--target", server.target)
    assert result.exit_code == 1
    assert "set a goal" in result.output


def test_a_problem_is_converted_to_protojson(problem_file):
    result = run("convert", problem_file)
    assert result.exit_code == 0
    message = json_format.Parse(result.stdout, problem_pb2.AllocationProblem())
    assert wire.to_model(message) == PROBLEM

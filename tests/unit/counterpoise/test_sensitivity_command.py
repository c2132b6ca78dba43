"""`counterpoise sensitivity`: what a step of each input is worth, and which positions it moves."""

import dataclasses
import json
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from counterpoise import files
from counterpoise.command import sensitivity_command
from counterpoise.command.commands import app
from counterpoise.command.sensitivity_words import basis
from counterpoise.errors import InfeasibleMandate, NotCertified
from counterpoise.frames.explanation import sensitivity_frame
from counterpoise.model import (
    AlphaBasis,
    AlphaInput,
    BoundInput,
    ExpectedAlpha,
    ExpectedReturn,
    InputResponse,
    InputSensitivity,
    MarginRateInput,
    MeasureSensitivityResponse,
    PositionChange,
    PremiumInput,
    Side,
    TerminationReason,
    Unit,
)
from tests import sample_answers

PROBLEM = sample_answers.pension_problem()
LINES = [line.line_id for line in PROBLEM.portfolio.lines]


def moved(value, change, *positions):
    changes = tuple(PositionChange(line_id=line_id, change=size) for line_id, size in positions)
    return InputResponse(
        value=value, reason=TerminationReason.OPTIMAL, objective_change=change, position_changes=changes
    )


INPUTS = (
    InputSensitivity(
        bound=BoundInput(limit_id="gross-cap", side=Side.UPPER),
        value=1.3,
        unit=Unit.RATIO,
        objective_derivative=0.0152,
        step=0.0025,
        lower=moved(1.2975, -3.8e-5, (LINES[0], -0.0025), *[(line, 0.001) for line in LINES[1:4]]),
        higher=moved(1.3025, 3.7e-5, (LINES[0], 0.0025)),
    ),
    InputSensitivity(
        premium=PremiumInput(driver_id="bonds"),
        value=0.02,
        unit=Unit.ANNUAL_RATE,
        objective_derivative=0.3,
        step=0.0025,
        lower=InputResponse(value=0.0175, reason=TerminationReason.INFEASIBLE),
        higher=InputResponse(value=0.0225, reason=TerminationReason.TIME_LIMIT),
    ),
    InputSensitivity(
        alpha=AlphaInput(line_id="alpha"),
        value=0.001,
        unit=Unit.ANNUAL_RATE,
        objective_derivative=0.0,
        step=0.0001,
    ),
    InputSensitivity(
        margin_rate=MarginRateInput(line_id=LINES[-1]), value=0.05, unit=Unit.NAV_FRACTION, step=0.0025
    ),
)
MEASURED = MeasureSensitivityResponse(allocation=sample_answers.optimal(), inputs=INPUTS)


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Runs the command on a client that answers, or raises, as told; what it was asked is in `asked`."""
    path = tmp_path / "problem.json"
    path.write_text(files.problem_json(PROBLEM))

    def run(answer, *options):
        class Client:
            def measure_sensitivity(self, problem, *, maximum_input_count=None, step=None):
                run.asked.append((problem, maximum_input_count, step))
                if isinstance(answer, Exception):
                    raise answer
                return answer

        @contextmanager
        def connected(*_):
            yield Client()

        monkeypatch.setattr(sensitivity_command, "connected", connected)
        return CliRunner().invoke(app, ["sensitivity", str(path), *options])

    run.asked = []
    return run


def words(result):
    return " ".join(result.output.split())


def test_gains_per_step_and_derivatives_are_told(measured):
    result = measured(MEASURED)
    assert result.exit_code == 0, result.output
    page = words(result)
    assert "1.300x 0.0025x -0.38 +0.37 +0.0152" in page
    assert "2.00 % 0.25 % infeasible no time +0.3" in page
    assert "no time: time ran out before that answer" in page
    assert "0.10 % 0.01 % - - +0" in page
    assert "It is 0 for an input that begins to matter only within the step." in page
    assert "-: one step that way is no valid input." in page
    assert max(map(len, result.output.splitlines())) <= 100


def test_an_end_without_a_note_is_not_called_invalid(measured):
    page = words(measured(dataclasses.replace(MEASURED, inputs=INPUTS[:2])))
    assert "no valid input" not in page


def test_only_ends_with_answers_are_called_certified(measured):
    assert "Each end with a number is a certified answer" in words(measured(MEASURED))
    without = dataclasses.replace(MEASURED, inputs=INPUTS[1:])
    assert "certified answer" not in words(measured(without))


def test_numbers_say_on_which_basis_they_are_declared(measured):
    page = words(measured(MEASURED))
    assert "Return of bonds over cash 2.00 %" in page
    assert "over cash, net 0.10 %" in page
    (sleeve,) = (line for line in PROBLEM.portfolio.lines if line.alpha_sleeve is not None)
    gross = ExpectedAlpha(gross_of_fees=AlphaBasis(annual_total=0.05))
    for given, told in (
        (ExpectedReturn(annual_total=0.02), "total"),
        (ExpectedReturn(annual_basis_points=200.0), "move"),
    ):
        drivers = tuple(dataclasses.replace(item, expected_return=given) for item in PROBLEM.market.drivers)
        market = dataclasses.replace(PROBLEM.market, drivers=drivers)
        assert basis(INPUTS[1], dataclasses.replace(PROBLEM, market=market)) == told
    line = dataclasses.replace(
        sleeve, alpha_sleeve=dataclasses.replace(sleeve.alpha_sleeve, expected_alpha=gross)
    )
    portfolio = dataclasses.replace(PROBLEM.portfolio, lines=(line,))
    item = dataclasses.replace(INPUTS[2], alpha=AlphaInput(line_id=line.line_id))
    assert basis(item, dataclasses.replace(PROBLEM, portfolio=portfolio)) == "total, gross"


def test_margin_rates_are_told_in_percent(measured):
    rate = dataclasses.replace(INPUTS[3], unit=Unit.RATIO)
    page = words(measured(dataclasses.replace(MEASURED, inputs=(rate,))))
    assert "5.00 % 0.25 % - -" in page


def test_ends_that_miss_soft_limits_by_more_are_marked(measured):
    turned = dataclasses.replace(
        INPUTS[0],
        objective_derivative=None,
        lower=dataclasses.replace(INPUTS[0].lower, objective_change=2.5e-5, soft_violation_change=0.0025),
    )
    response = dataclasses.replace(MEASURED, inputs=(turned,))
    page = words(measured(response))
    assert "+0.25* +0.37" in page
    assert "step down: by 0.0025 more." in page
    assert "There is none where a move may change what soft limits miss" in page
    frame = sensitivity_frame(response)
    assert list(frame.loc[("upper", "gross-cap"), ["lower_missed", "higher_missed"]]) == [0.0025, 0.0]
    assert frame["derivative"].isna().all()
    assert "*" not in words(measured(dataclasses.replace(MEASURED, inputs=INPUTS[:1])))


def test_soft_limits_that_are_missed_explain_what_is_left_out(measured):
    limit = dataclasses.replace(sample_answers.optimal().limits[0], priority=1, violation=0.1)
    missed = dataclasses.replace(sample_answers.optimal(), limits=(limit,))
    page = words(measured(dataclasses.replace(MEASURED, allocation=missed)))
    assert "Soft limits are missed: " in page
    assert "margin rates and bounds are left out" in page


def test_positions_that_move_most_are_named(measured):
    page = words(measured(MEASURED))
    moves = page[page.index("POSITIONS THAT MOVE MOST") :]
    assert "down" in moves
    assert "-0.25" in moves
    assert "and 1 more" in moves
    assert moves.count("Upper bound of") == 2


def test_an_answer_that_nothing_moves_says_so(measured):
    result = measured(dataclasses.replace(MEASURED, inputs=()))
    assert result.exit_code == 0
    assert "No input moves this answer." in result.output
    assert "POSITIONS" not in result.output


def test_how_many_inputs_and_how_far_are_asked_for(measured):
    measured(MEASURED)
    measured(MEASURED, "--count", "3", "--step", "0.001")
    assert measured.asked == [(PROBLEM, None, None), (PROBLEM, 3, 0.001)]


@pytest.mark.parametrize("options", [("--count", "0"), ("--count", "51"), ("--step", "0"), ("--step", "0.2")])
def test_counts_and_steps_out_of_range_are_wrong_usage(measured, options):
    assert measured(MEASURED, *options).exit_code == 2


INFEASIBLE = sample_answers.infeasible()
UNPROVEN = sample_answers.ended(TerminationReason.TIME_LIMIT)


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        (MeasureSensitivityResponse(allocation=INFEASIBLE), 3, "INFEASIBLE"),
        (MeasureSensitivityResponse(allocation=UNPROVEN), 4, "NOT CERTIFIED"),
        (InfeasibleMandate(INFEASIBLE), 3, "INFEASIBLE"),
        (NotCertified(UNPROVEN), 4, "NOT CERTIFIED"),
    ],
    ids=["infeasible", "unproven", "raised-infeasible", "raised-unproven"],
)
def test_without_an_optimum_there_is_nothing_to_measure(measured, answer, code, told):
    result = measured(answer)
    assert result.exit_code == code
    assert told in result.output
    assert ("`counterpoise explain FILE`" in result.output) == (told == "INFEASIBLE")
    printed = measured(answer, "--json")
    assert printed.exit_code == code
    assert json.loads(printed.output)["allocation"]["termination"]["reason"]


def test_programs_read_the_measurement_as_protojson(measured):
    result = measured(MEASURED, "--json")
    assert result.exit_code == 0
    assert json.loads(result.output)["inputs"][0]["objective_derivative"] == 0.0152


def test_a_frame_has_inputs_by_kind_and_id():
    frame = sensitivity_frame(MEASURED)
    assert list(frame.index[:2]) == [("upper", "gross-cap"), ("premium", "bonds")]
    assert frame.loc[("upper", "gross-cap"), "higher_change"] == 3.7e-5
    assert frame.iloc[1:][["lower_change", "higher_change"]].isna().all(axis=None)
    assert sensitivity_frame(dataclasses.replace(MEASURED, inputs=())).empty

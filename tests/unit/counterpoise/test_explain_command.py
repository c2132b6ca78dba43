"""`counterpoise explain`: what contradicts, what would mend it, and exit codes for programs."""

import dataclasses
import json
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from counterpoise import files
from counterpoise.command import explain_command
from counterpoise.command.commands import app
from counterpoise.errors import InvalidProblem
from counterpoise.frames.explanation import conflict_frame, relaxations_frame
from counterpoise.model import (
    ConflictMember,
    ErrorReason,
    ExplainInfeasibilityResponse,
    FixedLimit,
    InfeasibilityVerdict,
    LimitKey,
    Relaxation,
    RelaxationWeight,
    Side,
    StructuralRule,
    Termination,
    TerminationReason,
    Unit,
    Violation,
)
from tests import sample_answers

PROBLEM = sample_answers.pension_problem()
INFEASIBLE = ExplainInfeasibilityResponse(
    verdict=InfeasibilityVerdict.INFEASIBLE,
    conflict_members=(
        ConflictMember(
            key=LimitKey(limit_id="keep-bonds", driver_id="bonds"),
            side=Side.LOWER,
            bound=0.3,
            unit=Unit.NAV_FRACTION,
        ),
        ConflictMember(
            key=LimitKey(structural_rule=StructuralRule.CAPITAL_BUDGET),
            side=Side.UPPER,
            bound=1.0,
            unit=Unit.NAV_FRACTION,
        ),
    ),
    minimal=True,
    relaxations=(
        Relaxation(
            key=LimitKey(limit_id="keep-bonds", driver_id="bonds"),
            side=Side.LOWER,
            amount=0.02,
            relaxed_bound=0.28,
            unit=Unit.NAV_FRACTION,
        ),
        Relaxation(
            key=LimitKey(limit_id="gross-cap"),
            side=Side.UPPER,
            amount=2e-6,
            relaxed_bound=1.300002,
            unit=Unit.RATIO,
        ),
    ),
    relaxation_termination=Termination(reason=TerminationReason.OPTIMAL),
    relaxation_cost=0.02,
    relaxation_cost_bound=0.02,
    provenance=sample_answers.PROVENANCE,
)
FEASIBLE = ExplainInfeasibilityResponse(
    verdict=InfeasibilityVerdict.FEASIBLE, provenance=sample_answers.PROVENANCE
)


@pytest.fixture
def explained(monkeypatch, tmp_path):
    """Runs the command on a client that answers as told; what it was asked is in `asked`."""
    path = tmp_path / "problem.json"

    def run(response, *options, problem=PROBLEM):
        path.write_text(files.problem_json(problem))

        class Client:
            def explain(self, problem, *, weights=()):
                run.asked.append((problem, weights))
                if isinstance(response, Exception):
                    raise response
                return response

        @contextmanager
        def connected(*_):
            yield Client()

        monkeypatch.setattr(explain_command, "connected", connected)
        return CliRunner().invoke(app, ["explain", str(path), *options])

    run.asked = []
    return run


def words(result):
    return " ".join(result.output.split())


def test_a_conflict_and_its_cheapest_mending_are_told(explained):
    result = explained(INFEASIBLE)
    assert result.exit_code == 3, result.output
    page = words(result)
    assert "No allocation satisfies this mandate. That is proven" in page
    assert "THESE BOUNDS CANNOT HOLD TOGETHER" in page
    assert "at least 30.00 % yes" in page
    assert "Capital at most 100.00 % yes" in page
    assert "THE CHEAPEST MENDING" in page
    assert "lower the lower bound 2.00 % 28.00 %" in page
    assert "raise the upper bound 2.0e-06 1.301x" in page  # a move is never told as nothing
    assert max(map(len, result.output.splitlines())) <= 100


def named_problem():
    """The problem with names for its limits that are not their ids."""
    limits = tuple(
        dataclasses.replace(limit, display_name=f"The limit {number}")
        for number, limit in enumerate(PROBLEM.mandate.limits)
    )
    return dataclasses.replace(PROBLEM, mandate=dataclasses.replace(PROBLEM.mandate, limits=limits))


def test_what_options_and_files_call_a_limit_stands_beside_its_name(explained):
    line_box = LimitKey(structural_rule=StructuralRule.LINE_BOX, line_id="alpha")
    moves = (*INFEASIBLE.relaxations, dataclasses.replace(INFEASIBLE.relaxations[0], key=line_box))
    response = dataclasses.replace(INFEASIBLE, relaxations=moves)
    page = words(explained(response, problem=named_problem()))
    assert "keep-bonds at least 30.00 %" in page
    assert "keep-bonds lower the lower bound" in page
    assert "gross-cap raise the upper bound" in page
    assert "LINE_BOX lower the lower bound" in page
    assert "The limit" in page
    assert words(explained(INFEASIBLE)).count("gross-cap") == 1  # an id that is the name is told once


def test_a_mending_has_its_cost_and_the_units_that_count_alike(explained):
    page = words(explained(INFEASIBLE))
    assert "It costs 0.02: the sum of all moves, each times its weight." in page
    assert "1x of leverage, 100 % of NAV" in page
    assert "It costs" not in words(explained(dataclasses.replace(INFEASIBLE, relaxation_cost=None)))


@pytest.mark.parametrize("member", [{"scenario_id": "crash"}, {"horizon_trading_days": 5}])
def test_one_bound_of_several_scenarios_or_horizons_is_told_as_one(explained, member):
    move = dataclasses.replace(
        INFEASIBLE.relaxations[1], key=LimitKey(limit_id="gross-cap", **member), unit=Unit.NAV_FRACTION
    )
    page = words(explained(dataclasses.replace(INFEASIBLE, relaxations=(move,))))
    assert "gross-cap has one bound for all its scenarios and horizons" in page
    assert "has one bound for all" not in words(explained(INFEASIBLE))


def test_violations_of_weights_are_told_by_their_options(explained):
    unknown = tuple(
        Violation(
            field=f"weights[{index}].limit_id",
            reason=ErrorReason.ID_UNKNOWN,
            message="no limit of the mandate",
        )
        for index in (0, 1, 7)
    )
    options = ("--fix", "no-cap", "--weight", "no-floor=2")
    told = explained(InvalidProblem(unknown), *options)
    assert told.exit_code == 1
    heads = told.stderr.splitlines()
    assert {"--fix no-cap", "--weight no-floor=2", "weights[7].limit_id"} <= set(heads)
    printed = json.loads(explained(InvalidProblem(unknown), *options, "--json").output)
    assert printed["violations"][0]["field"] == "weights[0].limit_id"


def mended(side, relaxed_bound, unit=Unit.NAV_FRACTION):
    move = dataclasses.replace(
        INFEASIBLE.relaxations[0], side=side, amount=0.29753209995, relaxed_bound=relaxed_bound, unit=unit
    )
    return dataclasses.replace(INFEASIBLE, relaxations=(move,))


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (mended(Side.LOWER, 0.4024679), "lower the lower bound 29.76 % 40.24 %"),
        (mended(Side.UPPER, 0.4024321), "raise the upper bound 29.76 % 40.25 %"),
        (mended(Side.UPPER, 0.3), "raise the upper bound 29.76 % 30.00 %"),
        (mended(Side.LOWER, 0.1 + 0.2), "lower the lower bound 29.76 % 30.00 %"),
        (mended(Side.LOWER, -0.00001), "lower the lower bound 29.76 % -0.01 %"),
        (mended(Side.UPPER, 1.2000001, Unit.RATIO), "raise the upper bound 0.298x 1.201x"),
    ],
)
def test_mended_bounds_are_rounded_to_the_side_that_allows_more(explained, response, told):
    assert told in words(explained(response))


def test_a_conflict_that_may_be_smaller_says_so(explained):
    page = words(explained(dataclasses.replace(INFEASIBLE, minimal=False)))
    assert "at least 30.00 % not proven" in page
    assert "Not proven minimal" in page


def test_one_bound_that_cannot_hold_is_told_alone(explained):
    one = dataclasses.replace(INFEASIBLE, conflict_members=INFEASIBLE.conflict_members[:1])
    page = words(explained(one))
    assert "THIS BOUND CANNOT HOLD" in page
    assert "even alone" in page


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (TerminationReason.INFEASIBLE, "fix fewer of them"),
        (TerminationReason.TIME_LIMIT, "was not proven: time ran out."),
    ],
)
def test_a_mending_that_was_not_found_says_why(explained, reason, told):
    ended = Termination(reason=reason, detail="time ran out")
    page = words(explained(dataclasses.replace(INFEASIBLE, relaxations=(), relaxation_termination=ended)))
    assert "NO MENDING" in page
    assert told in page


def test_a_mending_that_may_not_be_the_cheapest_says_so(explained):
    unproven = Termination(reason=TerminationReason.UNDETERMINED)
    page = explained(
        dataclasses.replace(INFEASIBLE, relaxation_termination=unproven, relaxation_cost_bound=0.0159)
    ).output
    assert "A MENDING" in page
    assert "CHEAPEST MENDING" not in page
    assert "none costs less than 79 % of it" in page


def test_a_feasible_mandate_points_to_sensitivity(explained):
    result = explained(FEASIBLE)
    assert result.exit_code == 0, result.output
    assert "There is an allocation" in result.output
    assert "`counterpoise sensitivity`" in result.output
    assert "CANNOT HOLD" not in result.output


@pytest.mark.parametrize("verdict", [InfeasibilityVerdict.UNDETERMINED, 9])
def test_what_is_not_proven_has_its_own_exit_code(explained, verdict):
    result = explained(dataclasses.replace(FEASIBLE, verdict=verdict))
    assert result.exit_code == 4
    assert "NOT PROVEN" in result.output


def test_programs_read_the_explanation_as_protojson(explained):
    result = explained(INFEASIBLE, "--json")
    assert result.exit_code == 3
    assert json.loads(result.output)["relaxations"][0]["relaxed_bound"] == 0.28


def test_fixed_limits_and_weights_are_asked_for(explained):
    explained(FEASIBLE, "--fix", "keep-bonds", "--weight", "gross-cap=10", "--weight", "a=b=0.5")
    assert explained.asked == [
        (
            PROBLEM,
            (
                RelaxationWeight(limit_id="keep-bonds", fixed=FixedLimit()),
                RelaxationWeight(limit_id="gross-cap", weight=10.0),
                RelaxationWeight(limit_id="a=b", weight=0.5),
            ),
        )
    ]


def test_rules_that_may_move_have_names_of_their_own(explained):
    explained(FEASIBLE, "--fix", "LINE_BOX", "--weight", "DEFAULT_LEVERAGE_CAP=2")
    assert explained.asked[0][1] == (
        RelaxationWeight(structural_rule=StructuralRule.LINE_BOX, fixed=FixedLimit()),
        RelaxationWeight(structural_rule=StructuralRule.DEFAULT_LEVERAGE_CAP, weight=2.0),
    )
    page = words(explained(INFEASIBLE))
    assert "LINE_BOX stands for the bounds of lines" in page


@pytest.mark.parametrize(
    "options",
    [
        ("--fix", "LINE_BOX", "--weight", "LINE_BOX=2"),
        ("--weight", "gross-cap"),
        ("--weight", "=3"),
        ("--weight", "gross-cap=dear"),
        ("--weight", "gross-cap=nan"),
        ("--weight", "gross-cap=-1"),
        ("--fix", "gross-cap", "--weight", "gross-cap=2"),
        ("--fix", "gross-cap", "--fix", "gross-cap"),
    ],
)
def test_prices_that_are_none_are_wrong_usage(explained, options):
    assert explained(FEASIBLE, *options).exit_code == 2
    assert explained.asked == []


def test_frames_hold_the_conflict_and_the_mending():
    conflict, mending = conflict_frame(INFEASIBLE), relaxations_frame(INFEASIBLE)
    assert list(conflict["limit"]) == ["keep-bonds[bonds]", "capital_budget"]
    assert list(conflict["bound"]) == [0.3, 1.0]
    assert list(mending["side"]) == ["lower", "upper"]
    assert list(mending["relaxed_bound"]) == [0.28, 1.300002]
    assert conflict_frame(FEASIBLE)["bound"].dtype == relaxations_frame(FEASIBLE)["amount"].dtype == float

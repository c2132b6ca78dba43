"""`counterpoise frontier`: a row, or a line, for every value; frames and a picture of the same points."""

import dataclasses
import io
import json
from contextlib import contextmanager

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from counterpoise import files
from counterpoise.command import frontier_command
from counterpoise.command.commands import app
from counterpoise.command.frontier_arguments import parsed_values
from counterpoise.command.frontier_command import in_order, told_as_they_come
from counterpoise.frames.frontier import frontier_frame
from counterpoise.model import (
    AllocationView,
    AlphaScaleParameter,
    CallRefusal,
    ErrorReason,
    LimitBoundParameter,
    LimitKey,
    LimitReport,
    ReserveRateParameter,
    RiskAversionParameter,
    Side,
    SolveMode,
    SweepAxis,
    TerminationReason,
    TraceFrontierResponse,
    Unit,
)
from counterpoise.pictures.frontier import draw_frontier
from tests import sample_answers

PROBLEM = sample_answers.pension_problem()
VALUES = (0.28, 0.3, 0.32, 0.34)
AXIS = SweepAxis(
    limit_bound=LimitBoundParameter(limit_id="keep-bonds", side=Side.UPPER), parameter_values=VALUES
)
ALPHA = SweepAxis(alpha_scale=AlphaScaleParameter(), parameter_values=VALUES)
OPTIMAL, INFEASIBLE = sample_answers.optimal(), sample_answers.infeasible()
UNPROVEN = sample_answers.ended(TerminationReason.TIME_LIMIT)
REFUSAL = CallRefusal(reason=ErrorReason.BOUNDS_CROSSED, message="the bounds cross")
BOUND = ("--limit", "keep-bonds", "--side", "upper", "--values", "0.28:0.34:0.02")


def frontier_of(*outcomes):
    """Points in the reverse order of their values, as workers may finish."""
    points = [
        TraceFrontierResponse(
            point_index=index,
            coordinates=(VALUES[index],),
            allocation=None if outcome is REFUSAL else outcome,
            refusal=outcome if outcome is REFUSAL else None,
            completed_count=len(outcomes) - index,
            total_count=len(outcomes),
        )
        for index, outcome in enumerate(outcomes)
    ]
    return points[::-1]


@pytest.fixture
def swept(monkeypatch, tmp_path):
    """Runs the command on a client that answers as told; what it was asked is in `asked`."""
    path = tmp_path / "problem.json"
    path.write_text(files.problem_json(PROBLEM))

    def run(points, *options):
        class Client:
            def frontier(self, problem, *, axes, parameters=None):
                run.asked.append((problem, axes, parameters.view))
                run.modes.append(parameters.mode)
                return iter(points)

        @contextmanager
        def connected(*_):
            yield Client()

        monkeypatch.setattr(frontier_command, "connected", connected)
        return CliRunner().invoke(app, ["frontier", str(path), *options])

    run.asked, run.modes = [], []
    return run


def words(text):
    return " ".join(text.split())


def test_every_value_has_a_row_in_its_order(swept):
    result = swept(frontier_of(OPTIMAL, OPTIMAL, INFEASIBLE), *BOUND)
    assert result.exit_code == 0, result.output
    page = words(result.output)
    assert "FRONTIER: UPPER BOUND OF" in page
    rows = [line.split() for line in result.output.splitlines() if line[:3] in ("28 ", "30 ", "32 ")]
    assert rows[0][:4] == ["28", "%", "certified", "6.475"]
    assert rows[0][-1] == "0.0125"
    assert "1.270x" in rows[1]
    assert rows[2] == ["32", "%", "infeasible"]
    assert "1 of 3 points is proven infeasible" in page
    assert max(map(len, result.output.splitlines())) <= 100
    assert result.stderr == ""  # nobody watches


def test_only_a_bound_has_a_shadow_price(swept):
    page = swept(frontier_of(OPTIMAL), "--alpha-scale", "--values", "0.28").output
    assert "FACTOR ON EVERY ALPHA" in page
    assert "shadow price" not in page


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((OPTIMAL, INFEASIBLE), 0),
        ((INFEASIBLE, INFEASIBLE), 3),
        ((OPTIMAL, UNPROVEN), 4),
        ((OPTIMAL, UNPROVEN, REFUSAL), 1),
    ],
)
def test_exit_codes_say_what_became_of_the_points(swept, outcomes, code):
    assert swept(frontier_of(*outcomes), *BOUND).exit_code == code
    assert swept(frontier_of(*outcomes), *BOUND, "--json").exit_code == code


def test_points_without_an_answer_say_why(swept):
    page = words(swept(frontier_of(OPTIMAL, UNPROVEN, REFUSAL), *BOUND).output)
    assert "30 % not proven" in page
    assert "1 of 3 points is not proven either way." in page
    assert "32 % was refused: the bounds cross" in page


def test_only_certified_rows_are_called_certified(swept):
    told = [
        words(swept(frontier_of(*outcomes), *BOUND).output)
        for outcomes in ((OPTIMAL, OPTIMAL), (OPTIMAL, INFEASIBLE), (INFEASIBLE, INFEASIBLE))
    ]
    assert "Each is a certified answer of its own." in told[0]
    assert "Each that is certified is an answer of its own." in told[1]
    assert "answer of its own" not in told[2]
    assert "The shadow price is" not in told[2]
    assert "2 of 2 points are proven infeasible" in told[2]


def test_the_price_beside_infeasible_values_is_said_to_have_no_end(swept):
    page = words(swept(frontier_of(INFEASIBLE, OPTIMAL, OPTIMAL), *BOUND).output)
    assert "It lies between the slopes on both sides" in page
    assert "At 30 % the next tighter value has no allocation: the price may be anything beyond" in page
    assert "next tighter" not in swept(frontier_of(OPTIMAL, OPTIMAL, INFEASIBLE), *BOUND).output


@pytest.mark.parametrize(
    ("options", "mode"),
    [((), None), (("--mode", "fast"), SolveMode.FAST), (("--mode", "repeatable"), SolveMode.REPEATABLE)],
)
def test_a_mode_is_asked_for_where_one_is_named(swept, options, mode):
    assert swept(frontier_of(OPTIMAL), *BOUND, *options).exit_code == 0
    assert swept.modes == [mode]


def interrupted(points):
    yield from points
    raise KeyboardInterrupt


def test_an_interrupted_sweep_prints_what_has_come(swept, tmp_path):
    # The third point came before the second.
    came = [frontier_of(OPTIMAL, OPTIMAL, OPTIMAL, OPTIMAL)[::-1][index] for index in (0, 2)]
    picture = tmp_path / "frontier.png"
    page = swept(interrupted(came), *BOUND, "--picture", str(picture))
    assert page.exit_code == 130
    assert "at 2 values" in words(page.stdout)
    assert "Interrupted after 2 of 4 points." in page.stderr
    assert picture.exists()
    printed = swept(interrupted(came), *BOUND, "--json")
    assert printed.exit_code == 130
    assert [json.loads(line)["point_index"] for line in printed.stdout.splitlines()] == [0, 2]
    nothing = swept(interrupted([]), *BOUND)
    assert (nothing.exit_code, nothing.stdout) == (130, "")


def test_programs_read_one_point_a_line_in_order(swept):
    result = swept(frontier_of(OPTIMAL, INFEASIBLE, REFUSAL), *BOUND, "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["point_index"] for line in lines] == [0, 1, 2]
    assert lines[2]["refusal"]["message"] == "the bounds cross"


def test_pages_ask_for_net_returns_and_programs_for_little(swept):
    swept(frontier_of(OPTIMAL), *BOUND)
    swept(frontier_of(OPTIMAL), *BOUND, "--json")
    assert swept.asked == [
        (PROBLEM, (AXIS,), AllocationView.FULL),
        (PROBLEM, (AXIS,), AllocationView.BASIC),
    ]


@pytest.mark.parametrize(
    ("options", "axis"),
    [
        (("--limit", "keep-bonds", "--side", "lower"), {"limit_bound": ("keep-bonds", Side.LOWER)}),
        (("--reserve", "reserve-rule"), {"reserve_rate": ReserveRateParameter(limit_id="reserve-rule")}),
        (("--alpha-scale",), {"alpha_scale": AlphaScaleParameter()}),
        (("--risk-aversion",), {"risk_aversion": RiskAversionParameter()}),
    ],
)
def test_each_number_can_be_swept(swept, options, axis):
    if "limit_bound" in axis:
        limit_id, side = axis["limit_bound"]
        axis = {"limit_bound": LimitBoundParameter(limit_id=limit_id, side=side)}
    result = swept(frontier_of(OPTIMAL), *options, "--values", "0.28")
    assert result.exit_code == 0, result.output
    assert swept.asked[0][1] == (SweepAxis(**axis, parameter_values=(0.28,)),)


@pytest.mark.parametrize(
    "options",
    [
        ("--values", "1"),
        ("--limit", "keep-bonds", "--side", "upper"),
        ("--limit", "keep-bonds", "--values", "1"),
        ("--side", "upper", "--alpha-scale", "--values", "1"),
        ("--alpha-scale", "--risk-aversion", "--values", "1"),
        ("--alpha-scale", "--values", "1", "--picture", "frontier.txt"),
        ("--alpha-scale", "--values", "1", "--picture", "no-such-directory/frontier.png"),
    ],
)
def test_axes_and_pictures_that_are_none_are_wrong_usage(swept, options):
    assert swept(frontier_of(OPTIMAL), *options).exit_code == 2
    assert swept.asked == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1.0:1.3:0.1", (1.0, 1.1, 1.2, 1.3)),
        ("1:1.25:0.1", (1.0, 1.1, 1.2)),
        ("-0.1:0.1:0.1", (-0.1, 0.0, 0.1)),
        ("2:2:1", (2.0,)),
        ("1.5:1.2:-0.1", (1.5, 1.4, 1.3, 1.2)),
        ("0.1:-0.1:-0.15", (0.1, -0.05)),
        ("1.5, 1e-3", (1.5, 0.001)),
    ],
)
def test_values_are_exact_decimals(text, values):
    assert parsed_values(text) == values


@pytest.mark.parametrize(
    "text",
    ["", "1,", "one", "nan", "inf", "1:2", "1:2:0", "2:1:0.1", "1:2:-0.1", "1:2:3:4", "1,1.0", "0:1:1e-9"],
)
def test_values_that_are_none_are_refused(text):
    with pytest.raises(typer.BadParameter):
        parsed_values(text)


def test_points_pass_as_soon_as_those_before_them_have_come():
    first, second, third = frontier_of(OPTIMAL, OPTIMAL, OPTIMAL)[::-1]
    passed = []

    def came():
        for point in (second, first, third):
            yield point
            passed.append(point.point_index)

    ordered = in_order(came())
    assert next(ordered) is first
    assert passed == [1]
    assert list(ordered) == [second, third]


class Watched(io.StringIO):
    def isatty(self):
        return True


def test_who_watches_sees_how_many_points_have_come():
    screen = Watched()
    assert len(list(told_as_they_come(frontier_of(OPTIMAL, OPTIMAL), screen, 2))) == 2
    assert screen.getvalue().startswith("0 of 2 points\r1 of 2 points\r2 of 2 points")
    assert screen.getvalue().endswith("\r")


def test_a_frame_has_points_in_order_with_their_figures():
    frame = frontier_frame(frontier_of(OPTIMAL, INFEASIBLE, REFUSAL), (AXIS,))
    assert list(frame.index) == [0, 1, 2]
    assert list(frame["keep-bonds.upper"]) == [0.28, 0.3, 0.32]
    assert list(frame["termination"]) == ["optimal", "infeasible", "refused"]
    assert frame.loc[0, "objective"] == 0.06475
    assert frame.loc[0, "shadow_price[keep-bonds.upper]"] == 0.0125
    assert frame.loc[1:, ["objective", "net_return", "shadow_price[keep-bonds.upper]"]].isna().all(axis=None)


def test_a_frame_of_two_axes_has_a_column_for_each():
    point = TraceFrontierResponse(coordinates=(0.3, 1.0), allocation=OPTIMAL)
    frame = frontier_frame([point], (AXIS, ALPHA))
    assert list(frame.columns[:2]) == ["keep-bonds.upper", "alpha_scale"]
    assert frontier_frame([], (AXIS, ALPHA)).empty


def test_members_of_one_limit_move_its_bound_together():
    limits = tuple(
        dataclasses.replace(OPTIMAL.limits[0], upper_shadow_price=price) for price in (0.25, 0.5, None)
    )
    point = TraceFrontierResponse(coordinates=(0.3,), allocation=dataclasses.replace(OPTIMAL, limits=limits))
    assert frontier_frame([point], (AXIS,)).loc[0, "shadow_price[keep-bonds.upper]"] == 0.75


def with_soft(violation, *, soft_price=0.04, lower=None):
    """The optimum under a bound worth 0.03 that binds, beside a soft floor that is met or missed."""
    hard = dataclasses.replace(
        OPTIMAL.limits[0], upper=0.3, lower=lower, upper_shadow_price=0.03, binding=True
    )
    soft = LimitReport(
        key=LimitKey(limit_id="soft-floor"),
        unit=Unit.NAV_FRACTION,
        lower=0.5,
        lower_slack=-violation,
        lower_shadow_price=soft_price,
        binding=True,
        priority=1,
        violation=violation,
    )
    return dataclasses.replace(OPTIMAL, limits=(hard, soft))


MISSED, MET = with_soft(0.1), with_soft(0.0)
PRICE = "shadow_price[keep-bonds.upper]"


def test_no_bound_has_a_price_where_a_soft_limit_is_missed_or_just_met():
    frame = frontier_frame(frontier_of(MISSED, MET, MET), (AXIS,))
    assert list(frame["soft_limits_missed"]) == [1.0, 0.0, 0.0]
    # Only at the last value is the limit known to be met still when the bound is tighter.
    np.testing.assert_array_equal(frame[PRICE], [np.nan, np.nan, 0.03])


def test_of_a_lower_bound_the_tighter_value_is_the_higher():
    axis = SweepAxis(
        limit_bound=LimitBoundParameter(limit_id="keep-bonds", side=Side.LOWER), parameter_values=VALUES
    )
    falling = dataclasses.replace(
        MET, limits=(dataclasses.replace(MET.limits[0], lower_shadow_price=0.02), MET.limits[1])
    )
    frame = frontier_frame(frontier_of(falling, falling, MISSED), (axis,))
    np.testing.assert_array_equal(frame["shadow_price[keep-bonds.lower]"], [0.02, np.nan, np.nan])


def test_a_tighter_value_counts_only_where_the_other_number_is_the_same():
    points = [
        TraceFrontierResponse(point_index=index, coordinates=at, allocation=MET)
        for index, at in enumerate([(0.28, 1.0), (0.3, 2.0), (0.3, 1.0)])
    ]
    np.testing.assert_array_equal(frontier_frame(points, (AXIS, ALPHA))[PRICE], [np.nan, np.nan, 0.03])


def test_soft_limits_that_cost_nothing_leave_prices_as_they_are():
    assert frontier_frame(frontier_of(with_soft(0.1, soft_price=0.0)), (AXIS,)).loc[0, PRICE] == 0.03


def test_a_neutrality_limit_is_worth_what_both_its_sides_are():
    answers = [
        dataclasses.replace(
            OPTIMAL,
            limits=(
                dataclasses.replace(
                    OPTIMAL.limits[0],
                    lower=-upper,
                    upper=upper,
                    lower_shadow_price=0.0125,
                    upper_shadow_price=0.0,
                ),
            ),
        )
        for upper in VALUES[:2]
    ]
    assert list(frontier_frame(frontier_of(*answers), (AXIS,))[PRICE]) == [0.0125, 0.0125]


def test_a_fixed_lower_bound_is_no_part_of_what_the_upper_one_is_worth():
    answers = [
        dataclasses.replace(
            OPTIMAL,
            limits=(
                dataclasses.replace(
                    OPTIMAL.limits[0],
                    lower=-0.28,
                    upper=upper,
                    lower_shadow_price=0.0125,
                    upper_shadow_price=0.0,
                ),
            ),
        )
        for upper in VALUES[:2]
    ]
    assert list(frontier_frame(frontier_of(*answers), (AXIS,))[PRICE]) == [0.0, 0.0]


def test_pages_say_where_soft_limits_are_missed(swept):
    result = swept(frontier_of(MISSED, MET, MET), *BOUND)
    page = words(result.output)
    assert "soft missed" in page
    assert "Soft limits are missed at 1 of 3 values: soft-floor by 10.00 % of NAV at 28 %." in page
    assert "There is none where a soft limit is missed" in page
    rows = [line.split() for line in result.output.splitlines() if line[:3] in ("28 ", "30 ", "32 ")]
    assert [row[-1] for row in rows] == ["1", "0", "0.03"]
    assert "soft" not in swept(frontier_of(OPTIMAL), *BOUND).output


def test_pictures_ring_what_misses_soft_limits():
    above, below = draw_frontier(frontier_of(MISSED, MET, MET), AXIS, PROBLEM).axes
    assert [item.get_offsets()[:, 0].tolist() for item in above.collections] == [[0.28]]
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["soft limits missed"]
    np.testing.assert_array_equal(below.lines[0].get_ydata(), [np.nan, np.nan, 0.03])


def test_a_picture_has_the_objective_above_its_price_and_marks_what_has_no_answer():
    figure = draw_frontier(frontier_of(OPTIMAL, OPTIMAL, INFEASIBLE, UNPROVEN), AXIS, PROBLEM)
    above, below = figure.axes
    assert list(above.lines[0].get_xdata()) == list(VALUES)
    np.testing.assert_allclose(above.lines[0].get_ydata(), [6.475, 6.475, np.nan, np.nan])
    np.testing.assert_allclose(below.lines[0].get_ydata(), [0.0125, 0.0125, np.nan, np.nan])
    assert [item.get_offsets()[:, 0].tolist() for item in above.collections] == [[0.32], [0.34]]
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["infeasible", "not proven"]
    assert "2 of 4 values have no certified answer" in words(figure.get_suptitle())


def test_the_axis_of_a_picture_spans_every_value_and_is_in_percent():
    figure = draw_frontier(frontier_of(INFEASIBLE, INFEASIBLE, OPTIMAL, OPTIMAL), AXIS, PROBLEM)
    figure.canvas.draw()
    above, below = figure.axes
    left, right = above.get_xlim()
    assert left < VALUES[0] < VALUES[-1] < right
    assert right - left < 1.2 * (VALUES[-1] - VALUES[0])
    ticks = [text.get_text() for text in below.get_xticklabels()]
    assert all(tick.endswith(" %") for tick in ticks)
    assert "30 %" in ticks


def test_a_picture_leaves_out_prices_beside_infeasible_values():
    below = draw_frontier(frontier_of(INFEASIBLE, OPTIMAL, OPTIMAL), AXIS, PROBLEM).axes[1]
    np.testing.assert_array_equal(below.lines[0].get_ydata(), [np.nan, np.nan, 0.0125])
    assert len(draw_frontier(frontier_of(INFEASIBLE, OPTIMAL), AXIS, PROBLEM).axes) == 1


def test_what_is_no_bound_has_one_plot_and_two_axes_none():
    assert len(draw_frontier(frontier_of(OPTIMAL), ALPHA, PROBLEM).axes) == 1
    with pytest.raises(ValueError, match="one axis"):
        draw_frontier([TraceFrontierResponse(coordinates=(0.3, 1.0), allocation=OPTIMAL)], ALPHA, PROBLEM)
    with pytest.raises(ValueError, match="at least one"):
        draw_frontier([], ALPHA, PROBLEM)


def test_a_picture_is_written_where_it_is_asked_for(swept, tmp_path):
    picture = tmp_path / "frontier.png"
    result = swept(frontier_of(OPTIMAL, OPTIMAL, INFEASIBLE, UNPROVEN), *BOUND, "--picture", str(picture))
    assert result.exit_code == 4, result.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert f"Written to {picture}." in result.stderr


def test_nothing_but_infeasible_points_is_still_drawn():
    figure = draw_frontier(frontier_of(INFEASIBLE, INFEASIBLE), AXIS, PROBLEM)
    figure.canvas.draw()
    assert "No certified answer at any of 2 values" in figure.get_suptitle()
    (axes,) = figure.axes
    left, right = axes.get_xlim()
    assert left < VALUES[0] < VALUES[1] < right
    assert not axes.get_yticks().size

"""Pictures of scenarios show the numbers of the answer, say what they find, and cut nothing off."""

import dataclasses

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from counterpoise import pictures
from counterpoise.model import (
    CoverageFigure,
    LeverageDefinition,
    LeverageFigure,
    LeverageMeasure,
    Limit,
    Scenario,
    ScenarioScope,
    StressReport,
    TerminationReason,
)
from counterpoise.model.scenario import MissingShockRule
from counterpoise.pictures.style import settled
from tests import sample_answers, sample_stress, sample_total, sample_total_problem

PROBLEM, ALLOCATION = sample_stress.problem(), sample_stress.answer()
STRESS, LIQUIDITY = sample_stress.stress_response(), sample_stress.liquidity_response()
DRAWINGS = (pictures.draw_liquidity, pictures.draw_reserve_path, pictures.draw_leverage)
GROSS = LeverageDefinition.GROSS_NOTIONAL


def title(figure):
    return " ".join(figure.get_suptitle().split())


def names(axes):
    return [" ".join(text.get_text().split()) for text in axes.get_yticklabels()]


def labels(axes):
    return [text.get_text() for text in axes.texts]


def large():
    """Thirty scenarios with long names, eight horizons, one ruin; wide and narrow differences."""
    rng = np.random.default_rng(7)
    scenarios = tuple(
        Scenario(
            scenario_id=f"s-{number}",
            display_name=f"Global $ funding squeeze of $ style with a long name number {number}",
            missing_shock_rule=MissingShockRule.UNCHANGED,
        )
        for number in range(30)
    )
    days = (1, 2, 5, 10, 20, 63, 95, 252)
    figures = tuple(
        CoverageFigure(
            scenario_id=name,
            horizon_trading_days=day,
            reserve_source_fraction=0.08 * float(rng.uniform(0.8, 1.0)),
            funded_source_fraction=0.002 * day,
            sleeve_source_fraction=0.001 * day,
            credit_source_fraction=0.01,
            initial_margin_fraction=0.02,
            variation_margin_fraction=float(rng.uniform(0.0, 0.1)),
            same_day_cash_fraction=0.03,
        )
        for name in ("", *[item.scenario_id for item in scenarios])
        for day in days
    )
    stresses = tuple(
        StressReport(scenario_id=item.scenario_id, ruin=not number) for number, item in enumerate(scenarios)
    )
    leverage = tuple(
        LeverageFigure(definition=definition, value=1.2 + float(rng.uniform(0.0, 0.4)), scenario_id=name)
        for name in ("", *[item.scenario_id for item in scenarios[1:]])
        for definition in LeverageDefinition
    )
    everywhere = ScenarioScope(base=True, all_scenarios=True)
    limits = tuple(
        Limit(
            limit_id=f"cap-{definition.name}",
            upper=1.45,
            leverage=LeverageMeasure(definition=definition, scenarios=everywhere),
        )
        for definition in (GROSS, LeverageDefinition.COMMITMENT)
    )
    problem = dataclasses.replace(
        PROBLEM, scenarios=scenarios, mandate=dataclasses.replace(PROBLEM.mandate, limits=limits)
    )
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=figures)
    allocation = dataclasses.replace(
        ALLOCATION, stresses=stresses, leverage_figures=leverage, reserve=reserve, limits=()
    )
    return allocation, problem


def without_need():
    """Nothing is asked for at any horizon."""
    figures = tuple(
        dataclasses.replace(
            item, initial_margin_fraction=0.0, variation_margin_fraction=0.0, outflow_fraction=0.0
        )
        for item in ALLOCATION.reserve.coverage_figures
    )
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=figures)
    return dataclasses.replace(ALLOCATION, reserve=reserve), PROBLEM


CASES = {"sample": (ALLOCATION, PROBLEM), "large": large(), "without need": without_need()}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("draw", DRAWINGS)
def test_nothing_is_cut_off_and_no_two_texts_overlap(draw, case):
    figure = draw(*CASES[case])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 255).all()
    renderer = canvas.get_renderer()
    for axes in figure.axes:
        for texts in (axes.get_yticklabels(), axes.get_xticklabels(), axes.texts):
            boxes = [Text.get_window_extent(text, renderer) for text in texts if text.get_text()]
            assert not [
                (one, other)
                for place, one in enumerate(boxes)
                for other in boxes[:place]
                if one.shrunk(0.98, 0.98).overlaps(other.shrunk(0.98, 0.98))
            ]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_every_axis_of_numbers_has_a_unit_and_a_zero(draw):
    for axes in draw(ALLOCATION, PROBLEM).axes:
        assert axes.get_title(loc="left")
        assert axes.get_xlabel()
        low, high = axes.get_ylim() if draw is pictures.draw_reserve_path else axes.get_xlim()
        assert low <= 0.0 < high


@pytest.mark.parametrize("draw", DRAWINGS)
def test_an_answer_without_the_part_is_refused_with_what_to_do(draw):
    nothing = sample_answers.ended(TerminationReason.UNDETERMINED)
    with pytest.raises(ValueError, match=r"draw an optimum.* or a measured"):
        draw(nothing, PROBLEM)


@pytest.mark.parametrize(
    ("draw", "measured"),
    [
        (pictures.draw_liquidity, LIQUIDITY),
        (pictures.draw_reserve_path, LIQUIDITY),
        (pictures.draw_leverage, STRESS),
    ],
)
def test_a_measurement_is_drawn_as_an_allocation_is(draw, measured):
    assert title(draw(measured, PROBLEM)) == title(draw(ALLOCATION, PROBLEM))


# Liquidity


def lengths(axes):
    """Length of the bar of each row."""
    rows: dict[int, float] = {}
    for patch in axes.patches:
        place = round(patch.get_y() + patch.get_height() / 2)
        rows[place] = rows.get(place, 0.0) + patch.get_width()
    return [rows[place] for place in sorted(rows)]


def test_the_least_covered_scenario_is_drawn_against_the_need():
    figure = pictures.draw_liquidity(ALLOCATION, PROBLEM)
    assert title(figure) == "Equity crash: money is short within 1 day, by 0.10 % of NAV = $2.08M"
    (axes,) = figure.axes
    assert names(axes) == [
        "the same day, cash alone",
        "within 1 day",
        "within 5 days",
        "within 20 days",
        "within 63 days",
    ]
    # Cut at three times the need.
    assert lengths(axes) == pytest.approx([0.0265 / 0.024, 0.04 / 0.04104, 1.5628, 3.0, 3.0], abs=1e-4)
    assert labels(axes)[1] == "0.97 black: 4.00 % there, 4.10 % asked, $2.08M short"
    assert [line.get_xdata()[0] for line in axes.lines if set(line.get_xdata()) == {1.0}] == [1.0]
    assert [text.get_text().split() for text in axes.get_xticklabels()][2] == ["1", "red"]


def test_money_is_stacked_by_kind_and_only_what_is_seen_has_a_key():
    figure = pictures.draw_liquidity(ALLOCATION, PROBLEM)
    keys = [text.get_text() for text in figure.legends[0].get_texts()]
    assert keys == ["reserve, posted included", "funded lines", "the need"]
    every = pictures.draw_liquidity(*CASES["large"])
    keys = [text.get_text() for text in every.legends[0].get_texts()]
    assert keys[2:4] == ["alpha sleeves", "undrawn credit"]
    assert {patch.get_hatch() for patch in every.axes[0].patches} >= {"//", ".."}


@pytest.mark.parametrize(
    ("scenario_id", "words"),
    [
        ("rates-up", "Rates up 200 bp: money covers 2.25 times the need at least (green), within 1 day"),
        ("", "Without a scenario: money covers 3.03 times the need at least (green), within 1 day"),
    ],
)
def test_any_scenario_can_be_drawn(scenario_id, words):
    assert title(pictures.draw_liquidity(ALLOCATION, PROBLEM, scenario_id)) == words


def test_what_rounding_leaves_is_nothing():
    figures = (
        CoverageFigure(
            scenario_id="crash",
            horizon_trading_days=5,
            reserve_source_fraction=0.02 + 3e-8,
            initial_margin_fraction=0.02,
        ),
    )
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=figures)
    figure = pictures.draw_liquidity(dataclasses.replace(ALLOCATION, reserve=reserve), PROBLEM)
    assert labels(figure.axes[0]) == ["1.00 red: 2.00 % there, 2.00 % asked, $0 left"]


def test_no_line_of_the_grid_goes_through_a_label():
    for draw in DRAWINGS:
        (axes,) = draw(ALLOCATION, PROBLEM).axes
        boxes = [text.get_bbox_patch() for text in axes.texts]
        assert all(box is not None and box.get_facecolor() == (1.0, 1.0, 1.0, 1.0) for box in boxes)


def test_a_scenario_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="'gilts'"):
        pictures.draw_liquidity(ALLOCATION, PROBLEM, "gilts")


def test_where_nothing_is_asked_for_that_is_said():
    figure = pictures.draw_liquidity(*CASES["without need"])
    assert title(figure).endswith(": nothing is asked for")
    assert all(text.startswith("nothing is asked for;") for text in labels(figure.axes[0]))


# Reserve path


def test_the_reserve_path_is_reserve_less_margin():
    figure = pictures.draw_reserve_path(ALLOCATION, PROBLEM)
    assert title(figure) == (
        "The reserve does not pay all margin under Equity crash: 0.10 % of NAV = $2.08M is missing within "
        "1 day"
    )
    (axes,) = figure.axes
    drawn = {len(line.get_xdata()): line for line in axes.lines}
    assert set(drawn) == {2, 4}  # the zero line, and four horizons
    paths = [list(line.get_ydata()) for line in axes.lines if len(line.get_xdata()) == 4]
    assert len(paths) == 4
    assert paths[0] == pytest.approx([-0.104] * 4)
    assert paths[1][-1] == pytest.approx(0.02)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "5", "20", "63"]
    assert "Equity crash -0.10 %" in labels(axes)
    assert "no scenario 2.68 %" in labels(axes)


def test_a_reserve_that_pays_all_says_what_is_left():
    kept = tuple(item for item in ALLOCATION.reserve.coverage_figures if item.scenario_id in ("", "rates-up"))
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=kept)
    paid = dataclasses.replace(ALLOCATION, reserve=reserve)
    assert title(pictures.draw_reserve_path(paid, PROBLEM)) == (
        "The reserve pays all margin; Rates up 200 bp leaves least: 0.02 % of NAV = $400k within 63 days"
    )


def test_only_the_worst_paths_are_drawn_and_the_others_counted():
    axes = pictures.draw_reserve_path(*CASES["large"]).axes[0]
    assert sum(len(line.get_xdata()) == 8 for line in axes.lines) == 7
    assert axes.get_title(loc="left").endswith("(24 more scenarios leave more)")
    styles = {(line.get_color(), line.get_marker()) for line in axes.lines if len(line.get_xdata()) == 8}
    assert len(styles) == 7


def test_labels_settle_around_what_they_label():
    assert settled([1.0, 9.0], 2.0, 0.0, 10.0) == [1.0, 9.0]
    assert settled([5.0, 5.0, 5.0], 2.0, 0.0, 10.0) == [3.0, 5.0, 7.0]
    assert settled([4.0, 5.0, 5.0, 9.0], 2.0, 0.0, 10.0) == pytest.approx([8 / 3, 14 / 3, 20 / 3, 9.0])
    assert settled([9.5, 9.8], 2.0, 0.0, 10.0) == [8.0, 10.0]
    assert settled([0.1, 0.2], 2.0, 0.0, 10.0) == [0.0, 2.0]
    assert settled([], 2.0, 0.0, 10.0) == []


# Leverage


def test_leverage_after_scenarios_is_drawn_beside_that_of_today_and_its_cap():
    figure = pictures.draw_leverage(ALLOCATION, PROBLEM)
    assert title(figure) == "Equity crash takes gross leverage from 1.180x to 1.223x; its cap is 1.300x"
    (axes,) = figure.axes
    assert names(axes) == ["no scenario", "Equity crash", "Rates up 200 bp", "rally"]
    assert lengths(axes) == pytest.approx([1.18, 1.2234, 1.1837, 1.1697], abs=1e-4)
    assert labels(axes)[1] == "1.223x of 1.300x"
    strokes = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
    assert strokes.count(1.3) == 4


def test_scenarios_beyond_their_caps_are_counted_and_ruin_has_no_bar():
    figure = pictures.draw_leverage(*CASES["large"])
    assert len(figure.axes) == 2  # gross and commitment are capped
    assert "of 30 scenarios are beyond theirs; 1 scenario ruins it" in title(figure)
    gross = figure.axes[0]
    assert names(gross)[1].startswith("Global $ funding squeeze")
    assert labels(gross)[1] == "ruined: no NAV is left"
    assert len(names(gross)) == 20
    assert gross.get_title(loc="left") == "Gross notional leverage (11 more have less)"
    keys = [text.get_text() for text in figure.legends[0].get_texts()]
    assert keys == ["no scenario", "after the scenario", "beyond its cap", "cap"]


def test_leverage_is_drawn_without_scenarios_too():
    figure = pictures.draw_leverage(sample_total.answer(), sample_total_problem.problem())
    assert title(figure) == "Gross leverage is 1.180x of NAV"
    assert names(figure.axes[0]) == ["no scenario"]


# Limits


def test_of_a_limit_with_many_members_the_nearest_with_room_is_drawn():
    axes = pictures.draw_limits(ALLOCATION, PROBLEM).axes[0]
    coverage = [name for name in names(axes) if name.startswith("Liquidity coverage")]
    assert coverage == [
        "Liquidity coverage: Equity crash, within 1 day",
        "Liquidity coverage: Equity crash, the same day, cash alone (nearest of 19)",
    ]
    used = dict(zip(names(axes), lengths(axes), strict=True))
    # 1.2 times 4.104 % of 4 %, and 2.4 % of 2.65 % of cash.
    assert used[coverage[0]] == pytest.approx(120 * 0.04104 / 0.04)
    assert used[coverage[1]] == pytest.approx(100 * 0.024 / 0.0265)

"""Pictures show the numbers of the answer, say what they find, and cut nothing off."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from counterpoise import pictures
from counterpoise.model import (
    CapitalUse,
    Driver,
    EntityRef,
    ExpectedReturn,
    ExposureReport,
    LimitKey,
    LimitReport,
    Line,
    LineKind,
    Position,
    RiskReport,
    RiskShare,
    RiskSplit,
    RiskStatistic,
    TerminationReason,
    Unit,
)
from counterpoise.pictures.style import GREEN, MINT, ORANGE, SKY, VERMILLION, spread
from tests import sample_answers, sample_total, sample_total_problem

PROBLEM = sample_total_problem.problem()
ALLOCATION = sample_total.answer()
PENSION = (sample_answers.optimal(), sample_answers.pension_problem())
DRAWINGS = (pictures.draw_ledgers, pictures.draw_risk, pictures.draw_limits)


def title(figure):
    return " ".join(figure.get_suptitle().split())


def names(axes):
    return [" ".join(text.get_text().split()) for text in axes.get_yticklabels()]


def labels(axes):
    return [text.get_text() for text in axes.texts]


def panel(figure, heading):
    return next(axes for axes in figure.axes if axes.get_title(loc="left").startswith(heading))


def bars(axes):
    """Rectangles that are bars, as (left, right, colour)."""
    return [
        (patch.get_x(), patch.get_x() + patch.get_width(), patch.get_facecolor()) for patch in axes.patches
    ]


def large():
    """Thirty lines and thirty drivers with long names, forty limits, long and short, short of credit."""
    kinds = [LineKind.FUNDED_BETA] * 10 + [LineKind.OVERLAY] * 8 + [LineKind.ALPHA_SLEEVE] * 9
    kinds += [LineKind.RESERVE_TIER] * 3 + [LineKind.CREDIT_LINE]
    rng = np.random.default_rng(5)
    lines, positions, uses, shares, limits = [], [], [], [], []
    for number, kind in enumerate(kinds):
        line_id, fraction = f"line-{number}", float(rng.uniform(0.01, 0.06))
        name = f"Global diversified $ hedged absolute $ return strategy number {number}"
        lines.append(Line(line_id=line_id, display_name=name, annual_residual_volatility=0.0))
        positions.append(Position(line_id=line_id, kind=kind, fraction=fraction))
        if kind is not LineKind.OVERLAY:
            sign = -1 if kind is LineKind.CREDIT_LINE else 1
            uses.append(CapitalUse(line_id=line_id, fraction=sign * fraction))
        limits.append(
            LimitReport(
                key=LimitKey(limit_id="gross-cap", line_id=line_id),
                value=fraction,
                unit=Unit.NAV_FRACTION,
                upper=0.06,
                upper_slack=0.06 - fraction,
            )
        )
        for split, subject in (
            (RiskSplit.LINE, EntityRef(line_id=line_id)),
            (RiskSplit.DRIVER, EntityRef(driver_id=f"driver-{number}")),
        ):
            shares.append(
                RiskShare(
                    statistic=RiskStatistic.TOTAL_VOLATILITY,
                    split=split,
                    subject=subject,
                    share=float(rng.normal(0.03, 0.05)),
                )
            )
    drivers = tuple(
        Driver(
            driver_id=f"driver-{number}",
            display_name=f"Developed market $ factor of $ style number {number}",
            expected_return=ExpectedReturn(annual_excess=0.0),
        )
        for number in range(30)
    )
    exposures = tuple(
        ExposureReport(
            driver_id=driver.driver_id,
            funded=float(rng.normal(0.03, 0.03)),
            overlay=float(rng.normal(0.0, 0.02)),
            alpha_look_through=float(rng.normal(0.0, 0.01)),
            reference=float(rng.uniform(0.0, 0.05)),
            unit=Unit.NAV_FRACTION,
        )
        for driver in drivers
    )
    problem = dataclasses.replace(
        PROBLEM,
        portfolio=dataclasses.replace(PROBLEM.portfolio, lines=tuple(lines)),
        market=dataclasses.replace(PROBLEM.market, drivers=drivers),
    )
    allocation = dataclasses.replace(
        ALLOCATION,
        positions=tuple(positions),
        capital_uses=tuple(uses),
        exposures=exposures,
        risk=RiskReport(figures=ALLOCATION.risk.figures, shares=tuple(shares)),
        limits=ALLOCATION.limits + tuple(limits),
    )
    return allocation, problem


CASES = {"pension": PENSION, "total": (ALLOCATION, PROBLEM), "large": large()}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("draw", DRAWINGS)
def test_nothing_is_cut_off_and_no_two_names_overlap(draw, case):
    figure = draw(*CASES[case])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 255).all()
    renderer = canvas.get_renderer()
    for axes in figure.axes:
        for texts in (axes.get_yticklabels(), axes.texts):
            # Of the text alone: an annotation's own extent has its leader line in it.
            boxes = [Text.get_window_extent(text, renderer) for text in texts if text.get_text()]
            overlapping = [
                (one, other)
                for place, one in enumerate(boxes)
                for other in boxes[:place]
                if one.shrunk(0.98, 0.98).overlaps(other.shrunk(0.98, 0.98))
            ]
            assert not overlapping


@pytest.mark.parametrize("draw", DRAWINGS)
def test_every_axis_of_numbers_has_a_unit(draw):
    for axes in draw(ALLOCATION, PROBLEM).axes:
        assert axes.get_title(loc="left")
        assert axes.get_xlabel() or axes.get_ylabel()


@pytest.mark.parametrize("draw", DRAWINGS)
def test_an_answer_without_the_part_is_refused_with_what_to_do(draw):
    with pytest.raises(ValueError, match="draw an optimum"):
        draw(sample_answers.ended(TerminationReason.UNDETERMINED), PROBLEM)


def test_capital_sums_to_all_of_nav():
    figure = pictures.draw_ledgers(ALLOCATION, PROBLEM)
    assert title(figure) == "Overlays carry 22.0 % of NAV without capital; 31.0 % is in alpha sleeves"
    axes = panel(figure, "Capital")
    heights = [patch.get_height() for patch in axes.patches]
    assert sum(heights) == pytest.approx(100.0)
    assert labels(axes) == [
        "funded beta 65.0 %",
        "alpha sleeves 31.0 %",
        "posted margin 1.4 %",
        "free reserve 2.6 %",
    ]
    colours = [patch.get_facecolor() for patch in axes.patches]
    assert len({tuple(colour) for colour in colours}) == 4
    assert heights[2:] == pytest.approx([1.35, 2.65])


def test_drawn_credit_lies_below_the_line():
    axes = panel(pictures.draw_ledgers(*CASES["large"]), "Capital")
    assert min(patch.get_y() + patch.get_height() for patch in axes.patches) < 0
    assert any(text.startswith("drawn credit -") for text in labels(axes))


def test_exposure_is_stacked_to_its_total_beside_the_reference():
    axes = panel(pictures.draw_ledgers(ALLOCATION, PROBLEM), "Exposure: ")
    assert names(axes) == ["World equity"]
    assert [left for left, _, _ in bars(axes)] == pytest.approx([0, 50, 58])
    assert [right for _, right, _ in bars(axes)] == pytest.approx([50, 58, 60.6])
    strokes = [line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1]
    assert 60.0 in [round(float(stroke), 9) for stroke in strokes]
    assert labels(axes) == ["60.6 (+0.6)"]


def test_rates_have_a_panel_in_their_own_unit():
    axes = panel(pictures.draw_ledgers(ALLOCATION, PROBLEM), "Exposure to rates")
    assert names(axes) == ["Ten-year rate", "IG spread"]
    assert "bp of NAV for each bp" in axes.get_xlabel()
    assert min(right for _, right, _ in bars(axes)) == pytest.approx(-2.095)
    assert len(pictures.draw_ledgers(*PENSION).axes) == 2


def test_more_drivers_than_fit_are_drawn_together():
    allocation, problem = CASES["large"]
    axes = panel(pictures.draw_ledgers(allocation, problem), "Exposure: ")
    assert len(names(axes)) == 25
    assert names(axes)[-1] == "6 smaller ones together"
    total = sum(right - left for left, right, _ in bars(axes))
    expected = sum(item.funded + item.overlay + item.alpha_look_through for item in allocation.exposures)
    assert total == pytest.approx(100 * expected)


def test_a_portfolio_without_overlays_is_said_to_have_none():
    funded = tuple(line for line in ALLOCATION.positions if line.kind is not LineKind.OVERLAY)
    figure = pictures.draw_ledgers(dataclasses.replace(ALLOCATION, positions=funded), PROBLEM)
    assert "there are no overlays" in title(figure)


def test_shares_of_risk_are_drawn_as_they_are_largest_first():
    figure = pictures.draw_risk(ALLOCATION, PROBLEM)
    assert title(figure) == (
        "Total volatility of 10.10 % a year: 92 % is World equity; active risk of 1.35 % a year: "
        "40 % is Multi-strategy fund, on its own"
    )
    assert names(panel(figure, "By line"))[0] == "World equity fund"
    widths = [right - left for left, right, _ in bars(panel(figure, "Who uses"))]
    assert widths == pytest.approx([40.0, 30.0, 16.0, 12.0, 3.0, -1.0])
    for axes in figure.axes:
        assert sum(right - left for left, right, _ in bars(axes)) == pytest.approx(100.0)


def test_limits_are_drawn_by_how_much_of_them_is_used():
    figure = pictures.draw_limits(ALLOCATION, PROBLEM)
    axes = panel(figure, "How much")
    used = dict(zip(names(axes), [right for _, right, _ in bars(axes)], strict=True))
    assert used == pytest.approx(
        {
            "Turnover cap": 100.0,
            "Redemption: Multi-strategy fund": 100.0,
            "Sleeves neutral to equity: World equity": 130.0,  # 2.6 % of 2 %
            "Gross leverage cap": 100 * 1.18 / 1.3,
            "Reserve for overlays": 55.0,  # 4.0 % less the 1.8 % beyond what is needed, of 4.0 %
            "Active risk limit": 45.0,
            "Margin at one bank: Bank B": 42.5,
            "Margin at one bank: Bank A": 25.0,
            "Rate exposure of sleeves: Ten-year rate": 0.0,
        }
    )
    assert len({tuple(colour) for _, _, colour in bars(axes)}) == 3


def test_prices_stand_beside_the_limits_they_are_of():
    figure = pictures.draw_limits(ALLOCATION, PROBLEM)
    assert title(figure) == (
        "Turnover cap holds the portfolio back most: 0.1 % of NAV more turnover is worth 0.3 bp = $60k a year"
    )
    axes = panel(figure, "What a small step")
    assert labels(axes) == [
        "0.3 bp = $60k, for 0.1 % of NAV more",
        "0.04 bp = $8k, for 0.1 % of NAV less",
        "comes first",
    ]
    assert axes.get_title(loc="left") == "What a small step is worth, after soft limits"
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in dots] == pytest.approx([0.3, 0.04])
    assert [line.get_ydata()[0] for line in dots] == [0, 1]
    assert axes.get_xscale() == "linear"


def test_prices_that_differ_much_are_all_seen():
    limits = [
        dataclasses.replace(limit, lower_shadow_price=1e-4)
        if limit.key.line_id == "multi-strategy"
        else limit
        for limit in ALLOCATION.limits
    ]
    axes = panel(pictures.draw_limits(dataclasses.replace(ALLOCATION, limits=tuple(limits)), PROBLEM), "What")
    assert axes.get_xscale() == "log"
    assert "logarithmic" in axes.get_xlabel()
    left, right = axes.get_xlim()
    assert left < 0.001
    assert right > 0.3


def test_soft_limits_decide_where_nothing_else_has_a_price():
    soft = tuple(limit for limit in ALLOCATION.limits if limit.priority)
    missed = dataclasses.replace(ALLOCATION, limits=soft)
    assert title(pictures.draw_limits(missed, PROBLEM)) == (
        "Soft limits decide, missed as little as the rules allow: Sleeves neutral to equity: World equity by "
        "0.60 % of NAV"
    )
    met = tuple(dataclasses.replace(limit, violation=0.0) for limit in soft)
    figure = pictures.draw_limits(dataclasses.replace(ALLOCATION, limits=met), PROBLEM)
    assert title(figure).startswith("No limit is worth loosening")


def test_labels_are_spread_without_leaving_the_bar():
    assert spread([10.0, 11.0, 12.0], 5.0, 100.0) == [10.0, 15.0, 20.0]
    assert spread([50.0, 99.0, 99.5], 5.0, 98.0) == [50.0, 93.0, 98.0]
    assert spread([], 5.0, 100.0) == []


def luminance(colour):
    """Relative luminance of the WCAG, in [0, 1]."""
    channels = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_neighbours_in_a_stack_differ_in_lightness_or_in_hatching():
    assert abs(luminance(GREEN) - luminance(MINT)) > 0.2
    stacks = pictures.draw_ledgers(ALLOCATION, PROBLEM).axes
    hatched = {patch.get_hatch() for axes in stacks for patch in axes.patches}
    assert {"//", ".."} <= hatched
    assert len({SKY, ORANGE, VERMILLION}) == 3


def run(script):
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_that_draws_is_loaded_with_the_package():
    loaded = run("import sys, counterpoise; print('matplotlib' in sys.modules, 'pandas' in sys.modules)")
    assert loaded.stdout == "False False\n", loaded.stderr


def test_without_the_library_the_extra_is_named():
    missing = run("import sys; sys.modules['matplotlib'] = None; import counterpoise.pictures")
    assert missing.returncode != 0
    assert "pip install 'counterpoise[pictures]'" in missing.stderr

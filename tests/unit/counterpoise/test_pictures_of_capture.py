"""The picture of active funds goes from the active return to what fees leave, and cuts nothing off."""

import dataclasses

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from counterpoise import pictures
from counterpoise.model import CaptureVerdict, FactorPart
from counterpoise.pictures.style import GREEN, ORANGE, VERMILLION
from tests import sample_capture
from tests.unit.counterpoise import history_answers

QUESTION, RESPONSE = sample_capture.question(), history_answers.capture_response()


def title(figure):
    return " ".join(figure.get_suptitle().split())


def names(axes):
    return [" ".join(text.get_text().split()) for text in axes.get_yticklabels()]


def labels(axes):
    return [text.get_text() for text in axes.texts]


def spans(axes):
    """Bars as (where they begin, how far they go), in the order of the steps."""
    return [(patch.get_x(), patch.get_width()) for patch in axes.patches]


def only(*captures):
    return dataclasses.replace(RESPONSE, captures=captures)


def many(count):
    first = RESPONSE.captures[0]
    name = "a_fund_with_a_name_that_is_rather_long"
    return only(*[dataclasses.replace(first, fund_id=f"{name}_{place}") for place in range(count)])


def with_factors(count):
    parts = tuple(
        FactorPart(factor_id=f"factor_{place}", annual_return=0.001 * (-1) ** place * place)
        for place in range(count)
    )
    first = RESPONSE.captures[0]
    return only(
        dataclasses.replace(first, active_return=dataclasses.replace(first.active_return, factor_parts=parts))
    )


def test_steps_go_from_the_active_return_to_the_alpha_after_fees():
    figure = pictures.draw_capture(RESPONSE, QUESTION)
    picker, closet = figure.axes
    assert names(picker) == [
        "return over equity",
        "from holding 0.70 of it",
        "from duration",
        "from credit",
        "from alpha, after fees",
        "alpha before fees",
        "management fee",
        "performance fee",
        "alpha after fees",
    ]
    assert names(closet)[4] == "from alpha, before fees"
    whole, *parts, gross, management, performance, net = spans(picker)
    # Each part begins where the one before it ended, and the last ends at the whole.
    ends = np.cumsum([width for _, width in parts])
    assert [start for start, _ in parts] == pytest.approx([0.0, *ends[:-1]])
    assert ends[-1] == pytest.approx(whole[1]) == pytest.approx(4.17)
    assert (gross[0], gross[1]) == pytest.approx((0.0, 8.64))
    assert management == pytest.approx((8.64, -1.5))
    assert performance == pytest.approx((7.14, -2.34))
    assert net == pytest.approx((0.0, 4.8))
    assert labels(picker)[:2] == ["4.17", "-1.23"]
    assert labels(picker)[-1] == "4.80"


def test_what_fees_leave_has_its_interval_and_the_bar():
    axes = pictures.draw_capture(RESPONSE, QUESTION).axes[0]
    lines = [tuple(line.get_xdata()) for line in axes.lines]
    assert any(line == pytest.approx((1.6, 8.0)) for line in lines)
    assert any(line == pytest.approx((0.3, 0.3)) for line in lines)
    strict = dataclasses.replace(QUESTION, least_annual_net_alpha=0.01)
    lines = [tuple(line.get_xdata()) for line in pictures.draw_capture(RESPONSE, strict).axes[0].lines]
    assert any(line == pytest.approx((1.0, 1.0)) for line in lines)


@pytest.mark.parametrize("bar", [0.003, 0.01, 0.001])
def test_the_bar_runs_through_no_label(bar):
    asked = dataclasses.replace(QUESTION, least_annual_net_alpha=bar)
    figure = pictures.draw_capture(RESPONSE, asked)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    for axes in figure.axes:
        (line,) = [line for line in axes.lines if line.get_linestyle() == ":"]
        dotted = line.get_window_extent(canvas.get_renderer())
        boxes = [Text.get_window_extent(text, canvas.get_renderer()) for text in axes.texts]
        assert not [box for box in boxes if box.overlaps(dotted)]


def test_what_is_left_has_the_colour_of_its_verdict():
    picker, closet = pictures.draw_capture(RESPONSE, QUESTION).axes
    from matplotlib.colors import to_rgba

    assert picker.patches[-1].get_facecolor() == to_rgba(GREEN)
    assert closet.patches[-1].get_facecolor() == to_rgba(VERMILLION)
    assert picker.patches[-2].get_facecolor() == to_rgba(ORANGE)
    assert closet.get_title(loc="left") == "closet: nothing is left"


def test_the_title_says_what_was_found():
    assert title(pictures.draw_capture(RESPONSE, QUESTION)) == (
        "1 of 2 funds keeps more than 0.30 % of alpha a year after fees: picker"
    )
    assert title(pictures.draw_capture(only(RESPONSE.captures[0]), QUESTION)) == (
        "picker: adds value. Fees of 3.84 % leave 4.80 % of 8.64 % alpha; the bar is 0.30 %"
    )
    both = dataclasses.replace(RESPONSE.captures[1], verdict=CaptureVerdict.ADDS_VALUE)
    assert title(pictures.draw_capture(only(RESPONSE.captures[0], both), QUESTION)).startswith(
        "2 of 2 funds keep more than"
    )


def test_a_fund_without_a_verdict_ends_with_its_parts():
    first = RESPONSE.captures[0]
    young = dataclasses.replace(first, fees=None, verdict=None, structure_benefit=None)
    (axes,) = pictures.draw_capture(only(young), QUESTION).axes
    assert names(axes)[-1] == "from alpha, after fees"
    assert title(axes.figure) == "picker: no verdict, too little data"


def test_many_factors_are_drawn_as_one():
    (axes,) = pictures.draw_capture(with_factors(9), QUESTION).axes
    assert "from 3 other factors" in names(axes)
    # 0, +2 and -1 tenths of a percent are the smallest.
    assert labels(axes)[names(axes).index("from 3 other factors")] == "+0.10"


def test_funds_that_are_not_drawn_are_counted():
    figure = pictures.draw_capture(many(8), QUESTION)
    assert title(figure).endswith("(2 more funds not drawn)")
    assert len(figure.axes) == 6


def test_long_names_are_cut_and_not_dropped():
    figure = pictures.draw_capture(many(2), QUESTION)
    assert figure.axes[0].get_title(loc="left") == "a_fund_with_a_name_that_is_ra…: adds value"
    assert "a_fund_with_a_name_that_is_ra…" in title(figure)


def test_without_active_returns_it_says_what_is_needed():
    with pytest.raises(ValueError, match="each fund needs more periods than coefficients"):
        pictures.draw_capture(only(RESPONSE.captures[2]), QUESTION)


@pytest.mark.parametrize(
    "answer",
    [RESPONSE, only(RESPONSE.captures[1]), many(6), with_factors(9)],
    ids=["two", "one", "six", "many factors"],
)
def test_nothing_is_cut_off_and_names_do_not_overlap(answer):
    figure = pictures.draw_capture(answer, QUESTION)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 255).all()
    renderer = canvas.get_renderer()
    for axes in figure.axes:
        for texts in (axes.get_yticklabels(), axes.texts):
            boxes = [Text.get_window_extent(text, renderer) for text in texts if text.get_text()]
            assert not [
                (one, other)
                for place, one in enumerate(boxes)
                for other in boxes[:place]
                if one.shrunk(0.98, 0.98).overlaps(other.shrunk(0.98, 0.98))
            ]


def with_fees(net, lower, upper, verdict, part=-0.002):
    """One fund, its alpha before fees a percent above what they leave."""
    first = RESPONSE.captures[0]
    fees = dataclasses.replace(
        first.fees,
        annual_gross_alpha=net + 0.01,
        annual_management_fee=0.01,
        annual_performance_fee=0.0,
        annual_net_alpha=net,
        annual_net_alpha_lower=lower,
        annual_net_alpha_upper=upper,
    )
    return dataclasses.replace(first, fees=fees, verdict=verdict)


def test_a_title_says_not_proven_where_the_interval_holds_zero():
    unsure = with_fees(0.02, -0.01, 0.05, CaptureVerdict.ADDS_VALUE)
    alone = pictures.draw_capture(only(unsure), QUESTION)
    assert title(alone).startswith("picker: adds value, not proven. Fees of")
    both = only(unsure, dataclasses.replace(RESPONSE.captures[0], fund_id="sure"))
    assert title(pictures.draw_capture(both, QUESTION)).endswith("after fees: picker (not proven), sure")


@pytest.mark.parametrize(
    ("net", "lower", "upper"), [(-0.03, -0.05, -0.01), (0.001, -0.001, 0.002), (0.02, -0.01, 0.05)]
)
def test_labels_stand_beside_their_bars(net, lower, upper):
    verdict = CaptureVerdict.ADDS_VALUE if net > 0.003 else CaptureVerdict.AMPLIFIES_NO_SKILL
    figure = pictures.draw_capture(only(with_fees(net, lower, upper, verdict)), QUESTION)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (axes,) = figure.axes
    for place, (patch, text) in enumerate(zip(axes.patches, axes.texts, strict=True)):
        bar = patch.get_window_extent(canvas.get_renderer())
        box = Text.get_window_extent(text, canvas.get_renderer())
        if place == len(axes.patches) - 1:
            whisker = next(line for line in axes.lines if line.get_marker() == "|")
            bar = bar.union([bar, whisker.get_window_extent(canvas.get_renderer())])
        assert min(abs(box.x0 - bar.x1), abs(bar.x0 - box.x1)) < 15

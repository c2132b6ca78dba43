"""The picture of rolling windows shows their numbers and the thresholds, and cuts nothing off."""

import dataclasses

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from counterpoise import pictures
from counterpoise.model import EvidenceRule
from tests import sample_evidence

QUESTION, RESPONSE = sample_evidence.question(), sample_evidence.response()


def title(figure):
    return " ".join(figure.get_suptitle().split())


def labels(axes):
    return [text.get_text() for text in axes.texts]


def ticks(axes):
    """Places on the upright axis by their words."""
    words = [" ".join(label.get_text().split()) for label in axes.get_yticklabels()]
    return dict(zip(words, axes.get_yticks(), strict=True))


def alone(index=0):
    return dataclasses.replace(RESPONSE, evidence=(RESPONSE.evidence[index],))


def many(count):
    draw = np.random.default_rng(5)
    skill = RESPONSE.evidence[0]
    return dataclasses.replace(
        RESPONSE,
        evidence=tuple(
            dataclasses.replace(
                skill,
                sleeve_id=f"a_sleeve_with_a_name_that_is_long_{number}",
                rolling=tuple(
                    dataclasses.replace(
                        window, annual_alpha=draw.normal(0, 0.05), r_squared=draw.uniform(0, 1)
                    )
                    for window in skill.rolling
                ),
            )
            for number in range(count)
        ),
    )


def test_a_line_for_every_sleeve_shows_alpha_and_what_factors_explain():
    alphas, explained = pictures.draw_evidence(RESPONSE, QUESTION).axes
    line = alphas.lines[0]
    assert line.get_ydata() == pytest.approx([3 + 0.1 * index for index in range(25)])
    assert line.get_xdata()[-1] == pytest.approx(2024.0, abs=0.01)
    # Adjusted, as thresholds are: 1 - 0.932 * 35 / 33 over 36 months on two terms, 1 - 0.1 * 35 / 31 on four.
    assert explained.lines[0].get_ydata()[-1] == pytest.approx(100 * (1 - 0.932 * 35 / 33))
    assert "skill 5.4 %" in labels(alphas)
    assert "clone 88.7 %" in labels(explained)
    assert alphas.get_title(loc="left") == "Alpha over 36 months, % a year"


def test_thresholds_are_those_of_the_question():
    assert ticks(pictures.draw_evidence(RESPONSE, QUESTION).axes[1]) == {
        "0": 0,
        "20": 20,
        "40": 40,
        "60": 60,
        "100": 100,
        "alpha below 30 %": 30,
        "beta above 80 %": 80,
    }
    strict = dataclasses.replace(QUESTION, evidence_rule=EvidenceRule(charge_r_squared=0.2))
    explained = pictures.draw_evidence(RESPONSE, strict).axes[1]
    assert ticks(explained)["alpha below 20 %"] == 20
    assert 20.0 in [line.get_ydata()[0] for line in explained.lines]


def explained_title():
    return pictures.draw_evidence(RESPONSE, QUESTION).axes[1].get_title(loc="left")


def test_a_window_is_beta_by_its_adjusted_r_squared():
    clone = RESPONSE.evidence[1]
    # 0.81 over 36 months on four terms is 0.785, adjusted.
    window = dataclasses.replace(clone.rolling[0], r_squared=0.81)
    answer = dataclasses.replace(RESPONSE, evidence=(dataclasses.replace(clone, rolling=(window,)),))
    assert title(pictures.draw_evidence(answer, QUESTION)).endswith("more than 80 % in 0 % of them")


def test_the_title_says_what_was_found():
    assert title(pictures.draw_evidence(RESPONSE, QUESTION)) == (
        "1 of 2 sleeves were beta in some window, explained by more than 80 %: clone"
    )
    assert explained_title() == "Adjusted R-squared over 36 months, %"
    assert title(pictures.draw_evidence(alone(), QUESTION)) == (
        "skill (alpha) had alpha above zero in 25 of 25 windows, and was explained by more than 80 % "
        "in 0 % of them"
    )


def test_without_rolling_windows_it_says_what_to_ask_for():
    with pytest.raises(ValueError, match="ask for rolling_period_count"):
        pictures.draw_evidence(alone(2), QUESTION)


@pytest.mark.parametrize(
    "answer", [RESPONSE, alone(), alone(1), many(9)], ids=["three", "one", "a point", "nine"]
)
def test_nothing_is_cut_off_and_names_do_not_overlap(answer):
    figure = pictures.draw_evidence(answer, QUESTION)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 255).all()
    renderer = canvas.get_renderer()
    for axes in figure.axes:
        for texts in (axes.get_xticklabels(), axes.get_yticklabels(), axes.texts):
            boxes = [Text.get_window_extent(text, renderer) for text in texts if text.get_text()]
            assert not [
                (one, other)
                for place, one in enumerate(boxes)
                for other in boxes[:place]
                if one.shrunk(0.98, 0.98).overlaps(other.shrunk(0.98, 0.98))
            ]


@pytest.mark.parametrize("levels", [(0.3, 0.8), (0.5, 0.5), (0.47, 0.53), (0.0, 1.0)])
def test_thresholds_can_be_read_wherever_they_are(levels):
    rule = EvidenceRule(charge_r_squared=levels[0], reclassify_r_squared=levels[1])
    figure = pictures.draw_evidence(RESPONSE, dataclasses.replace(QUESTION, evidence_rule=rule))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    names = figure.axes[1].get_yticklabels()
    boxes = [text.get_window_extent(canvas.get_renderer()).shrunk(0.98, 0.98) for text in names]
    assert not [one for place, one in enumerate(boxes) for other in boxes[:place] if one.overlaps(other)]


def test_lines_fill_their_axes_and_names_stand_beside_them():
    for axes in pictures.draw_evidence(RESPONSE, QUESTION).axes:
        least, most = axes.get_xlim()
        line = axes.lines[0].get_xdata()
        assert (line[-1] - line[0]) / (most - least) > 0.9
        assert all(text.get_position()[0] > 1 for text in axes.texts)


def test_sleeves_that_are_not_drawn_are_counted():
    figure = pictures.draw_evidence(many(9), QUESTION)
    assert title(figure).endswith("(3 more sleeves not drawn)")
    assert len(figure.axes[0].lines) == 7  # and zero

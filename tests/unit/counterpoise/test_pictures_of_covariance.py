"""The picture of a risk model shows its correlations and volatilities, and cuts nothing off."""

import dataclasses

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from counterpoise import pictures
from tests.unit.counterpoise import history_answers
from tests.unit.counterpoise.test_estimate_command import many_drivers

RESPONSE = history_answers.estimate_response()
CALM = dataclasses.replace(
    RESPONSE,
    covariance=dataclasses.replace(RESPONSE.covariance, regimes=RESPONSE.covariance.regimes[:1]),
)
"""The answer without a stress regime."""


def title(figure):
    return " ".join(figure.get_suptitle().split())


def names(axes):
    return [text.get_text() for text in axes.get_yticklabels()]


def labels(axes):
    return [text.get_text() for text in axes.texts]


def test_the_model_calm_and_stressed_stand_beside_each_other():
    model, calm, stressed, _ = pictures.draw_covariance(RESPONSE).axes
    used = RESPONSE.market.risk_model.volatility_correlation.correlation.to_square()
    assert np.allclose(model.images[0].get_array(), used, atol=1e-12)
    assert labels(model) == [f"{value:.2f}" for value in used.ravel()]
    assert model.get_title(loc="left") == "Correlations in the model"
    for axes, regime in zip((calm, stressed), RESPONSE.covariance.regimes[1:], strict=True):
        square = regime.correlation.to_square()
        assert np.array_equal(axes.images[0].get_array(), square)
        assert labels(axes) == [f"{value:.2f}" for value in square.ravel()]
    assert calm.get_title(loc="left") == "Correlations, 90 calm periods"
    assert stressed.get_title(loc="left") == "Correlations, 30 stressed periods"
    assert names(model) == ["equity", "bonds", "commodities"]


def test_one_scale_of_colours_holds_for_all():
    *heats, _ = pictures.draw_covariance(RESPONSE).axes
    assert [axes.images[0].get_clim() for axes in heats] == [(-1.0, 1.0)] * 3


def test_volatilities_are_those_of_the_model_of_calm_and_of_stressed_periods():
    axes = pictures.draw_covariance(RESPONSE).axes[-1]
    widths = [round(float(patch.get_width()), 6) for patch in axes.patches]
    assert widths == [16.5, 5.0, 15.0, 12.0, 4.0, 11.0, 26.0, 6.0, 22.0]
    assert names(axes) == ["equity", "bonds (floor)", "commodities"]
    assert "26.0" in labels(axes)


def test_without_stress_the_models_correlations_stand_alone():
    heat, bars = pictures.draw_covariance(CALM).axes
    model = RESPONSE.market.risk_model.volatility_correlation.correlation.to_square()
    assert np.allclose(heat.images[0].get_array(), model, atol=1e-12)
    assert heat.get_title(loc="left") == "Correlations in the model"
    assert len(bars.patches) == 3


def test_the_title_says_what_bad_times_do():
    assert title(pictures.draw_covariance(RESPONSE)) == (
        "Bad times take the mean correlation of drivers from 0.08 to 0.07; equity and commodities change "
        "most, from 0.20 to 0.75"
    )
    assert title(pictures.draw_covariance(CALM)) == (
        "The mean correlation of drivers is 0.05; the strongest is of equity and commodities: 0.30"
    )


def test_one_driver_has_a_picture():
    name = "equity"
    first = RESPONSE.market.risk_model.volatility_correlation
    matrix = first.correlation.from_square((name,), np.eye(1))
    market = dataclasses.replace(
        RESPONSE.market,
        drivers=RESPONSE.market.drivers[:1],
        risk_model=dataclasses.replace(
            RESPONSE.market.risk_model,
            stressed_correlation=None,
            volatility_correlation=dataclasses.replace(
                first, annual_volatilities=first.annual_volatilities[:1], correlation=matrix
            ),
        ),
    )
    assert title(pictures.draw_covariance(dataclasses.replace(CALM, market=market))) == (
        "One driver alone: equity"
    )


def test_drivers_that_are_not_drawn_are_counted():
    figure = pictures.draw_covariance(many_drivers(30))
    assert title(figure).endswith("(6 more drivers not drawn)")
    assert figure.axes[0].images[0].get_array().shape == (24, 24)
    assert labels(figure.axes[0]) == []


def test_without_a_market_it_says_what_to_ask_for():
    with pytest.raises(ValueError, match="ask for a risk model of at least one driver"):
        pictures.draw_covariance(dataclasses.replace(RESPONSE, market=None))


@pytest.mark.parametrize(
    "answer",
    [RESPONSE, CALM, many_drivers(8), many_drivers(12), many_drivers(30)],
    ids=["three", "calm", "eight", "twelve", "thirty"],
)
def test_nothing_is_cut_off_and_names_do_not_overlap(answer):
    figure = pictures.draw_covariance(answer)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 255).all()
    renderer = canvas.get_renderer()
    for axes in figure.axes:
        # The boxes of names that stand aslant overlap where the names do not.
        upright = [text for text in axes.get_xticklabels() if text.get_rotation() != 40]
        for texts in (axes.get_yticklabels(), axes.texts, upright):
            boxes = [Text.get_window_extent(text, renderer) for text in texts if text.get_text()]
            assert not [
                (one, other)
                for place, one in enumerate(boxes)
                for other in boxes[:place]
                if one.shrunk(0.98, 0.98).overlaps(other.shrunk(0.98, 0.98))
            ]

"""Pictures of a proposal show both sides of its numbers, say what changes, and cut nothing off."""

import dataclasses

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from counterpoise import pictures
from counterpoise.model import LineKind, RebalanceProposal, StressReport, Trade
from tests import sample_proposals as sample

PROPOSAL, PROBLEM = sample.proposal(), sample.problem()
DRAWINGS = (pictures.draw_trades, pictures.draw_before_after)


def many():
    """Forty trades with long names, some of them short; twelve scenarios, one ruin."""
    rng = np.random.default_rng(3)
    trades = tuple(
        Trade(
            line_id=f"a-line-with-quite-a-long-id-number-{number}",
            kind=LineKind.OVERLAY,
            current_fraction=float(rng.normal(0.0, 0.1)),
            fraction=float(rng.normal(0.0, 0.05)),
        )
        for number in range(40)
    )
    stresses = tuple(
        StressReport(
            scenario_id=f"$ squeeze of $ style {number}", loss_fraction=float(rng.uniform(-0.1, 0.3))
        )
        for number in range(12)
    )
    plan = dataclasses.replace(PROPOSAL.plan, trades=trades)
    after = dataclasses.replace(PROPOSAL.after, stresses=stresses)
    return dataclasses.replace(PROPOSAL, plan=plan, after=after, before=sample.minimal_proposal().before)


CASES = {"sample": PROPOSAL, "minimal": sample.minimal_proposal(), "many": many()}


def names(axes):
    return [" ".join(text.get_text().split()) for text in axes.get_yticklabels()]


def widths(axes):
    return [patch.get_width() for patch in axes.patches]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("draw", DRAWINGS)
def test_nothing_is_cut_off_and_no_two_texts_overlap(draw, case):
    figure = draw(CASES[case])
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
        assert axes.get_xlabel()


def test_positions_are_drawn_before_and_after():
    figure = pictures.draw_trades(PROPOSAL, PROBLEM)
    assert figure.get_suptitle() == "8 lines trade 26.50 % of NAV one-way"
    (axes,) = figure.axes
    assert names(axes)[:2] == ["World equity fund", "Corporate bond fund"]
    positions = [
        100 * side
        for trade in PROPOSAL.plan.trades
        for side in (trade.current_fraction, trade.current_fraction + trade.fraction)
    ]
    assert widths(axes) == pytest.approx(positions)
    assert axes.texts[1].get_text() == "30.00 to 15.00 (-15.00)"


def test_only_the_largest_trades_are_drawn_and_the_others_counted():
    axes = pictures.draw_trades(CASES["many"]).axes[0]
    assert axes.get_title(loc="left") == "Positions (22 smaller trades are not drawn)"
    drawn = {name.rsplit("-", 1)[-1] for name in names(axes)}
    sizes = sorted(CASES["many"].plan.trades, key=lambda trade: -abs(trade.fraction))
    assert drawn == {trade.line_id.rsplit("-", 1)[-1] for trade in sizes[:18]}


def test_leverage_and_losses_are_drawn_on_both_sides():
    figure = pictures.draw_before_after(PROPOSAL, PROBLEM)
    assert " ".join(figure.get_suptitle().split()) == (
        "Gross notional leverage: 1.000x to 1.180x; loss under Equity crash: 18.95 % to 19.43 %"
    )
    leverage, losses = figure.axes
    frame = PROPOSAL.before_after_frame()
    drawn = frame.loc["leverage"][["before", "after"]].to_numpy().ravel()
    assert widths(leverage) == pytest.approx(list(drawn))
    assert names(losses) == ["Equity crash", "Rates up 200 bp", "rally"]
    lost = frame.loc["loss"].loc[["crash", "rates-up", "rally"], ["before", "after"]]
    assert widths(losses) == pytest.approx(list(100 * lost.to_numpy().ravel()))


def test_a_side_without_a_number_has_no_bar():
    _, losses = pictures.draw_before_after(CASES["many"]).axes
    assert len(losses.patches) == len(names(losses)) == 8
    assert losses.get_title(loc="left") == "Loss by scenario (4 more lose less)"


def test_without_scenarios_leverage_is_drawn_alone():
    figure = pictures.draw_before_after(sample.minimal_proposal())
    assert len(figure.axes) == 1
    assert figure.get_suptitle() == "Gross notional leverage: 1.000x to 1.180x"


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_proposal_without_the_part_is_refused_with_what_to_do(draw):
    with pytest.raises(ValueError, match=r"no trades to draw|ask for it by its name"):
        draw(RebalanceProposal())

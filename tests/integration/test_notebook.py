"""The notebooks of the examples in a real kernel: they run to their ends, and show what they say."""

import base64
import io
import re
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from nbclient import NotebookClient

from counterpoise.pictures import style

EXAMPLES = Path(__file__).parents[2] / "clients" / "python" / "examples"
TOTAL, HISTORIES = "total_portfolio", "from_histories_to_allocation"
TIMEOUT_SECONDS = 120

# Each notebook runs once, in one process.
pytestmark = pytest.mark.xdist_group("notebooks")


def read(name):
    return nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)


@cache
def outputs_of(name):
    """What each cell of code shows, by the cell's id: outputs by media type."""
    notebook = read(name)
    client = NotebookClient(
        notebook, timeout=TIMEOUT_SECONDS, resources={"metadata": {"path": str(EXAMPLES)}}
    )
    client.execute()
    return {
        cell.id: {kind: data for output in cell.outputs for kind, data in output.get("data", {}).items()}
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def table(cell):
    """The frame that a cell of the notebook about histories shows."""
    html = outputs_of(HISTORIES)[cell]["text/html"]
    rows = [re.findall("<t[hd].*?>(.*?)</t[hd]>", row) for row in re.findall("(?s)<tr.*?</tr>", html)]
    body = [row for row in rows[1:] if any(row[1:])]  # the name of the index has a row of its own
    frame = pd.DataFrame([row[1:] for row in body], [row[0] for row in body], rows[0][1:])
    return frame.map(number).infer_objects()


def number(text):
    try:
        return float(text)
    except ValueError:
        return text


def shown(cell):
    return outputs_of(HISTORIES)[cell]["text/plain"]


@pytest.mark.parametrize("name", [TOTAL, HISTORIES])
def test_notebooks_are_committed_without_outputs_and_with_lasting_ids(name):
    written = read(name)
    nbformat.validate(written)
    ids = [cell.id for cell in written.cells]
    assert len(set(ids)) == len(ids)
    # An id that an editor made up is a number in base 16, and another one after each export.
    assert not [name for name in ids if name.isalnum() and any(letter.isdigit() for letter in name)]
    for cell in written.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_the_problem_is_valid_and_all_capital_is_used():
    outputs = outputs_of(TOTAL)
    assert outputs["problem"]["text/plain"] == "()"
    assert float(outputs["capital-sum"]["text/plain"]) == pytest.approx(1.0, abs=1e-6)
    assert "relative gap" in outputs["certificate"]["text/plain"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("benefit", "with every alpha at zero"),
        ("positions", "sp500-future"),
        ("exposures", "treasury_10y"),
        ("sleeves", "performance_fee"),
        ("reserve", "variation_margin_eligible"),
        ("counterparties", "gross_position"),
        ("stresses", "loss_today"),
        ("payments", "fraction"),
        ("coverage", "(base)"),
        ("reserve-gone", "reserve_gone_multiple"),
        ("volatilities", "stressed"),
        ("binding", "shadow_price"),
        ("soft-stages", "violation_bound"),
        ("trades-frame", "cost_rate"),
    ],
)
def test_frames_are_shown_as_tables(cell, words):
    html = outputs_of(TOTAL)[cell]["text/html"]
    assert words in html
    assert html.count("<tr") > 2


def test_returns_in_percent_are_refused_with_their_path():
    assert "history.columns[5].returns: 'skill'" in shown("history")
    assert "as if in percent" in shown("history")


def test_verdicts_and_intervals_hold_the_truth_about_the_funds():
    evidence = table("evidence")
    classes = {"skill": "alpha", "clone": "beta", "smooth": "alpha_and_beta"}
    assert evidence["sleeve_class"].to_dict() == classes
    assert (evidence["annual_alpha_lower"] <= evidence["true_alpha"]).all()
    assert (evidence["true_alpha"] <= evidence["annual_alpha_upper"]).all()
    assert (evidence["annual_shrunk_alpha"].abs() <= evidence["annual_alpha"].abs()).all()
    assert "smoothed" in evidence.loc["smooth", "reasons"]


def test_the_way_in_which_a_fund_was_smoothed_comes_nearest_to_the_truth():
    undone = table("undo")
    reported, volatility, alpha = undone.index
    truth = undone["truth"]
    assert undone.loc[reported, "mean"] < 0.75 * truth[volatility]
    for name in (volatility, alpha):
        assert abs(undone.loc[name, "mean"] - truth[name]) < abs(undone.loc[name, "Geltner"] - truth[name])
    assert undone.loc[volatility, "mean"] == pytest.approx(truth[volatility], rel=0.15)


def test_fees_leave_something_of_skill_and_nothing_of_a_portfolio_that_nobody_picked():
    captures = table("captures")
    assert captures["verdict"].to_dict() == {
        "picker": "adds_value",
        "core-plus": "amplifies_no_skill",
        "small-value": "amplifies_no_skill",
    }
    spent = captures["annual_gross_alpha"] - captures["annual_fee"]
    np.testing.assert_allclose(captures["annual_net_alpha"], spent, atol=1.6e-3)  # three digits are shown
    # 35 bp for futures, 6 bp saved on the fund, 90 % of capital left for alpha.
    np.testing.assert_allclose(captures["annual_break_even_alpha"], (0.0035 - 0.0006) / 0.9, atol=5e-4)


def test_a_disguised_programme_is_beta_without_alpha_and_its_credit_counts():
    programme = table("sleeves").loc["programme"]
    assert programme["sleeve_class"] == "beta"
    assert programme["alpha"] < 0
    assert programme["fraction"] == pytest.approx(0.1)
    assert "known factors explain programme: its alpha of -" in shown("warnings")
    held, exposures = table("allocate"), table("exposures")
    assert held.loc["programme"].tolist() == [0.12, 0.0, 0.1]
    credit = 0.1 * table("estimate").loc["programme", "credit"]
    more = exposures["in sleeves, insisted"] - exposures["in sleeves, as estimated"]
    assert credit == pytest.approx(0.1, abs=0.01)
    assert more["credit"] == pytest.approx(credit, abs=2e-3)
    assert (exposures["in sleeves, as told"] == 0).all()
    assert not shown("price-of-insisting").startswith("'insisting costs -")


def test_with_coverage_the_reserve_lasts_through_every_crisis_and_without_it_does_not():
    walks = table("walk-forward")
    assert walks.loc["exhausted_count", "coverage"] == 0
    assert walks.loc["exhausted_count", "rule of thumb"] > 0
    left = walks.loc["least_free_fraction"]
    assert left["coverage"] > 0 > left["rule of thumb"]
    assert (walks.loc["decision_count", ["coverage", "rule of thumb"]] == 116).all()  # quarters of 29 years
    assert (walks.loc["held_count", ["coverage", "rule of thumb"]] == 0).all()


@pytest.mark.parametrize(
    ("name", "cell", "colours"),
    [
        (TOTAL, "draw-ledgers", (style.BLUE, style.SKY, style.ORANGE, style.MINT)),
        (TOTAL, "draw-leverage", (style.BLUE, style.SKY)),
        (TOTAL, "draw-liquidity", (style.MINT, style.VERMILLION)),
        (TOTAL, "draw-reserve-path", (style.VERMILLION, style.BLUE)),
        (TOTAL, "draw-risk", (style.BLUE, style.ORANGE)),
        (TOTAL, "draw-limits", (style.VERMILLION, style.BLUE)),
        (HISTORIES, "draw-evidence", (style.BLUE, style.VERMILLION, style.GREEN)),
        (HISTORIES, "draw-capture", (style.BLUE, style.SKY, style.ORANGE, style.GREEN, style.VERMILLION)),
        (HISTORIES, "draw-covariance", (style.BLUE, style.SKY, style.ORANGE)),
        (HISTORIES, "draw-walks", (style.BLUE, style.VERMILLION)),
    ],
)
def test_pictures_are_full_of_what_they_show(name, cell, colours):
    pixels = imread(io.BytesIO(base64.b64decode(outputs_of(name)[cell]["image/png"])))[..., :3]
    height, width, _ = pixels.shape
    assert width > 900
    assert height > 350
    for colour in colours:
        wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
        assert (np.abs(pixels - wanted).max(axis=-1) < 0.01).sum() > 500, colour
    # Nothing touches the edge: what would is cut off.
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 1.0).all()

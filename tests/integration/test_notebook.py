"""The notebook of the examples in a real kernel: it runs to its end, and its pictures show something."""

import base64
import io
from pathlib import Path

import nbformat
import numpy as np
import pytest
from matplotlib.image import imread
from nbclient import NotebookClient

from counterpoise.pictures import style

EXAMPLES = Path(__file__).parents[2] / "clients" / "python" / "examples"
NOTEBOOK = EXAMPLES / "total_portfolio.ipynb"
TIMEOUT_SECONDS = 120


@pytest.fixture(scope="module")
def written():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def outputs():
    """What each cell of code shows, by the cell's id: outputs by media type."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook, timeout=TIMEOUT_SECONDS, resources={"metadata": {"path": str(EXAMPLES)}}
    )
    client.execute()
    return {
        cell.id: {kind: data for output in cell.outputs for kind, data in output.get("data", {}).items()}
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def test_the_notebook_is_committed_without_outputs_and_with_lasting_ids(written):
    nbformat.validate(written)
    ids = [cell.id for cell in written.cells]
    assert len(set(ids)) == len(ids)
    # An id that an editor made up is a number in base 16, and another one after each export.
    assert not [name for name in ids if name.isalnum() and any(letter.isdigit() for letter in name)]
    for cell in written.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_the_problem_is_valid_and_all_capital_is_used(outputs):
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
def test_frames_are_shown_as_tables(outputs, cell, words):
    table = outputs[cell]["text/html"]
    assert words in table
    assert table.count("<tr") > 2


@pytest.mark.parametrize(
    ("cell", "colours"),
    [
        ("draw-ledgers", (style.BLUE, style.SKY, style.ORANGE, style.MINT)),
        ("draw-leverage", (style.BLUE, style.SKY)),
        ("draw-liquidity", (style.MINT, style.VERMILLION)),
        ("draw-reserve-path", (style.VERMILLION, style.BLUE)),
        ("draw-risk", (style.BLUE, style.ORANGE)),
        ("draw-limits", (style.VERMILLION, style.BLUE)),
    ],
)
def test_pictures_are_full_of_what_they_show(outputs, cell, colours):
    pixels = imread(io.BytesIO(base64.b64decode(outputs[cell]["image/png"])))[..., :3]
    height, width, _ = pixels.shape
    assert width > 900
    assert height > 350
    for colour in colours:
        wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
        assert (np.abs(pixels - wanted).max(axis=-1) < 0.01).sum() > 500, colour
    # Nothing touches the edge: what would is cut off.
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 1.0).all()

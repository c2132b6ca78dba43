"""The pages for newcomers name what there is, and their Python runs where a sweep has refused points."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from counterpoise import AllocationProblem, Client, backtest, pictures
from counterpoise.model import CallRefusal, ErrorReason, TraceFrontierResponse
from tests import sample_answers

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "clients/python/README.md").read_text()
FRONT_PAGE = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("picture", pictures.__all__)
def test_every_picture_is_named(picture):
    assert f"`{picture}`" in PAGE


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Client, "verify_alpha"),
        (Client, "measure_alpha_capture"),
        (Client, "estimate_risk_model"),
        (AllocationProblem, "with_estimate"),
        (backtest, "walk_forward"),
        (backtest, "compare"),
    ],
)
def test_calls_are_named_and_exist(owner, name):
    assert callable(getattr(owner, name))
    assert f".{name}" in PAGE


def blocks(page):
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


def test_python_on_the_pages_imports_what_exists():
    assert len(blocks(PAGE)) >= 4
    for block in blocks(PAGE) + blocks(FRONT_PAGE):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                source = importlib.import_module(node.module)
                assert all(hasattr(source, name.name) for name in node.names)


def sweeps(page, kind):
    """Nodes of this kind on a page that ask for a frontier, whatever is around them left out."""
    nodes = [node for block in blocks(page) for node in ast.walk(ast.parse(block)) if isinstance(node, kind)]
    return [node for node in nodes if "client.frontier(" in ast.unparse(node)]


def test_the_loop_over_a_sweep_shows_why_points_were_refused(capsys):
    (loop,) = sweeps(FRONT_PAGE, ast.For)
    refusal = CallRefusal(reason=ErrorReason.BOUNDS_CROSSED, message="the bounds cross")
    for point in (
        TraceFrontierResponse(coordinates=(1.0,), refusal=refusal),
        TraceFrontierResponse(coordinates=(1.1,), allocation=sample_answers.optimal()),
    ):
        exec("\n".join(map(ast.unparse, loop.body)), {"point": point})  # noqa: S102 - the page's own words
    assert capsys.readouterr().out == "(1.0,) the bounds cross\n(1.1,) OPTIMAL\n"


def test_the_sweep_whose_frame_is_printed_asks_for_net_returns():
    (points,) = sweeps(PAGE, ast.Assign)
    assert "AllocationView.FULL" in ast.unparse(points)

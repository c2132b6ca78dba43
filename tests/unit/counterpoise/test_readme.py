"""The page of the client for newcomers names what there is, and its Python imports what exists."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from counterpoise import AllocationProblem, Client, backtest, pictures

PAGE = (Path(__file__).parents[3] / "clients/python/README.md").read_text()


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


def test_python_on_the_page_imports_what_exists():
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 4
    for block in blocks:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                source = importlib.import_module(node.module)
                assert all(hasattr(source, name.name) for name in node.names)

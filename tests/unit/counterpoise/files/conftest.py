"""A problem file in the friendly form, and ways to break it."""

from pathlib import Path

import pytest

from counterpoise import files
from counterpoise.errors import InvalidProblem


@pytest.fixture(scope="session")
def friendly():
    """Text of a valid file."""
    return (Path(__file__).parent / "friendly.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def edited(friendly):
    """Function (old, new): the text with its first `old` replaced."""

    def replaced(old, new):
        assert old in friendly
        return friendly.replace(old, new, 1)

    return replaced


def violations(text):
    with pytest.raises(InvalidProblem) as caught:
        files.parse_problem(text)
    return caught.value.violations


@pytest.fixture(scope="session")
def refused():
    """Function (text): path and reason of every violation."""
    return lambda text: [(violation.field, violation.reason.name) for violation in violations(text)]


@pytest.fixture(scope="session")
def messages():
    """Function (text): message of every violation."""
    return lambda text: [violation.message for violation in violations(text)]

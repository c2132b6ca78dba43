"""What tests measured, for the record of full counts: a line of JSON each, where a file is named for it."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

VARIABLE = "COUNTERPOISE_TEST_FIGURES"


def note(figures: Mapping[str, float | int]) -> None:
    """Keep figures by their names, if COUNTERPOISE_TEST_FIGURES names a file."""
    if file := os.environ.get(VARIABLE):
        with Path(file).open("a") as lines:
            lines.write(json.dumps(figures) + "\n")


def note_seconds(name: str, seconds: Sequence[float]) -> None:
    """Keep median, 95 % and largest of durations."""
    ordered = sorted(seconds)
    note(
        {
            f"{name}, median s": round(statistics.median(ordered), 4),
            f"{name}, 95 % s": round(ordered[int(0.95 * (len(ordered) - 1))], 4),
            f"{name}, largest s": round(ordered[-1], 4),
        }
    )


def read_figures(file: Path) -> dict[str, float | int]:
    """All that was noted in a file; of two of one name the later."""
    found: dict[str, float | int] = {}
    if file.exists():
        for line in file.read_text().splitlines():
            found |= json.loads(line)
    return found

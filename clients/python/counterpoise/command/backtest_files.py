"""What `backtest --out` leaves behind: journals, frames as CSV, and a picture where matplotlib is there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from counterpoise.backtest import WalkForward

_FRAMES = ("path", "holdings", "earnings", "calls", "decisions", "estimates")


def journal(out: Path | None, name: str) -> Path | None:
    """The journal of a walk, in a folder that is there; None without one."""
    if out is None:
        return None
    out.mkdir(parents=True, exist_ok=True)
    return out / f"{_stem(name)}.jsonl"


def write(out: Path, walks: Mapping[str, WalkForward]) -> None:
    """Writes the frames of every walk, the comparison, and the picture."""
    from counterpoise.backtest import compare

    compare(walks).to_csv(out / "comparison.csv")
    for name, walk in walks.items():
        for frame in _FRAMES:
            getattr(walk, f"{frame}_frame")().to_csv(out / f"{_stem(name)}-{frame}.csv")
    if find_spec("matplotlib") is not None:
        from counterpoise.pictures import draw_walks

        per_year = next(iter(walks.values())).per_year
        draw_walks({name: walk.path_frame() for name, walk in walks.items()}, per_year).savefig(
            out / "walks.png"
        )


def _stem(name: str) -> str:
    return name.replace(" ", "-")

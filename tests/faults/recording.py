"""Where results of full counts and of fuzzing are kept: one JSON file a run, with commit and versions."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.record import Row, environment

RESULTS = Path(__file__).resolve().parent / "results"
PEERS = ("PyPortfolioOpt", "skfolio", "cvxportfolio", "Riskfolio-Lib")


def keep(name: str, rows: Sequence[Row], *, packages: Sequence[str] = ()) -> Path:
    """Write what was counted where; `packages` are told beside those of every record. Returns the file."""
    now = datetime.datetime.now(datetime.UTC)
    facts = {key: value for key, value in environment().items() if key not in PEERS}
    facts |= {package: _version(package) for package in packages}
    record = {
        "name": name,
        "time": now.isoformat(timespec="seconds"),
        "environment": facts,
        "rows": list(rows),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name.replace(' ', '-')}-{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(record, indent=1) + "\n")
    return path


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

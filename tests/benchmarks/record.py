"""What was measured where: printed always, kept as JSON under `results/` when asked.

COUNTERPOISE_BENCH_RECORD=1 keeps the record.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = (
    "counterpoise-optimizer",
    "clarabel",
    "cvxpy",
    "distributed",
    "grpcio",
    "moreau",
    "numpy",
    "protobuf",
    "PyPortfolioOpt",
    "skfolio",
    "cvxportfolio",
    "Riskfolio-Lib",
)
Row = dict[str, str | int | float]


def commit() -> str:
    """The commit that was measured; `+` where files differ from it."""
    found = subprocess.run(
        ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown"


def environment() -> dict[str, str | int | float]:
    """Commit, cores, versions, and how busy the machine was.

    A call crosses three processes: where they wait for a core, it looks slower beside what runs in one.
    """
    facts: dict[str, str | int | float] = {
        "commit": commit(),
        "cores": os.cpu_count() or 0,
        "load": round(os.getloadavg()[0], 2),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
    for name in PACKAGES:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts


def publish(name: str, rows: Sequence[Row]) -> None:
    """Prints a table and keeps it when asked."""
    facts = environment()
    print(f"\n{name}")  # noqa: T201 - a benchmark's output is its purpose
    print("  " + ", ".join(f"{key} {value}" for key, value in facts.items()))  # noqa: T201
    widths = {key: max(len(key), *(len(_text(row[key])) for row in rows)) for key in rows[0]}
    print("  " + "  ".join(key.rjust(width) for key, width in widths.items()))  # noqa: T201
    for row in rows:
        print("  " + "  ".join(_text(row[key]).rjust(width) for key, width in widths.items()))  # noqa: T201
    if os.environ.get("COUNTERPOISE_BENCH_RECORD"):
        now = datetime.datetime.now(datetime.UTC)
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{name.replace(' ', '-')}-{now:%Y%m%dT%H%M%SZ}.json"
        record = {
            "name": name,
            "time": now.isoformat(timespec="seconds"),
            "environment": facts,
            "rows": list(rows),
        }
        path.write_text(json.dumps(record, indent=1) + "\n")


def _text(value: str | float) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)

"""Runs the fuzzer for so many seconds, on one core and after everybody else: `python -m tests.faults.fuzz`.

Seconds, folder and whether the record is kept come from COUNTERPOISE_TEST_FUZZ_SECONDS (an hour),
COUNTERPOISE_TEST_FUZZ_FOLDER (build/fuzz) and COUNTERPOISE_TEST_FUZZ_RECORD. Exits with 1 where it found
anything; what it found is in the folder, and goes on from the corpus that is there.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.recording import keep

TARGETS = ("bytes", "problems")
ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("COUNTERPOISE_TEST_FUZZ_FOLDER", ROOT / "build" / "fuzz"))
SECONDS = int(os.environ.get("COUNTERPOISE_TEST_FUZZ_SECONDS", "3600"))
LONGEST_INPUT_SECONDS = 60
LARGEST_INPUT_BYTES = 32_000
LARGEST_MEMORY_MB = 3_000
LEAST_SECONDS = 5
NICENESS = 19
SPARE_SECONDS = 120
STATUS = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)/")
EXECUTIONS = re.compile(r"^#(\d+)\s")


@dataclass
class Progress:
    """What a target has come to, over all processes that were started for it."""

    executions: int = 0
    edges: int = 0
    features: int = 0
    corpus: int = 0
    crashes: list[str] = field(default_factory=list)
    """Ends of a process: compiled code that died, an input that hung, memory above the limit."""


def main() -> int:
    """Every target for its share of the time; how many findings there are."""
    rows: list[dict[str, str | int | float]] = []
    found = 0
    for target in TARGETS:
        folder = FOLDER / target
        folder.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        progress = _search(target, folder, SECONDS / len(TARGETS))
        findings = _findings(folder)
        found += len(findings) + len(progress.crashes)
        rows.append(
            {
                "run": f"fuzzing of {target}",
                "seconds": round(time.monotonic() - started),
                "executions": progress.executions,
                "edges": progress.edges,
                "features": progress.features,
                "corpus": progress.corpus,
                "crashes": len(progress.crashes),
                "findings": len(findings),
                "what": "; ".join([*progress.crashes, *findings]) or "nothing found",
            }
        )
        sys.stdout.write(f"{json.dumps(rows[-1])}\n")
        sys.stdout.flush()
    if os.environ.get("COUNTERPOISE_TEST_FUZZ_RECORD"):
        sys.stdout.write(f"{keep('coverage-guided fuzzing', rows, packages=('atheris',))}\n")
    return found


def _search(target: str, folder: Path, seconds: float) -> Progress:
    progress, end = Progress(), time.monotonic() + seconds
    while (left := int(end - time.monotonic())) >= LEAST_SECONDS:
        command = [
            *(sys.executable, "-m", "tests.faults.fuzz_target", target, str(folder)),
            f"-max_total_time={left}",
            f"-timeout={LONGEST_INPUT_SECONDS}",
            f"-rss_limit_mb={LARGEST_MEMORY_MB}",
            f"-max_len={LARGEST_INPUT_BYTES}",
            f"-artifact_prefix={folder}/",
        ]
        with subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as process:
            tail, executions = _watch(process, progress)
            code = process.wait(left + SPARE_SECONDS)
        progress.executions += executions
        if code != 0:
            progress.crashes.append(f"exit {code}: {tail}")
    return progress


def _watch(process: subprocess.Popen[str], progress: Progress) -> tuple[str, int]:
    """Reads what libFuzzer says until it ends; its last complaint, and how many inputs it tried."""
    complaint, executions = "", 0
    assert process.stderr is not None
    for line in process.stderr:
        if counted := EXECUTIONS.match(line):
            executions = int(counted[1])
        if status := STATUS.search(line):
            progress.edges, progress.features, progress.corpus = (int(number) for number in status.groups())
        if "ERROR" in line or "Test unit written" in line:
            complaint = line.strip()
    return complaint, executions


def _findings(folder: Path) -> list[str]:
    lines = folder / "findings.jsonl"
    if not lines.exists():
        return []
    told = [json.loads(line) for line in lines.read_text().splitlines()]
    return sorted({f"{item['place']}: {item['error']} ({item['file']})" for item in told})


if __name__ == "__main__":
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.nice(NICENESS)
    sys.exit(min(main(), 1))

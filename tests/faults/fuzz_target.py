"""Program that a fuzzer drives: `python -m tests.faults.fuzz_target NAME FOLDER [options of libFuzzer]`.

NAME is `bytes` or `problems`. What it finds goes into FOLDER, once for each place that raised it, and the
search goes on; `findings.jsonl` tells what each was. Needs atheris.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
import traceback
import warnings
from pathlib import Path

import atheris  # in an environment of its own

ROOT = Path(__file__).resolve().parents[2]


def main(name: str, folder: Path, options: list[str]) -> None:
    """Search until the options say that it is enough; does not return."""
    with atheris.instrument_imports(include=["counterpoise", "optimizer"]):
        target = importlib.import_module(f"tests.faults.fuzz_{name}")
    warnings.simplefilter("ignore")
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (corpus / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
    known: set[str] = set()

    def test_one_input(data: bytes) -> None:
        try:
            target.fuzz_one(data)
        except Exception as error:  # noqa: BLE001 - whatever it raises is a finding
            place = _place_of(error)
            if place not in known:
                known.add(place)
                _keep(folder, data, place, error)

    atheris.Setup([sys.argv[0], *options, str(corpus)], test_one_input)
    atheris.Fuzz()


def _place_of(error: Exception) -> str:
    """Type and innermost line of ours: what tells one bug from another."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT)]
    frame = ours[-1] if ours else frames[-1]
    return f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}"


def _keep(folder: Path, data: bytes, place: str, error: Exception) -> None:
    name = f"finding-{hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]}"
    (folder / name).write_bytes(data)
    told = {"file": name, "place": place, "error": str(error)[:500], "hex": data.hex()[:2000]}
    with (folder / "findings.jsonl").open("a") as lines:
        lines.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])

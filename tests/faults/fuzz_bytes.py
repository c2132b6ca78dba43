"""Any bytes as a request: parsed, validated and, where they are a small problem, allocated.

Run by `make fuzz`; `test_fuzzed.py` runs it on bytes that are known.
"""

from __future__ import annotations

import zlib
from functools import cache

from counterpoise import wire
from counterpoise.model import AllocateRequest, ErrorReason, SolveParameters
from counterpoise.v1.allocation_service_pb2 import AllocateRequest as AllocateRequestMessage
from counterpoise.v1.allocation_service_pb2 import AllocateResponse as AllocateResponseMessage
from tests.faults.verdicts import LARGEST_GAP, verdict_faults
from tests.golden_problems import pension, retail, sixty_forty_with_overlay
from tests.in_process import ask, open_server
from tests.problems.everything import everything
from tests.problems.over_ranges import over_ranges
from tests.problems.stressed import stressed

MOST_BYTES = 32_000
SENSITIVITY_OF_EVERY = 8
"""Of so many answers one is asked again for its derivatives, which take several solves."""
CLEAR = {ErrorReason.REQUEST_INVALID, ErrorReason.REQUEST_MALFORMED}

server = cache(open_server)


def seeds() -> list[bytes]:
    """Requests to begin with."""
    problems = [pension(), retail(posted_in_treasuries=True), sixty_forty_with_overlay()]
    problems += [make(seed) for make in (over_ranges, everything, stressed) for seed in range(4)]
    requests = (AllocateRequest(problem=problem, request_id="mine") for problem in problems)
    return [wire.to_message(request, AllocateRequestMessage).SerializeToString() for request in requests]


def fuzz_one(data: bytes) -> str:
    """How the request ends: what it is refused for, or how the solve ended.

    Raises AssertionError where the answer is wrong, and what the server would answer with INTERNAL.
    """
    if len(data) > MOST_BYTES:
        return "TOO_LONG"
    validated = ask(server()["ValidatePortfolio"], "ValidatePortfolio", data)
    if isinstance(validated, ErrorReason):
        assert validated in CLEAR, validated
    answer = ask(server()["Allocate"], "Allocate", data)
    if isinstance(answer, ErrorReason):
        assert answer in CLEAR, answer
        return answer.name
    request: AllocateRequest = wire.to_model(AllocateRequestMessage.FromString(data))
    parameters = request.parameters or SolveParameters()
    allocation = wire.to_model(AllocateResponseMessage.FromString(answer)).allocation
    faults = verdict_faults(
        request.problem, allocation, largest_gap=parameters.maximum_relative_gap or LARGEST_GAP
    )
    assert not (found := list(faults)), found
    if zlib.crc32(data) % SENSITIVITY_OF_EVERY == 0:
        measured = ask(server()["MeasureSensitivity"], "MeasureSensitivity", data)
        assert isinstance(measured, bytes) or measured in CLEAR, measured
    return allocation.termination.reason.name

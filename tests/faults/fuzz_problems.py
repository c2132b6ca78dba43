"""Structured problems: one of the generators' problems with a few mistakes in it, as bytes choose.

Run by `make fuzz`; `test_fuzzed.py` runs it on bytes that are known.
"""

from __future__ import annotations

from functools import lru_cache

from counterpoise import wire
from counterpoise.model import AllocateRequest
from counterpoise.v1.allocation_service_pb2 import AllocateRequest as AllocateRequestMessage
from tests.choices import Choices
from tests.faults import fuzz_bytes
from tests.mutations import mutate
from tests.problems.contradictions import MAKERS, contradictory_problem
from tests.problems.everything import everything
from tests.problems.lexicographic import lexicographic
from tests.problems.over_ranges import over_ranges
from tests.problems.randomized import random_problem
from tests.problems.stressed import stressed

FAMILIES = (over_ranges, everything, stressed, lexicographic, random_problem)
SEEDS = 64
MOST_MISTAKES = 3


def seeds() -> list[bytes]:
    """One problem of each family, as it is and with mistakes."""
    return [bytes([family, 1, *tail]) for family in range(len(FAMILIES) + 1) for tail in ((), range(2, 20))]


def fuzz_one(data: bytes) -> str:
    """As `fuzz_bytes.fuzz_one`, of the problem that the bytes choose."""
    return fuzz_bytes.fuzz_one(request_of(data))


def request_of(data: bytes) -> bytes:
    """The request that the bytes choose."""
    choices = Choices(data)
    message = AllocateRequestMessage.FromString(
        _whole(choices.below(len(FAMILIES) + 1), choices.below(SEEDS))
    )
    mutate(message.problem, choices, MOST_MISTAKES)
    return message.SerializeToString()


@lru_cache(maxsize=SEEDS)
def _whole(family: int, seed: int) -> bytes:
    if family < len(FAMILIES):
        problem = FAMILIES[family](seed)
    else:
        problem = contradictory_problem(list(MAKERS)[seed % len(MAKERS)], seed)
    return wire.to_message(AllocateRequest(problem=problem), AllocateRequestMessage).SerializeToString()

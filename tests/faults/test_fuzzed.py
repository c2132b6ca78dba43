"""What the fuzzer runs, on bytes that are known: where it begins, and what it once found."""

import random

import pytest

from tests.faults import fuzz_bytes, fuzz_problems

COUNT = 100
ENDINGS = {"OPTIMAL", "INFEASIBLE", "UNDETERMINED", "REQUEST_INVALID", "REQUEST_MALFORMED"}
FOUND = (
    "0203",  # a limit on liquidity coverage
    "1414",  # a pool margined by scenarios
    "ff7aff2affffff049f01010257",  # value-at-risk relative to the reference
)
"""Problems of these kinds were measured by the wrong second opinion."""


def test_what_a_fuzzer_begins_with_is_solved():
    assert {fuzz_bytes.fuzz_one(seed) for seed in fuzz_bytes.seeds()} == {"OPTIMAL"}


@pytest.mark.parametrize("found", FOUND)
def test_what_a_fuzzer_found_stays_mended(found):
    assert fuzz_problems.fuzz_one(bytes.fromhex(found)) in ENDINGS


def test_any_choices_make_a_problem_that_is_answered_or_refused():
    generator = random.Random(20262)  # noqa: S311 - reproducible choices, not secrets
    endings = {
        fuzz_problems.fuzz_one(generator.randbytes(generator.choice((2, 4, 8, 16)))) for _ in range(COUNT)
    }
    assert endings <= ENDINGS
    assert {"OPTIMAL", "INFEASIBLE", "REQUEST_INVALID"} <= endings

"""Refusals reach the records without anybody waiting for it."""

import threading
import time

import pytest
import structlog

from optimizer.service.identity import claimed
from optimizer.service.refusals import RefusalWriter

AMPLE_SECONDS = 30.0
METHOD = "/counterpoise.v1.RebalanceService/RunRebalanceJob"


@pytest.fixture
def lines():
    with structlog.testing.capture_logs() as captured:
        yield captured


def warnings(lines):
    return [line for line in lines if line["log_level"] == "warning"]


def test_refusals_are_written_in_their_order(lines):
    written = []
    with RefusalWriter(lambda *facts: written.append(facts)) as writer:
        for number in range(100):
            writer.note(claimed(()) if number % 2 else None, METHOD, str(number))
    assert written == [(claimed(()) if number % 2 else None, METHOD, str(number)) for number in range(100)]
    assert (writer.lost_count, lines) == (0, [])


def test_nobody_waits_for_a_slow_record_and_what_does_not_fit_is_counted(lines):
    begun, go_on = threading.Event(), threading.Event()
    written = []

    def slow(principal, method, cause):
        begun.set()
        assert go_on.wait(AMPLE_SECONDS)
        written.append(cause)

    with RefusalWriter(slow, most_waiting=3) as writer:
        writer.note(None, METHOD, "0")
        assert begun.wait(AMPLE_SECONDS)
        for number in range(1, 11):
            writer.note(None, METHOD, str(number))
        # Nobody has let the record go on: these came back without it.
        assert (written, writer.lost_count) == ([], 7)
        assert len(warnings(lines)) == 1
        go_on.set()
    assert written == ["0", "1", "2", "3"]
    assert [line.get("count") for line in warnings(lines)] == [None, 7]


def test_a_record_that_fails_is_tried_again_and_the_log_says_so_once(lines):
    written, failures = [], [OSError("a"), OSError("b")]

    def flaky(principal, method, cause):
        if failures:
            raise failures.pop()
        written.append(cause)

    with RefusalWriter(flaky, retry_seconds=0.001) as writer:
        writer.note(None, METHOD, "a")
        limit = time.monotonic() + AMPLE_SECONDS
        while not written:
            assert time.monotonic() < limit
            time.sleep(0.001)
    assert (written, writer.lost_count) == (["a"], 0)
    assert [line["event"] for line in lines] == ["a refusal cannot be recorded"]


def test_records_that_stay_away_do_not_keep_the_server_from_ending(lines):
    def away(principal, method, cause):
        raise OSError

    with RefusalWriter(away, retry_seconds=AMPLE_SECONDS) as writer:
        for _ in range(3):
            writer.note(None, METHOD, "a")
    assert writer.lost_count == 3
    assert not writer._thread.is_alive()
    assert warnings(lines)[-1]["count"] == 3

"""What is found by walking over bytes, and how many steps that takes at most."""

import pytest

from counterpoise.v1.allocation_service_pb2 import AllocateRequest, TraceFrontierRequest
from optimizer.answering import envelope
from optimizer.answering.envelope import envelope_of, request_id_of
from optimizer.answering.fields import MAXIMUM_FIELDS, NotAMessage, TooManyFields, fields
from optimizer.usecases.errors import RequestInvalid
from tests.unit.optimizer.service.wire_bytes import field_number, tagged, varint

PROBLEM = field_number(TraceFrontierRequest, "problem")
REQUEST_ID = field_number(TraceFrontierRequest, "request_id")
PARAMETERS = field_number(TraceFrontierRequest, "parameters")


class CountedBytes(bytes):
    """Counts what is cut out of it."""

    cuts = 0

    def __getitem__(self, index):
        CountedBytes.cuts += isinstance(index, slice)
        return super().__getitem__(index)


def test_fields_come_in_order_with_what_they_hold():
    body = (
        tagged(1, b"a")
        + varint(2 << 3)
        + b"\x05"
        + varint(3 << 3 | 1)
        + bytes(8)
        + varint(4 << 3 | 5)
        + bytes(4)
    )
    assert list(fields(body)) == [(1, 2, b"a"), (2, 0, b""), (3, 1, b""), (4, 5, b"")]


@pytest.mark.parametrize(
    "end", [b"\xff", b"\x0a\x05a", b"\x08", b"\x0b", b"\x09" + bytes(7), b"\x08" + b"\xff" * 11]
)
def test_bytes_that_are_no_message_end_the_walk_after_what_came_before(end):
    walk = fields(tagged(1, b"a") + end)
    assert next(walk) == (1, 2, b"a")
    with pytest.raises(NotAMessage):
        next(walk)


def test_a_walk_ends_after_so_many_fields():
    CountedBytes.cuts = 0
    with pytest.raises(TooManyFields):
        list(fields(CountedBytes(tagged(1, b"x") * 1_000_000)))
    assert CountedBytes.cuts == MAXIMUM_FIELDS


@pytest.mark.parametrize("number", [PROBLEM, PARAMETERS, REQUEST_ID, 3000])
def test_a_field_that_comes_again_and_again_is_refused_with_its_reason(number):
    body = tagged(number, b"x\x00") * 400_000
    for read in (envelope_of, request_id_of):
        with pytest.raises(RequestInvalid) as caught:
            read(body, TraceFrontierRequest)
        (violation,) = caught.value.violations
        assert (violation.field, violation.reason.name) == ("", "TOO_MANY")
        assert "1000 fields" in violation.message


def test_a_flood_within_the_problem_is_refused_by_its_path():
    with pytest.raises(RequestInvalid) as caught:
        envelope_of(tagged(PROBLEM, tagged(1, b"") * (MAXIMUM_FIELDS + 1)), TraceFrontierRequest)
    assert caught.value.violations[0].field == "problem"


def test_parameters_that_hold_more_than_any_have_are_refused_unread(monkeypatch):
    monkeypatch.setattr(envelope, "solve_pb2", None)
    with pytest.raises(RequestInvalid) as caught:
        envelope_of(tagged(PARAMETERS, tagged(3000, bytes(5_000))), TraceFrontierRequest)
    (violation,) = caught.value.violations
    assert (violation.field, violation.reason.name) == ("parameters", "TOO_MANY")


def test_messages_that_come_twice_are_put_together_and_of_texts_the_last_counts():
    first, second = AllocateRequest(request_id="first"), AllocateRequest(request_id="second")
    first.parameters.time_limit.seconds = 3
    second.parameters.time_limit.nanos = 500_000_000
    found = envelope_of(first.SerializeToString() + second.SerializeToString(), AllocateRequest)
    assert found.request_id == "second"
    assert found.time_limit.total_seconds() == 3.5


def test_what_is_malformed_is_left_to_the_worker():
    found = envelope_of(tagged(REQUEST_ID, b"one") + b"\xff", TraceFrontierRequest)
    assert (found.request_id, found.time_limit, found.affinity) == ("one", None, None)


def test_questions_about_one_market_and_portfolio_are_told_by_their_bytes():
    def asked(market, portfolio, mandate):
        problem = tagged(1, market) + tagged(2, portfolio) + tagged(3, mandate)
        return envelope_of(
            tagged(field_number(AllocateRequest, "problem"), problem), AllocateRequest
        ).affinity

    assert asked(b"m", b"p", b"1") == asked(b"m", b"p", b"2")
    assert asked(b"m", b"p", b"1") != asked(b"m", b"q", b"1")


@pytest.mark.parametrize("byte", [b"x", b"\xff"])
def test_of_an_id_without_end_only_the_beginning_is_read(byte):
    assert 64 < len(request_id_of(tagged(REQUEST_ID, byte * 3_000_000), TraceFrontierRequest)) <= 256

"""Unknown fields are found in bytes, the first few of them."""

from hypothesis import given
from hypothesis import strategies as st

from counterpoise import wire
from counterpoise.model import AllocateRequest
from counterpoise.v1.allocation_service_pb2 import AllocateRequest as Message
from optimizer.answering import unknown
from optimizer.answering.requests import parse
from optimizer.answering.unknown import MAXIMUM_FOUND, MAXIMUM_LOOKED_AT, unknown_paths
from tests.golden_problems import pension
from tests.unit.optimizer.service.wire_bytes import field_number, tagged, varint

PROBLEM = field_number(Message, "problem")
LINES = (
    PROBLEM,
    field_number(Message, "problem.portfolio"),
    field_number(Message, "problem.portfolio.lines"),
)
WHOLE = wire.to_message(AllocateRequest(problem=pension()), Message).SerializeToString()


def nested(numbers, content):
    for number in reversed(numbers):
        content = tagged(number, content)
    return content


def found(body):
    return unknown_paths(body, Message.DESCRIPTOR)


def test_a_whole_request_has_none():
    assert found(WHOLE) == ()


def test_paths_count_elements_across_pieces_of_a_message():
    assert found(nested(LINES, b"") + nested(LINES, tagged(3000, b""))) == (
        "problem.portfolio.lines[1].#3000",
    )


def test_a_known_number_of_another_kind_is_unknown():
    assert found(varint(PROBLEM << 3) + b"\x01") == (f"#{PROBLEM}",)
    assert parse(varint(PROBLEM << 3) + b"\x01", Message).violations[0].field == f"#{PROBLEM}"


def test_the_search_ends_with_the_first_few():
    body = b"".join(tagged(number, b"") for number in range(3000, 3000 + 2 * MAXIMUM_FOUND))
    assert len(found(body)) == MAXIMUM_FOUND


def test_the_search_ends_after_so_many_fields(monkeypatch):
    looked_at = 0
    walk = unknown.fields

    def counting(body, most):
        nonlocal looked_at
        for one in walk(body, most):
            looked_at += 1
            yield one

    monkeypatch.setattr(unknown, "fields", counting)
    assert unknown_paths(nested(LINES, b"") * 1_000, Message.DESCRIPTOR, 100) == ()
    assert looked_at == 100
    lines = nested(LINES[:-1], tagged(LINES[-1], b"") * 1_000 + tagged(3000, b""))
    assert unknown_paths(lines, Message.DESCRIPTOR, 100) == ()


def test_what_is_unknown_beyond_the_end_of_the_search_is_refused_all_the_same():
    lines = nested(LINES[:-1], tagged(LINES[-1], b"") * MAXIMUM_LOOKED_AT)
    (violation,) = parse(lines + tagged(3000, b""), Message).violations
    assert (violation.field, violation.reason.name) == ("", "FIELD_UNKNOWN")
    assert "after the first" in violation.message


@given(st.integers(0, len(WHOLE)), st.binary(min_size=1, max_size=8))
def test_no_bytes_are_more_than_a_refusal(at, damage):
    assert all(path.rpartition(".")[2].startswith("#") for path in found(WHOLE[:at] + damage + WHOLE[at:]))

"""A batch's messages on the event loop: what they may cost there, and what is kept of them."""

import pytest

from counterpoise.model import ErrorReason, SolveParameters
from counterpoise.v1.allocation_service_pb2 import AllocateBatchRequest
from optimizer.answering import streamed
from optimizer.answering.fields import MAXIMUM_FIELDS
from optimizer.answering.streamed import BatchReader
from optimizer.usecases.errors import Refused, RequestInvalid
from tests.unit.optimizer.service.wire_bytes import field_number, tagged

HEADER, ITEM = (field_number(AllocateBatchRequest, name) for name in ("header", "item"))
REQUEST_ID = field_number(AllocateBatchRequest, "item.request_id")


class SoloCrew:
    least_items, most_items, worker_count = 1, 16, 1


class Judge:
    """Stands in for the worker that reads headers."""

    def __init__(self):
        self.judged = []

    async def __call__(self, body):
        self.judged.append(body)
        return SolveParameters()


def item(request_id="", more=b""):
    return tagged(ITEM, tagged(REQUEST_ID, request_id.encode()) + more)


async def sent(bodies):
    for body in bodies:
        yield body


async def read(*bodies, judge=None):
    """Every item that comes of messages, and the reader."""
    reader = BatchReader(sent(bodies), SoloCrew(), lambda _: 1.0, judge or Judge())
    return [item for chunk in [chunk async for chunk in reader.chunks()] for item in chunk.items], reader


def reasons(found):
    return [(one.index, one.request_id, *(wrong.reason.name for wrong in one.violations)) for one in found]


async def test_a_header_is_judged_elsewhere_and_never_parsed_here(monkeypatch):
    def parsed(_):
        raise AssertionError

    judge, header = Judge(), tagged(HEADER, tagged(3000, b"") * 300_000)
    monkeypatch.setattr(streamed, "AllocateBatchRequest", parsed)
    found, reader = await read(header, item("a"), judge=judge)
    assert judge.judged == [header]
    assert reader._shared is header
    assert reasons(found) == [(0, "a")]


async def test_a_message_with_more_fields_than_any_has_ends_the_batch():
    with pytest.raises(RequestInvalid) as caught:
        await read(tagged(HEADER, b"") * (MAXIMUM_FIELDS + 1))
    assert caught.value.violations[0].reason is ErrorReason.TOO_MANY


async def test_an_item_with_more_fields_than_any_has_is_refused_by_itself():
    found, _ = await read(item("a", tagged(3000, b"") * MAXIMUM_FIELDS), item("b"))
    assert reasons(found) == [(0, "", "TOO_MANY"), (1, "b")]
    assert found[0].violations[0].field == "item"


@pytest.mark.parametrize("request_id", ["x" * 65, "x" * 3_000_000, "line\nbreak"])
async def test_an_id_that_is_none_is_neither_kept_nor_sent_back(request_id):
    found, reader = await read(item(request_id), item(request_id), item("x" * 64))
    # Nor is it taken for the good id with which it begins.
    assert reasons(found) == [(0, "", "ID_MALFORMED"), (1, "", "ID_MALFORMED"), (2, "x" * 64)]
    assert reader._ids == {"x" * 64}
    assert len(found[0].violations[0].message) < 500


async def test_an_item_without_an_id_lacks_it():
    assert reasons((await read(item()))[0]) == [(0, "", "FIELD_MISSING")]
    assert reasons((await read(tagged(ITEM, b"")))[0]) == [(0, "", "FIELD_MISSING")]


async def test_bytes_that_are_no_text_are_no_id():
    body = tagged(ITEM, tagged(REQUEST_ID, b"\xff\xfe"))
    assert reasons((await read(body))[0]) == [(0, "", "ID_MALFORMED")]


async def test_an_id_that_comes_twice_has_its_own_place():
    assert reasons((await read(item("a"), item("a")))[0]) == [(0, "a"), (1, "a", "ID_DUPLICATE")]


async def test_a_stream_has_so_many_items_and_no_more(monkeypatch):
    monkeypatch.setattr(streamed, "MAXIMUM_ITEMS", 3)
    assert len((await read(*map(item, "abc")))[0]) == 3
    with pytest.raises(RequestInvalid) as caught:
        await read(*map(item, "abcd"))
    (violation,) = caught.value.violations
    assert (violation.field, violation.reason) == ("item", ErrorReason.TOO_MANY)
    assert "3 items" in violation.message


async def test_of_two_parts_the_last_one_counts_as_for_every_reader():
    body = tagged(HEADER, b"") + item("a")
    assert AllocateBatchRequest.FromString(body).WhichOneof("part") == "item"
    assert reasons((await read(body))[0]) == [(0, "a")]
    judge = Judge()
    assert (await read(item("a") + tagged(HEADER, b""), judge=judge))[0] == []
    assert len(judge.judged) == 1


async def test_an_item_in_pieces_is_one_item():
    body = item("a") + item("b")
    assert AllocateBatchRequest.FromString(body).item.request_id == "b"
    assert reasons((await read(body))[0]) == [(0, "b")]


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05", b"\x0b" * 200])
async def test_bytes_that_are_no_message_end_the_batch(body):
    with pytest.raises(Refused) as caught:
        await read(body)
    assert caught.value.reason is ErrorReason.REQUEST_MALFORMED


async def test_a_message_without_a_part_ends_the_batch():
    with pytest.raises(RequestInvalid) as caught:
        await read(b"")
    assert caught.value.violations[0].reason is ErrorReason.CHOICE_MISSING

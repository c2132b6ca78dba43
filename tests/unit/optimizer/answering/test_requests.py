import time

import pytest

from counterpoise.model import ErrorReason
from counterpoise.v1.allocation_service_pb2 import AllocateRequest
from counterpoise.v1.rebalance_service_pb2 import CreateRebalanceJobRequest
from optimizer.answering import requests
from optimizer.answering.requests import parse
from optimizer.usecases.errors import Refused
from tests.unit.optimizer.service.wire_bytes import field_number, tagged

UNKNOWN = tagged(3000, b"new")


def in_problem(content):
    return tagged(field_number(AllocateRequest, "problem"), content)


def in_line(content):
    lines = field_number(AllocateRequest, "problem.portfolio.lines")
    portfolio = field_number(AllocateRequest, "problem.portfolio")
    return in_problem(tagged(portfolio, tagged(lines, b"") + tagged(lines, content)))


def test_a_message_is_parsed():
    parsed = parse(AllocateRequest(request_id="a").SerializeToString(), AllocateRequest)
    assert parsed.message.request_id == "a"
    assert parsed.violations == ()


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05", tagged(3, b"\xff\xfe"), b"\x0b" * 200])
def test_garbage_is_refused_by_its_name(body):
    with pytest.raises(Refused) as caught:
        parse(body, AllocateRequest)
    assert caught.value.reason is ErrorReason.REQUEST_MALFORMED


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (UNKNOWN, "#3000"),
        (in_problem(UNKNOWN), "#3000"),
        (in_line(UNKNOWN), "portfolio.lines[1].#3000"),
        (tagged(field_number(AllocateRequest, "parameters"), UNKNOWN), "parameters.#3000"),
    ],
)
def test_unknown_fields_have_their_path(body, path):
    (violation,) = parse(body, AllocateRequest).violations
    assert (violation.field, violation.reason) == (path, ErrorReason.FIELD_UNKNOWN)


@pytest.mark.parametrize(
    ("within", "path"), [("rebalance_job", "rebalance_job.#3000"), ("rebalance_job.problem", "#3000")]
)
def test_unknown_fields_of_a_job_have_their_path(within, path):
    body = UNKNOWN
    for depth in range(within.count(".") + 1, 0, -1):
        field = ".".join(within.split(".")[:depth])
        body = tagged(field_number(CreateRebalanceJobRequest, field), body)
    (violation,) = parse(body, CreateRebalanceJobRequest).violations
    assert (violation.field, violation.reason) == (path, ErrorReason.FIELD_UNKNOWN)


def test_a_field_that_is_unknown_often_is_named_once():
    body = in_line(UNKNOWN * 5) + UNKNOWN
    assert len(parse(body, AllocateRequest).violations) == 2


def test_what_is_known_is_kept_beside_what_is_not():
    parsed = parse(UNKNOWN + AllocateRequest(request_id="a").SerializeToString(), AllocateRequest)
    assert parsed.message.request_id == "a"


def test_a_flood_of_empty_parts_is_counted_and_not_looked_at():
    lines = tagged(field_number(AllocateRequest, "problem.portfolio.lines"), b"") * 2_000_000
    body = in_problem(tagged(field_number(AllocateRequest, "problem.portfolio"), lines))
    start = time.monotonic()
    parsed = parse(body, AllocateRequest)
    assert time.monotonic() - start < 20.0  # hours without the bound
    assert parsed.message is None
    (violation,) = parsed.violations
    assert (violation.field, violation.reason) == ("portfolio.lines", ErrorReason.TOO_MANY)


def test_a_flood_in_many_small_lists_is_counted_too(monkeypatch):
    monkeypatch.setattr(requests, "MAXIMUM_PARTS", 1000)
    line = tagged(field_number(AllocateRequest, "problem.portfolio.lines.loadings"), b"") * 10
    lines = tagged(field_number(AllocateRequest, "problem.portfolio.lines"), line) * 200
    body = in_problem(tagged(field_number(AllocateRequest, "problem.portfolio"), lines))
    parsed = parse(body, AllocateRequest)
    assert parsed.message is None
    assert parsed.violations[0].field == "portfolio.lines[80].loadings"


def test_a_flood_of_unknown_fields_is_bounded():
    start = time.monotonic()
    parsed = parse(tagged(3000, b"") * 1_000_000, AllocateRequest)
    assert time.monotonic() - start < 20.0  # hours without the bound
    assert [violation.field for violation in parsed.violations] == ["#3000"]

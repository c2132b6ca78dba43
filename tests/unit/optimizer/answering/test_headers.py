"""What a worker says of a batch's header."""

import datetime

import pytest

from counterpoise import wire
from counterpoise.model import AllocateBatchRequest, BatchHeader, ErrorReason, SolveParameters
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.headers import judged_header
from optimizer.usecases.errors import Refused, RequestInvalid
from tests.unit.optimizer.service.wire_bytes import field_number, tagged

MESSAGE = allocation_service_pb2.AllocateBatchRequest
HEADER = field_number(MESSAGE, "header")


def body_of(header):
    return wire.to_message(AllocateBatchRequest(header=header), MESSAGE).SerializeToString()


def test_its_parameters_are_those_of_every_item():
    parameters = SolveParameters(time_limit=datetime.timedelta(seconds=2))
    assert judged_header(body_of(BatchHeader(parameters=parameters))) == parameters
    assert judged_header(body_of(BatchHeader())) == SolveParameters()


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        (tagged(HEADER, tagged(3000, b"")), "header.#3000", ErrorReason.FIELD_UNKNOWN),
        (tagged(HEADER, b"") + tagged(3000, b""), "header.#3000", ErrorReason.FIELD_UNKNOWN),
        (
            body_of(BatchHeader(parameters=SolveParameters(time_limit=datetime.timedelta(seconds=-1)))),
            "header.parameters.time_limit",
            ErrorReason.NUMBER_OUT_OF_RANGE,
        ),
    ],
)
def test_what_breaks_the_contract_is_named_by_its_path(body, field, reason):
    with pytest.raises(RequestInvalid) as caught:
        judged_header(body)
    (violation,) = caught.value.violations
    assert (violation.field, violation.reason) == (field, reason)


def test_bytes_that_are_no_message_are_refused():
    with pytest.raises(Refused):
        judged_header(b"\xff")

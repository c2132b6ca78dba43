import re
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

from counterpoise.model import ErrorReason, Violation
from optimizer.service import errors
from optimizer.service.status import MAXIMUM_BYTES, status_of
from optimizer.usecases.errors import Refused

CALL_REASONS = [reason for reason in ErrorReason if reason < ErrorReason.FIELD_MISSING]
REFUSALS = [
    errors.CREDENTIALS_INVALID,
    errors.ACCESS_DENIED,
    errors.DEADLINE_PASSED,
    errors.SHUTTING_DOWN,
    errors.WORKER_LOST,
    errors.RESPONSE_TOO_LARGE,
    errors.busy(0.25),
    errors.internal_bug(),
    errors.invalid((Violation(field="a", reason=ErrorReason.FIELD_MISSING, message="m"),)),
    *(
        errors.refusal_of(Refused(reason, "why, and what to do", {"name": "x"}), draining=False)
        for reason in ErrorReason
        if ErrorReason.REQUEST_MALFORMED <= reason <= ErrorReason.RUN_NOT_ACTIVE
        or reason in {ErrorReason.SELF_APPROVAL, ErrorReason.STORE_UNAVAILABLE}
    ),
]


def details(status, kind):
    found = []
    for packed in status.details:
        detail = kind()
        if packed.Unpack(detail):
            found.append(detail)
    return found


def violation(number, message="m"):
    return Violation(field=f"portfolio.lines[{number}].x", reason=ErrorReason.ID_DUPLICATE, message=message)


def test_every_reason_of_a_status_has_one_code_and_violations_have_none():
    assert sorted(errors.CODES) == sorted(CALL_REASONS)


def test_every_reason_has_the_code_that_its_comment_says():
    text = (Path(__file__).parents[4] / "protos" / "counterpoise" / "v1" / "errors.proto").read_text()
    said = re.findall(r"// ([A-Z_]+): [^\n]*\n  ERROR_REASON_([A-Z_]+) =", text)
    codes = {name: code for code, name in said}
    assert {reason.name: code.name for reason, code in errors.CODES.items()} == codes


def test_what_a_use_case_refuses_keeps_reason_message_and_metadata():
    refused = Refused(ErrorReason.COMPLIANCE_FAILED, "would break reserve", {"limitId": "reserve"})
    for draining in (False, True):
        refusal = errors.refusal_of(refused, draining=draining)
        assert refusal.code is grpc.StatusCode.FAILED_PRECONDITION
        (info,) = details(status_of(refusal), error_details_pb2.ErrorInfo)
        assert (info.reason, dict(info.metadata)) == ("COMPLIANCE_FAILED", {"limitId": "reserve"})
        assert refusal.message == "would break reserve"


def test_a_refusal_by_a_reason_without_a_code_is_a_bug():
    refusal = errors.refusal_of(Refused(ErrorReason.FIELD_MISSING, "m"), draining=False)
    assert refusal.reason is ErrorReason.INTERNAL_BUG


def test_every_reason_can_be_sent():
    assert sorted(refusal.reason for refusal in REFUSALS) == sorted(CALL_REASONS)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.reason.name)
def test_a_status_has_one_error_info(refusal):
    status = status_of(refusal)
    (info,) = details(status, error_details_pb2.ErrorInfo)
    assert (info.reason, info.domain) == (refusal.reason.name, "counterpoise")
    assert status.code == errors.CODES[refusal.reason].value[0]
    assert status.message


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.reason.name)
def test_only_a_busy_server_invites_to_retry(refusal):
    expected = 1 if refusal.reason is ErrorReason.SERVER_BUSY else 0
    assert len(details(status_of(refusal), error_details_pb2.RetryInfo)) == expected


def test_retry_info_has_the_time():
    (info,) = details(status_of(errors.busy(0.25)), error_details_pb2.RetryInfo)
    assert info.retry_delay.ToMilliseconds() == 250


def test_violations_keep_order_field_reason_and_text():
    status = status_of(errors.invalid((violation(1, "one"), violation(0, "two"))))
    (request,) = details(status, error_details_pb2.BadRequest)
    assert [(item.field, item.reason, item.description) for item in request.field_violations] == [
        ("portfolio.lines[1].x", "ID_DUPLICATE", "one"),
        ("portfolio.lines[0].x", "ID_DUPLICATE", "two"),
    ]


@pytest.mark.parametrize("text", ["", "m" * 100, "é" * 5000])
def test_a_status_never_exceeds_what_a_trailer_carries(text):
    status = status_of(errors.invalid(tuple(violation(number, text) for number in range(1000))))
    (request,) = details(status, error_details_pb2.BadRequest)
    (info,) = details(status, error_details_pb2.ErrorInfo)
    assert status.ByteSize() <= MAXIMUM_BYTES
    assert status.ByteSize() > MAXIMUM_BYTES - 1000
    assert 0 < len(request.field_violations) < 1000
    assert info.metadata["violationCount"] == "1000"
    assert "ValidatePortfolio" in status.message


def test_an_exception_without_a_meaning_is_a_bug_and_its_text_stays_here():
    refusal = errors.refusal_of(ValueError("postgres://secret"), draining=False)
    assert refusal.code is grpc.StatusCode.INTERNAL
    assert "secret" not in str(status_of(refusal))
    assert refusal.metadata["errorId"] in refusal.message

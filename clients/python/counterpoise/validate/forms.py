"""Texts that have a form of their own, in one table: names of resources, ids, hashes, comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from counterpoise import model
from counterpoise.model import ErrorReason
from counterpoise.validate.resource_names import (
    JOB,
    JOBS,
    PROPOSAL,
    RUN,
    SCOPE,
    TENANT,
    NameForm,
    matches_part,
)
from counterpoise.validate.text import (
    matches_currency,
    matches_exchange,
    matches_id,
    matches_request_id,
    matches_zone,
)

COMMENT_CHARACTERS: Final = 1_000


@dataclass(frozen=True)
class TextForm:
    """Which texts are right, what to write, and the reason of a text that is not right."""

    matches: Callable[[str], object]
    form: str
    reason: ErrorReason = ErrorReason.VALUE_MALFORMED


def _named(name: NameForm) -> TextForm:
    return TextForm(name.read, name.template, ErrorReason.ID_MALFORMED)


_hexadecimal = "[0-9A-Fa-f]"
_matches_uuid = re.compile(
    f"{_hexadecimal}{{8}}-(?:{_hexadecimal}{{4}}-){{3}}{_hexadecimal}{{12}}", re.ASCII
).fullmatch
_matches_sha256 = re.compile("[0-9a-f]{64}", re.ASCII).fullmatch

_ID = TextForm(
    matches_id, "an id: 1 to 64 letters, digits, dots, underscores or hyphens", ErrorReason.ID_MALFORMED
)
_LABEL = TextForm(matches_request_id, "at most 64 printable ASCII characters")
_UUID = TextForm(_matches_uuid, "a UUID, such as 123e4567-e89b-42d3-a456-426614174000")
_SHA256 = TextForm(_matches_sha256, "the proposal's content_sha256: 64 lower-case hexadecimal digits")
_JOB_ID = TextForm(
    matches_part,
    "the last part of a name: 1 to 63 lower-case letters, digits or hyphens, a letter first, no hyphen last",
    ErrorReason.ID_MALFORMED,
)

_FORMS: Final[dict[tuple[type, str], TextForm]] = {
    (model.TotalPortfolio, "base_currency_code"): TextForm(
        matches_currency, "an ISO 4217 code of three capital letters, such as USD"
    ),
    (model.Schedule, "time_zone"): TextForm(
        matches_zone, "the name of a time zone in the IANA database, such as Europe/London"
    ),
    (model.Schedule, "exchange_code"): TextForm(
        matches_exchange, "an ISO 10383 code of four capital letters or digits, such as XNYS"
    ),
    (model.CreateRebalanceJobRequest, "parent"): _named(TENANT),
    (model.CreateRebalanceJobRequest, "rebalance_job_id"): _JOB_ID,
    (model.RebalanceJob, "name"): _named(JOB),
    (model.GetRebalanceJobRequest, "name"): _named(JOB),
    (model.ListRebalanceJobsRequest, "parent"): _named(TENANT),
    (model.DeleteRebalanceJobRequest, "name"): _named(JOB),
    (model.PauseRebalanceJobRequest, "name"): _named(JOB),
    (model.ResumeRebalanceJobRequest, "name"): _named(JOB),
    (model.RunRebalanceJobRequest, "name"): _named(JOB),
    (model.GetRebalanceRunRequest, "name"): _named(RUN),
    (model.ListRebalanceRunsRequest, "parent"): _named(JOBS),
    (model.CancelRebalanceRunRequest, "name"): _named(RUN),
    (model.WatchRebalanceRunsRequest, "parent"): _named(JOBS),
    (model.GetRebalanceProposalRequest, "name"): _named(PROPOSAL),
    (model.ListRebalanceProposalsRequest, "parent"): _named(JOBS),
    (model.ApproveRebalanceProposalRequest, "name"): _named(PROPOSAL),
    (model.ApproveRebalanceProposalRequest, "content_sha256"): _SHA256,
    (model.RejectRebalanceProposalRequest, "name"): _named(PROPOSAL),
    (model.RejectRebalanceProposalRequest, "content_sha256"): _SHA256,
    (model.EngageKillSwitchRequest, "scope"): _named(SCOPE),
    (model.ReleaseKillSwitchRequest, "scope"): _named(SCOPE),
    (model.ListKillSwitchesRequest, "parent"): _named(TENANT),
    (model.RecordMarksRequest, "parent"): _named(JOB),
    (model.ListMarksRequest, "parent"): _named(JOB),
}


def form_of(holder: type, name: str, *, required: bool) -> TextForm | None:
    """The form of a field's text; None for text that may say anything."""
    if (holder, name) in _FORMS:
        return _FORMS[holder, name]
    if name == "request_id":
        # Where it is required a repeated call is recognized by it, elsewhere it is only echoed.
        return _UUID if required else _LABEL
    return _ID if name.endswith(("_id", "_ids")) or name == "library_version" else None

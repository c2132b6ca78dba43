"""What is wrong with a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from counterpoise.model.common import EntityRef


class ErrorReason(IntEnum):
    """Reasons of errors and violations; from 100 on they are violations."""

    REQUEST_INVALID = 1
    REQUEST_MALFORMED = 2
    PAGE_TOKEN_INVALID = 3
    RESOURCE_NOT_FOUND = 20
    RESOURCE_EXISTS = 21
    RESOURCE_CHANGED = 22
    JOB_NOT_ACTIVE = 23
    RUN_IN_PROGRESS = 24
    PROPOSAL_NOT_OPEN = 25
    MARKS_STALE = 26
    REQUEST_ID_REUSED = 27
    COMPLIANCE_FAILED = 28
    REBALANCING_HALTED = 29
    RUN_NOT_ACTIVE = 30
    CREDENTIALS_INVALID = 40
    ACCESS_DENIED = 41
    SELF_APPROVAL = 42
    SERVER_BUSY = 60
    RESPONSE_TOO_LARGE = 62
    DEADLINE_PASSED = 63
    WORKER_LOST = 64
    STORE_UNAVAILABLE = 65
    SHUTTING_DOWN = 66
    INTERNAL_BUG = 67
    FIELD_MISSING = 100
    FIELD_UNKNOWN = 101
    ENUM_VALUE_INVALID = 102
    CHOICE_MISSING = 103
    FIELDS_EXCLUSIVE = 104
    NUMBER_NOT_FINITE = 105
    NUMBER_OUT_OF_RANGE = 106
    ID_MALFORMED = 107
    ID_DUPLICATE = 108
    ID_UNKNOWN = 109
    VALUE_MALFORMED = 110
    MATRIX_SHAPE = 111
    MATRIX_NOT_PSD = 112
    TOO_MANY = 113
    SIDE_NOT_CONVEX = 114
    SCOPE_EMPTY = 115
    SHOCK_MISSING = 116
    CURRENT_POSITION_MISSING = 117
    BOUNDS_CROSSED = 118
    MARGIN_TERMS_MISSING = 119
    HISTORY_TOO_SHORT = 120
    SERIES_CONSTANT = 121
    SERIES_COLLINEAR = 122
    DATES_UNORDERED = 123


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One thing wrong with a request: where, what, and what to write instead."""

    field: str
    reason: ErrorReason
    message: str = ""
    subjects: tuple[EntityRef, ...] = ()

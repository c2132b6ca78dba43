"""Who calls: a principal, with a tenant and roles.

Knows neither tokens nor gRPC, so that whatever decides or records by principal can import it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

SUBJECT_HEADER = "x-counterpoise-principal"
TENANT_HEADER = "x-counterpoise-tenant"
ANONYMOUS = "anonymous"
SERVER_SUBJECT = "counterpoise-server"
"""Whom records name for what the server does of its own accord."""
DEFAULT_TENANT = "default"
_SUBJECT_CHARACTERS = 256
_TENANT = re.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII).fullmatch


class Role(Enum):
    """What a principal may do. No role contains another: who approves need not operate."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The caller. `authenticated` is false for a name that nobody has proven."""

    subject: str
    tenant: str
    roles: frozenset[Role]
    authenticated: bool


class CredentialsInvalid(Exception):
    """The credentials are not accepted. `cause` is one word for the log, and nothing of the credentials."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def claimed(metadata: Iterable[tuple[str, str | bytes]]) -> Principal:
    """The principal that metadata names, where no keys are configured: every role, and no proof.

    Raises CredentialsInvalid for a name that is none, or two of them.
    """
    pairs = tuple(metadata)
    return Principal(
        subject=checked_subject(single(pairs, SUBJECT_HEADER, ANONYMOUS)),
        tenant=checked_tenant(single(pairs, TENANT_HEADER, DEFAULT_TENANT)),
        roles=frozenset(Role),
        authenticated=False,
    )


def single(metadata: Iterable[tuple[str, str | bytes]], name: str, default: str) -> str:
    """The one value of a header. Raises CredentialsInvalid where it is there twice.

    Of two, a proxy in front may have checked the other.
    """
    values = [value for key, value in metadata if key == name]
    if len(values) > 1:
        raise CredentialsInvalid("repeated")
    value = values[0] if values else default
    return value if isinstance(value, str) else value.decode("ascii", "replace")


def checked_subject(value: object) -> str:
    """A subject as it came: 1 to 256 printable characters, not the server's. Raises CredentialsInvalid."""
    if not isinstance(value, str) or not 1 <= len(value) <= _SUBJECT_CHARACTERS or not value.isprintable():
        raise CredentialsInvalid("subject")
    if value == SERVER_SUBJECT:
        raise CredentialsInvalid("subject")
    return value


def checked_tenant(value: object) -> str:
    """A tenant as it came: an id as resource names have it. Raises CredentialsInvalid."""
    if not isinstance(value, str) or _TENANT(value) is None:
        raise CredentialsInvalid("tenant")
    return value

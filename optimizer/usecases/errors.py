"""Why a call has no answer. What these mean on the wire is the service's business."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

from counterpoise.model import AllocationProblem, ErrorReason, Violation

_CHARACTERS: Final = 200
"""Of a violation in a message: what travels beside it has bounds of its own."""
_ROOT: Final = re.compile(r"[.\[]")
_PROBLEM: Final = frozenset({"problem", *(field.name for field in fields(AllocationProblem))})


class RequestInvalid(Exception):
    """The request breaks rules of the contract; `violations` names every one, in its order."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__(f"{len(violations)} violations, the first at {violations[0].field}")
        self.violations = violations

    def __reduce__(self) -> tuple[type[RequestInvalid], tuple[tuple[Violation, ...]]]:
        """Made again in the process that asked: a worker reads requests, too."""
        return RequestInvalid, (self.violations,)


def in_words(violations: Sequence[Violation]) -> str:
    """The first violation, how many more there are, and where all of a problem's are told; bounded.

    Paths into a problem start at its own fields, all others at those of the request.
    """
    first = violations[0]
    told = f"{first.field}: {first.message}" if first.field else first.message
    if len(told) > _CHARACTERS:
        told = f"{told[: _CHARACTERS - 3]}..."
    more = len(violations) - 1
    if not more:
        return told
    of_a_problem = any(_ROOT.split(item.field, maxsplit=1)[0] in _PROBLEM for item in violations)
    where = "; ValidatePortfolio returns all of a problem's" if of_a_problem else ""
    return f"{told}; and {more} more{where}"


class DeadlinePassed(Exception):
    """The caller's deadline ended the work, or leaves no time for it."""


class Refused(Exception):
    """A call that ends with a reason of the contract, and changed nothing but the audit log."""

    def __init__(self, reason: ErrorReason, message: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})

    def __reduce__(self) -> tuple[type[Refused], tuple[ErrorReason, str, dict[str, str]]]:
        """As above."""
        return Refused, (self.reason, self.message, self.metadata)

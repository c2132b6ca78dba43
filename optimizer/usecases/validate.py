"""ValidatePortfolio: every violation at once, and the warnings that need no solve."""

from __future__ import annotations

from counterpoise.canonical import problem_sha256
from counterpoise.model import ValidatePortfolioRequest, ValidatePortfolioResponse, Violation
from counterpoise.validate import request_violations
from optimizer.measures.book import open_book
from optimizer.measures.box import box_of
from optimizer.measures.limits import constraints_of
from optimizer.reports.notes import warn_of_request

_DEFAULT_VIOLATION_COUNT = 1_000
_LARGEST_VIOLATION_COUNT = 10_000
_LARGEST_BYTES = 3_500_000
_OVERHEAD_BYTES = 40


def validate_portfolio(
    request: ValidatePortfolioRequest, found: tuple[Violation, ...] = ()
) -> ValidatePortfolioResponse:
    """Answers with what `found` already holds (unknown fields of the message) and every violation."""
    violations = (*found, *request_violations(request))
    if violations:
        wanted = request.maximum_violation_count
        # A count out of range is a violation itself, and must not cut off the answer that says so.
        usable = isinstance(wanted, int) and 1 <= wanted <= _LARGEST_VIOLATION_COUNT
        most = wanted if usable and wanted is not None else _DEFAULT_VIOLATION_COUNT
        return ValidatePortfolioResponse(
            violations=_fitting(violations[:most]), violation_count=len(violations)
        )
    book = open_book(request.problem)
    return ValidatePortfolioResponse(
        warnings=warn_of_request(book, box_of(book), constraints_of(book)),
        problem_sha256=problem_sha256(request.problem),
    )


def _fitting(violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """As many as fit into a message."""
    size = 0
    for index, violation in enumerate(violations):
        size += len(violation.field.encode()) + len(violation.message.encode()) + _OVERHEAD_BYTES
        size += sum(len(str(subject)) for subject in violation.subjects)
        if size > _LARGEST_BYTES:
            return violations[:index]
    return violations

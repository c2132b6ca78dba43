"""What the evidence rule did to each sleeve."""

from __future__ import annotations

from counterpoise.model import SleeveVerdict
from optimizer.measures.book import Book


def report_verdicts(book: Book) -> tuple[SleeveVerdict, ...]:
    """One for every sleeve, in line order."""
    line_ids = book.problem.portfolio.line_ids
    return tuple(
        SleeveVerdict(
            line_id=line_ids[sleeve.line],
            sleeve_class=sleeve.sleeve_class,
            annual_declared_alpha=sleeve.annual_declared_alpha,
            annual_alpha=sleeve.annual_alpha,
            annual_management_fee=sleeve.fees.management,
            annual_performance_fee=sleeve.fees.performance,
        )
        for sleeve in book.sleeves
    )

"""What the evidence rule did to each sleeve."""

from __future__ import annotations

from typing import Final

from counterpoise.model import SleeveVerdict
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.reports.instances import instances
from optimizer.reports.listing import lines_of, one_object

_VERDICT: Final = (
    "line_id",
    "sleeve_class",
    "annual_declared_alpha",
    "annual_alpha",
    "annual_management_fee",
    "annual_performance_fee",
)
_VERDICTS: Final = Recall[tuple[SleeveVerdict, ...]](16)


def report_verdicts(book: Book) -> tuple[SleeveVerdict, ...]:
    """One for every sleeve, in line order."""
    problem = book.problem
    rule = one_object(problem.mandate.evidence_rule)
    return _VERDICTS.get((problem.market, problem.portfolio, rule), lambda: _verdicts(book))


def _verdicts(book: Book) -> tuple[SleeveVerdict, ...]:
    line_ids = lines_of(book.problem.portfolio).line_ids
    return instances(
        SleeveVerdict,
        _VERDICT,
        [
            (
                line_ids[sleeve.line],
                sleeve.sleeve_class,
                sleeve.annual_declared_alpha,
                sleeve.annual_alpha,
                sleeve.fees.management,
                sleeve.fees.performance,
            )
            for sleeve in book.sleeves
        ],
    )

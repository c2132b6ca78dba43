"""Files of marks: the day of another one, and what is wrong with what a file says."""

from __future__ import annotations

import datetime

from counterpoise.files.document import Mapping, Node, Scalar
from counterpoise.model import Marks
from counterpoise.schema import schema_for
from counterpoise.validate.cleaning import cleaned
from counterpoise.validate.marks import check_marks
from counterpoise.validate.report import Report, ReportFullError
from counterpoise.validate.structure import look, plan_of

_DAYS = ("as_of_date", "asOfDate")


def dated(root: Node, as_of_date: datetime.date) -> Node:
    """The tree of marks with another day, or with one that it did not say."""
    if not isinstance(root, Mapping):
        return root
    entries = tuple(
        (key, value) for key, value in root.entries if not (isinstance(key, Scalar) and key.text in _DAYS)
    )
    day = (
        Scalar(_DAYS[0], plain=True, line=root.line),
        Scalar(as_of_date.isoformat(), plain=True, line=root.line),
    )
    return Mapping((*entries, day), root.line, root.flaw)


def find_marks_violations(marks: Marks, report: Report) -> None:
    """Adds to a report what is wrong with marks by themselves; parts that are REJECTED are passed over."""
    try:
        look(plan_of(schema_for(Marks)), marks, (), report)
        unusable = [finding.place for finding in report.findings if finding.unusable]
        check_marks(cleaned(marks, unusable), (), report)
    except ReportFullError:
        return

"""What must hold of marks by themselves; whether they fit a job's problem, its server knows."""

from __future__ import annotations

from counterpoise.model import ErrorReason, LineMark, ListMarksRequest, Marks, RecordMarksRequest
from counterpoise.validate.contracts import check_quarter
from counterpoise.validate.namespace import collect
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.sleeves import check_past
from counterpoise.validate.text import listed

MarksRequest = RecordMarksRequest | ListMarksRequest
"""Requests of MonitorService."""
HOLDINGS = ("market_value_amount", "unit_count", "contract_count")
"""Fields of a line's mark of which at most one is set: what is held."""


def check_marks(marks: Marks, place: Place, report: Report) -> None:
    """Every line once, each with a price or its market value, nothing known after the day of the marks."""
    at = (*place, "line_marks")
    collect(marks.line_marks, "line_id", at, report, whole="marks")
    for index, mark in enumerate(marks.line_marks):
        if usable(mark):
            _check_mark(mark, marks, (*at, index), report)


def _check_mark(mark: LineMark, marks: Marks, place: Place, report: Report) -> None:
    held = [name for name in HOLDINGS if getattr(mark, name) is not None]
    for name in held[1:]:
        message = f"{held[0]} is set, too, and excludes it; keep one of {listed(held)}"
        report.add((*place, name), ErrorReason.FIELDS_EXCLUSIVE, message)
    if mark.price is None and mark.market_value_amount is None:
        message = "required and unset; write the price in points, or the line's market_value_amount"
        report.add((*place, "price"), ErrorReason.FIELD_MISSING, message)
    if (mark.contract_year is None) != (mark.contract_month is None):
        name = "contract_month" if mark.contract_month is None else "contract_year"
        message = "unset beside the other; write year and month of the contract that is held, or neither"
        report.add((*place, name), ErrorReason.FIELD_MISSING, message)
    check_quarter(mark.contract_month, (*place, "contract_month"), report)
    if mark.valuation_date is not None:
        check_past(mark.valuation_date, marks.as_of_date, (*place, "valuation_date"), report)

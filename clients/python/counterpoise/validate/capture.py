"""What must hold of a question to active funds."""

from __future__ import annotations

from counterpoise.model import AlphaCaptureQuestion
from counterpoise.validate.history import check_history
from counterpoise.validate.report import Place, Report


def check_capture(question: AlphaCaptureQuestion, place: Place, report: Report) -> None:
    """Everything that fields of a question say of each other; REJECTED parts are passed over."""
    check_history(question.history, (*place, "history"), report)

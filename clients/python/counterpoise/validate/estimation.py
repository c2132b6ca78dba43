"""What must hold of a question for a risk model."""

from __future__ import annotations

from counterpoise.model import RiskModelQuestion
from counterpoise.validate.history import check_history
from counterpoise.validate.report import Place, Report


def check_estimation(question: RiskModelQuestion, place: Place, report: Report) -> None:
    """Everything that fields of a question say of each other; REJECTED parts are passed over."""
    check_history(question.history, (*place, "history"), report)

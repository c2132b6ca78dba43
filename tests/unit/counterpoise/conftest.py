"""The printed page of the sample total portfolio, whole and by section."""

import pytest

from counterpoise.command import layout, report
from counterpoise.model import Allocation, AllocationProblem
from tests import sample_total, sample_total_problem

PROBLEM = sample_total_problem.problem()
ALLOCATION = sample_total.answer()


@pytest.fixture
def printed(capsys):
    def show(allocation: Allocation = ALLOCATION, problem: AllocationProblem = PROBLEM) -> str:
        layout.show(report.certified(allocation, problem))
        return capsys.readouterr().out

    return show


@pytest.fixture
def section(printed):
    """A section of the page with its lines joined; empty where the page has none of that title."""

    def of(title, allocation=ALLOCATION, problem=PROBLEM):
        parts = printed(allocation, problem).split("\n\n")
        part = next((part for part in parts if part.startswith(title)), "")
        return " ".join(part.split())

    return of

import datetime
import inspect
import pickle
import re

import pytest

from counterpoise import errors
from counterpoise.errors import (
    CallStatus,
    CounterpoiseError,
    InfeasibleMandate,
    InternalError,
    InvalidProblem,
    NotCertified,
    ServerBusy,
    ServiceError,
    StatusCode,
)
from counterpoise.model import ErrorReason, TerminationReason, Violation
from tests import sample_answers

BUSY = CallStatus(
    code=StatusCode.RESOURCE_EXHAUSTED,
    details="full",
    reason="SERVER_BUSY",
    metadata={"queue": "9"},
    retry_delay=datetime.timedelta(seconds=1),
)


def violation(index: int) -> Violation:
    return Violation(
        field=f"portfolio.lines[{index}].line_id", reason=ErrorReason.ID_MALFORMED, message="write letters"
    )


def test_invalid_problem_names_the_first_violations_and_counts_the_rest():
    error = InvalidProblem(tuple(violation(index) for index in range(6)), violation_count=40)
    lines = str(error).splitlines()
    assert lines[0] == "the question has 40 violations"
    assert lines[1] == "  portfolio.lines[0].line_id: write letters"
    assert lines[-1] == "  ... and 35 more"
    assert len(lines) == 7


def test_invalid_problem_counts_what_it_holds_where_nobody_counted():
    error = InvalidProblem((violation(0),))
    assert (error.violation_count, error.status) == (1, None)
    assert str(error).startswith("the question has 1 violation\n")


def test_infeasible_mandate_names_the_conflicting_bounds_heaviest_first():
    error = InfeasibleMandate(sample_answers.infeasible())
    assert [bound.weight for bound in error.conflicting_bounds] == [0.5, 0.3, 0.2]
    assert str(error).splitlines()[1:] == [
        "  keep-bonds[bonds]: its lower bound",
        "  capital_budget: its upper bound",
        "  reserve-rule: its lower bound",
    ]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (TerminationReason.TIME_LIMIT, "time ran out"),
        (TerminationReason.UNDETERMINED, "neither an optimum nor infeasibility"),
        (99, "newer than this client"),
    ],
)
def test_not_certified_says_how_the_solve_ended(reason, words):
    error = NotCertified(sample_answers.ended(reason, "some detail"))
    assert words in str(error)
    assert str(error).endswith(": some detail")


def test_not_certified_says_nothing_twice():
    detail = "time ran out before anything was proven; ask for a longer time limit"
    assert str(NotCertified(sample_answers.ended(TerminationReason.TIME_LIMIT, detail))) == detail


def test_internal_error_shows_the_id_to_quote():
    status = CallStatus(code=StatusCode.INTERNAL, reason="INTERNAL_BUG", metadata={"errorId": "e-17"})
    assert InternalError(status).error_id == "e-17"
    assert "e-17" in str(InternalError(status))


@pytest.mark.parametrize(
    "error",
    [
        InvalidProblem((violation(0),), 3, BUSY),
        InfeasibleMandate(sample_answers.infeasible()),
        NotCertified(sample_answers.ended(TerminationReason.TIME_LIMIT)),
        ServerBusy(BUSY),
        InternalError(BUSY),
    ],
)
def test_errors_survive_the_way_between_processes(error):
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert type(copy) is type(error)
    assert copy.args == error.args
    assert str(copy) == str(error)
    assert isinstance(copy, CounterpoiseError)


def test_service_errors_keep_the_raw_status():
    assert ServiceError(BUSY).status is BUSY
    assert str(ServerBusy(BUSY)) == "RESOURCE_EXHAUSTED (SERVER_BUSY): full"


def test_the_drawn_tree_is_the_tree():
    """Each class stands below its parent: the first word of a line, indented by four a level."""
    path, drawn = [], {}
    for line in errors.__doc__.splitlines():
        match = re.match(r"((?:    |│   |[├└]── )+)([A-Z][A-Za-z]+)(?: |$)", line)
        if match:
            level = len(match[1]) // 4 - 1
            path[level:] = [match[2]]
            drawn[match[2]] = path[level - 1] if level else "Exception"
    raised = {
        name: kind.__base__.__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, CounterpoiseError)
    }
    assert drawn == raised

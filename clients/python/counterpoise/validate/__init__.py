"""Every violation of a problem or request at once, in the order of its fields.

Two passes: structure (each field by itself, driven by the schema), then meaning (what fields say
of each other) on what is left. Neither raises, whatever the dataclasses hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from counterpoise.model import (
    AllocateRequest,
    AllocationProblem,
    AlphaCaptureQuestion,
    AlphaQuestion,
    CreateRebalanceJobRequest,
    ErrorReason,
    HistoryQuestion,
    HistoryRequest,
    RecordMarksRequest,
    RiskModelQuestion,
    UpdateRebalanceJobRequest,
    Violation,
)
from counterpoise.schema import schema_for
from counterpoise.validate.capture import check_capture
from counterpoise.validate.cleaning import cleaned
from counterpoise.validate.estimation import check_estimation
from counterpoise.validate.jobs import PROBLEM, RebalanceRequest, brings_problem, check_job, unread_paths
from counterpoise.validate.mandate import check_mandate
from counterpoise.validate.market import check_market
from counterpoise.validate.marks import MarksRequest, check_marks
from counterpoise.validate.measured import (
    PortfolioRequest,
    ProblemRequest,
    Request,
    check_measured,
    check_request,
)
from counterpoise.validate.names import collect_names
from counterpoise.validate.objective import check_objective
from counterpoise.validate.portfolio import check_portfolio
from counterpoise.validate.question import check_question
from counterpoise.validate.report import Place, Report, ReportFullError, usable
from counterpoise.validate.samples import check_samples
from counterpoise.validate.scenarios import check_scenarios
from counterpoise.validate.soundness import is_sound
from counterpoise.validate.structure import look, plan_of
from counterpoise.validate.text import listed, shown
from counterpoise.validate.trading import check_trading

__all__ = [
    "find_question_violations",
    "find_violations",
    "problem_violations",
    "question_violations",
    "request_violations",
]


def problem_violations(problem: AllocationProblem) -> tuple[Violation, ...]:
    """Every violation of a problem, with paths from the problem; empty when a server would take it.

    Gathers at most 10,000; where there are more, a last violation says so.
    """
    return _of_problem(problem, "")


def request_violations(request: Request) -> tuple[Violation, ...]:
    """Every violation of a request: of its problem with paths from there, then of the rest.

    The problem of a rebalance job is such a problem; all other paths are from the request.
    """
    return _of_request(request)


def question_violations(question: HistoryQuestion) -> tuple[Violation, ...]:
    """Every violation of a question to histories, with paths from the question."""
    return _of_bare_question(question)


def _of_bare_question(question: object) -> tuple[Violation, ...]:
    if not isinstance(question, HistoryQuestion):
        return _refusal(f"{shown(question)} is no question; write one of {listed(_QUESTION_NAMES)}", "")
    report = Report()
    find_question_violations(question, report)
    return report.violations(type(question), question)


_CHECKS: Final[dict[type, Callable[[Any, Place, Report], None]]] = {
    AlphaQuestion: check_question,
    AlphaCaptureQuestion: check_capture,
    RiskModelQuestion: check_estimation,
}
"""What fields of each question to histories say of each other."""
_QUESTION_NAMES: Final = tuple(kind.__name__ for kind in _CHECKS)
_REQUESTS: Final[tuple[type[PortfolioRequest], ...]] = get_args(PortfolioRequest)
_KEPT: Final = (*get_args(RebalanceRequest), *get_args(MarksRequest))
"""Requests about what is kept."""


def _of_request(request: object) -> tuple[Violation, ...]:
    if isinstance(request, HistoryRequest):
        return _of_question(request)
    if isinstance(request, _KEPT):
        return _of_kept(request)
    kind = next((kind for kind in _REQUESTS if isinstance(request, kind)), None)
    if kind is None or not isinstance(request, kind):
        return _refusal(f"{shown(request)} is no request; write an AllocateRequest", "")
    report = Report()
    look(plan_of(schema_for(kind), leave_out=frozenset({"problem"})), request, (), report)
    check_request(request, report)
    # The problem is the first field of every request.
    problem = vars(request).get("problem")
    return _of_problem(problem, "problem", kind) + report.violations(kind, request)


def _of_kept(request: RebalanceRequest | MarksRequest) -> tuple[Violation, ...]:
    kind, report = type(request), Report()
    try:
        look(plan_of(schema_for(kind), leave_out=unread_paths(request)), request, (), report)
        unusable = [finding.place for finding in report.findings if finding.unusable]
        sound = cleaned(request, unusable)
        check_job(sound, report)
        if isinstance(sound, RecordMarksRequest) and usable(sound.marks):
            check_marks(sound.marks, ("marks",), report)
    except ReportFullError:
        pass
    found: tuple[Violation, ...] = ()
    if isinstance(request, CreateRebalanceJobRequest | UpdateRebalanceJobRequest) and brings_problem(request):
        found = _of_problem(vars(request.rebalance_job).get("problem"), PROBLEM, type(request))
    return found + report.violations(kind, request)


def _of_question(request: HistoryRequest) -> tuple[Violation, ...]:
    kind, report = type(request), Report()
    try:
        look(plan_of(schema_for(kind)), request, (), report)
        unusable = [finding.place for finding in report.findings if finding.unusable]
        question = cleaned(request, unusable).question
        if usable(question):
            _CHECKS[type(question)](question, ("question",), report)
    except ReportFullError:
        pass
    return report.violations(kind, request)


def _of_problem(
    problem: object, field: str, kind: type[ProblemRequest] = AllocateRequest
) -> tuple[Violation, ...]:
    if problem is None:
        return _refusal("required and unset; write the problem", field, ErrorReason.FIELD_MISSING)
    if not isinstance(problem, AllocationProblem):
        return _refusal(f"{shown(problem)} is no AllocationProblem; write one", field)
    report = Report()
    find_violations(problem, report, kind)
    return report.violations(AllocationProblem, problem)


def find_violations(
    problem: AllocationProblem, report: Report, kind: type[ProblemRequest] = AllocateRequest
) -> None:
    """Adds to a report what is wrong with a problem; parts that are REJECTED are passed over.

    `kind` is the request that it comes in: some ask for more than others.
    """
    if is_sound(problem, kind):
        return
    try:
        look(plan_of(schema_for(AllocationProblem)), problem, (), report)
        unusable = [finding.place for finding in report.findings if finding.unusable]
        usable = cleaned(problem, unusable)
        names = collect_names(usable, report)
        check_market(usable.market, names, report)
        check_portfolio(usable.portfolio, names, report)
        facts = check_mandate(usable, names, report)
        check_trading(usable, facts, names, report)
        check_objective(usable, names, report)
        check_scenarios(usable, names, report)
        check_samples(usable, names, report)
        check_measured(usable, kind, report)
    except ReportFullError:
        return


def find_question_violations(question: HistoryQuestion, report: Report) -> None:
    """Adds to a report what is wrong with a question to histories; REJECTED parts are passed over."""
    kind = type(question)
    try:
        look(plan_of(schema_for(kind)), question, (), report)
        unusable = [finding.place for finding in report.findings if finding.unusable]
        _CHECKS[kind](cleaned(question, unusable), (), report)
    except ReportFullError:
        return


def _refusal(
    message: str, field: str, reason: ErrorReason = ErrorReason.VALUE_MALFORMED
) -> tuple[Violation, ...]:
    return (Violation(field=field, reason=reason, message=message),)

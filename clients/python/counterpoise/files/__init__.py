"""Problem files: YAML or JSON to a problem, a question to histories, marks or terms, and the model to JSON.

A file is the ProtoJSON of `AllocationProblem`, of a question to histories, of `Marks`, or of a job's
schedule, triggers and policies, with proto field names. YAML scalars are those of JSON. On top of ProtoJSON,
enum values may leave their prefix out, dates may be written as in ISO 8601, times of day as `09:30`, and
values by driver or by line, shocks, and points over time may be mappings. Durations are in whole seconds, as
in `1d12h`.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from counterpoise.errors import InvalidProblem
from counterpoise.files.document import LARGEST_DOCUMENT, DocumentError, Node, parse_document
from counterpoise.files.marks import dated, find_marks_violations
from counterpoise.files.reading import Question, TreeReader
from counterpoise.files.terms import JobTerms, read_terms_tree
from counterpoise.files.writing import allocation_json, problem_json, to_json
from counterpoise.model import (
    AllocationProblem,
    AlphaCaptureQuestion,
    AlphaQuestion,
    ErrorReason,
    Marks,
    RebalanceJob,
    RiskModelQuestion,
    Violation,
)
from counterpoise.validate import find_question_violations, find_violations
from counterpoise.validate.report import Place, Report, ReportFullError

__all__ = [
    "JobTerms",
    "allocation_json",
    "parse_problem",
    "parse_question",
    "parse_terms",
    "problem_json",
    "read_marks",
    "read_marks_from",
    "read_problem",
    "read_problem_from",
    "read_question",
    "read_question_from",
    "read_terms",
    "read_terms_from",
    "to_json",
]


Asked = TypeVar("Asked", AlphaQuestion, AlphaCaptureQuestion, RiskModelQuestion)


def read_problem(path: Path) -> AllocationProblem:
    """The problem in a file, YAML or JSON in UTF-8.

    Raises InvalidProblem with every violation, and OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        return read_problem_from(file)


def read_problem_from(stream: BinaryIO) -> AllocationProblem:
    """As `read_problem`, from an open stream of bytes, such as standard input."""
    return parse_problem(_text(stream))


def parse_problem(text: str) -> AllocationProblem:
    """The problem in a text, YAML or JSON; raises InvalidProblem with every violation."""
    return _parse(text, AllocationProblem, find_violations)


def read_question(path: Path, kind: type[Asked]) -> Asked:
    """As `read_problem`, for a question to return histories."""
    with path.open("rb") as file:
        return read_question_from(file, kind)


def read_question_from(stream: BinaryIO, kind: type[Asked]) -> Asked:
    """As `read_question`, from an open stream of bytes."""
    return parse_question(_text(stream), kind)


def parse_question(text: str, kind: type[Asked]) -> Asked:
    """The question to histories in a text, YAML or JSON; raises InvalidProblem with every violation."""
    return _parse(text, kind, find_question_violations)


def read_marks(path: Path, as_of_date: datetime.date | None = None) -> Marks:
    """The marks in a file, YAML or JSON in UTF-8; of another day than the file says where one is given.

    Raises InvalidProblem with every violation, and OSError where the file cannot be read. Whether the lines
    are those of the job, the server knows.
    """
    with path.open("rb") as file:
        return read_marks_from(file, as_of_date)


def read_marks_from(stream: BinaryIO, as_of_date: datetime.date | None = None) -> Marks:
    """As `read_marks`, from an open stream of bytes."""
    root = _root(_text(stream))
    if as_of_date is not None:
        root = dated(root, as_of_date)
    return _read(root, Marks, find_marks_violations)


def read_terms(path: Path) -> JobTerms:
    """The schedule, triggers and policies of a job in a file, YAML or JSON in UTF-8; each may be left out.

    Raises InvalidProblem with every violation, and OSError where the file cannot be read. Which time zones
    and exchanges there are, the server knows.
    """
    with path.open("rb") as file:
        return read_terms_from(file)


def read_terms_from(stream: BinaryIO) -> JobTerms:
    """As `read_terms`, from an open stream of bytes."""
    return parse_terms(_text(stream))


def parse_terms(text: str) -> JobTerms:
    """The terms of a job in a text, YAML or JSON; raises InvalidProblem with every violation."""
    report = Report()
    reader = TreeReader(report)
    terms, job = None, None
    with suppress(ReportFullError):
        terms, job = read_terms_tree(_root(text), reader, report)
    if terms is None or report.findings:
        raise InvalidProblem(_located(report, RebalanceJob, job, reader.lines))
    return terms


def _text(stream: BinaryIO) -> str:
    content = stream.read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        raise _unreadable(f"more than {LARGEST_DOCUMENT:,} bytes; at most as many are read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(f"no UTF-8 at byte {error.start}; save the file as UTF-8") from error


def _parse(text: str, kind: type[Question], find: Callable[[Question, Report], None]) -> Question:
    return _read(_root(text), kind, find)


def _root(text: str) -> Node:
    try:
        return parse_document(text)
    except DocumentError as error:
        raise _unreadable(str(error)) from error


def _read(root: Node, kind: type[Question], find: Callable[[Question, Report], None]) -> Question:
    report = Report()
    reader = TreeReader(report)
    try:
        question = reader.read(root, kind)
        if question is not None:
            find(question, report)
    except ReportFullError:
        question = None
    if question is None or report.findings:
        raise InvalidProblem(_located(report, kind, question, reader.lines))
    return question


def _located(report: Report, kind: type, question: object, lines: dict[Place, int]) -> tuple[Violation, ...]:
    """The violations, with the line of each in its message."""
    for index, finding in enumerate(report.findings):
        place = finding.place
        while place not in lines:
            place = place[:-1]
        message = f"{finding.message} (line {lines[place]})"
        report.findings[index] = dataclasses.replace(finding, message=message)
    return report.violations(kind, question)


def _unreadable(message: str) -> InvalidProblem:
    return InvalidProblem((Violation(field="", reason=ErrorReason.VALUE_MALFORMED, message=message),))

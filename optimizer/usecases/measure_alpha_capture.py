"""MeasureAlphaCapture: what active returns leave after benchmark, factors and fees. Nothing is optimised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from counterpoise.canonical import question_sha256
from counterpoise.model import (
    ActiveFund,
    AlphaCapture,
    AlphaCaptureQuestion,
    MeasureAlphaCaptureRequest,
    MeasureAlphaCaptureResponse,
    Provenance,
    StructureReport,
    Violation,
)
from counterpoise.validate import request_violations
from optimizer.evidence import SeriesCollinear, Table, open_fund, weigh_fund
from optimizer.reports.capture import report_fees, verdict_of
from optimizer.reports.portable import report_benefit, report_structure
from optimizer.usecases.allocate import SERVER_VERSION
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.regressions import (
    cash_warnings,
    collinear_violations,
    gap_warnings,
    untested_warnings,
)


def measure_alpha_capture(request: MeasureAlphaCaptureRequest) -> MeasureAlphaCaptureResponse:
    """Regresses every fund on its benchmark and factors, and charges its fees. Raises RequestInvalid."""
    violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    question = request.question
    structure = report_structure(question.structure) if question.structure is not None else None
    tables = tuple(open_fund(question, fund) for fund in question.funds)
    weighed = _weigh(tables)
    captures = tuple(
        _charge(question, fund, capture, structure)
        for fund, capture in zip(question.funds, weighed, strict=True)
    )
    evidence = [capture.evidence for capture in weighed if capture.evidence is not None]
    return MeasureAlphaCaptureResponse(
        captures=captures,
        structure=structure,
        warnings=(
            *gap_warnings(evidence),
            *chain.from_iterable(map(untested_warnings, tables)),
            *cash_warnings(question),
        ),
        provenance=Provenance(problem_sha256=question_sha256(question), server_version=SERVER_VERSION),
        request_id=request.request_id,
    )


def _weigh(tables: Iterable[Table]) -> tuple[AlphaCapture, ...]:
    captures: list[AlphaCapture] = []
    violations: list[Violation] = []
    for table in tables:
        try:
            captures.append(weigh_fund(table))
        except SeriesCollinear as error:
            otherwise = "have smoothing undone, which takes no lags"
            violations += collinear_violations(table.question.history, [error], otherwise=otherwise)
    if violations:
        raise RequestInvalid(tuple(violations))
    return tuple(captures)


def _charge(
    question: AlphaCaptureQuestion,
    fund: ActiveFund,
    capture: AlphaCapture,
    structure: StructureReport | None,
) -> AlphaCapture:
    """Fees, verdict and benefit, where there is enough data."""
    if capture.evidence is None:
        return capture
    fees = report_fees(fund, capture.evidence, question.annual_risk_free_rate)
    if fees is None:
        return capture
    return replace(
        capture,
        fees=fees,
        verdict=verdict_of(fees.annual_net_alpha, question.least_annual_net_alpha),
        structure_benefit=report_benefit(structure, fees.annual_net_alpha) if structure else None,
    )

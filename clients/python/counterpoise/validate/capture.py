"""What must hold of a question to active funds."""

from __future__ import annotations

from collections.abc import Iterator

from counterpoise.model import AlphaCaptureQuestion, AlphaQuestion, ErrorReason, PortableStructure
from counterpoise.validate.cash import check_cash
from counterpoise.validate.history import check_history
from counterpoise.validate.namespace import collect
from counterpoise.validate.question import check_apart
from counterpoise.validate.regressions import LEAST_PERIODS, check_regressions
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.sleeves import check_hurdle
from counterpoise.validate.text import is_id, shown


def check_capture(question: AlphaCaptureQuestion, place: Place, report: Report) -> None:
    """Everything that fields of a question say of each other; REJECTED parts are passed over."""
    columns = check_history(question.history, (*place, "history"), report)
    funds = collect(question.funds, "fund_id", (*place, "funds"), report, whole="question")
    benchmarks = [fund.benchmark_id for fund in question.funds]
    for index, fund in enumerate(question.funds):
        at = (*place, "funds", index)
        columns.check_one(fund.fund_id, (*at, "fund_id"), report)
        columns.check_one(fund.benchmark_id, (*at, "benchmark_id"), report)
        if is_id(fund.benchmark_id) and fund.benchmark_id in funds.by_id:
            message = f"{shown(fund.benchmark_id)} is a fund, too; write the column of an index"
            report.add((*at, "benchmark_id"), ErrorReason.ID_DUPLICATE, message)
        if usable(fund.fees):
            check_hurdle(fund.fees, (*at, "fees"), report)
    factors, at = tuple(question.factor_ids), (*place, "factor_ids")
    columns.check(factors, at, report)
    check_apart(factors, funds.by_id, "fund", at, report)
    check_apart(factors, benchmarks, "benchmark", at, report)
    counted = {"fund": tuple(funds.by_id), "benchmark": benchmarks, "factor": factors}
    check_cash(question, counted, columns, place, report)
    if usable(question.structure):
        _check_structure(question.structure, (*place, "structure"), report)
    for regression in _regressions(question):
        check_regressions(regression, place, report)
        if usable(question.history.dates) and len(question.history.dates) < LEAST_PERIODS:
            break  # which is said once for all of them


def _check_structure(structure: PortableStructure, place: Place, report: Report) -> None:
    """Some capital is left for alpha; the larger of two rates, each below one, leaves some."""
    reserve, margin = structure.reserve_rate, structure.initial_margin_rate
    if not (usable(reserve) and usable(margin) and usable(structure.posted_margin_counts)):
        return
    told = not report.sound((*place, "reserve_rate"), (*place, "initial_margin_rate"))
    if structure.held_back >= 1.0 and not told:
        message = (
            f"{shown(reserve)} on top of a margin of {shown(margin)} holds all capital back; write rates "
            "that sum to less than 1, or that posted margin counts"
        )
        report.add((*place, "reserve_rate"), ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _regressions(question: AlphaCaptureQuestion) -> Iterator[AlphaQuestion]:
    """One for every benchmark, of all funds against it; its paths are those of the question."""
    benchmarks = [fund.benchmark_id for fund in question.funds if is_id(fund.benchmark_id)]
    for benchmark_id in dict.fromkeys(benchmarks):
        against = [fund.fund_id for fund in question.funds if fund.benchmark_id == benchmark_id]
        yield AlphaQuestion(
            history=question.history,
            sleeve_ids=tuple(name for name in against if name != benchmark_id),
            factor_ids=(benchmark_id, *question.factor_ids),
            cash_id=question.cash_id,
        )

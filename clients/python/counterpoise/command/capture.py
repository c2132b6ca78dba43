"""The page of active funds: what is left after fees first, then the numbers behind it."""

from __future__ import annotations

from counterpoise.command import capture_tables, evidence_tables
from counterpoise.command.evidence import bases, few, in_sample, warned
from counterpoise.command.layout import Entry, Section
from counterpoise.model import (
    AlphaCapture,
    AlphaCaptureQuestion,
    MeasureAlphaCaptureResponse,
    Provenance,
)
from counterpoise.wording.capture import caveats, sentences, verdict
from counterpoise.wording.evidence import counted


def page(response: MeasureAlphaCaptureResponse, question: AlphaCaptureQuestion) -> list[Section | None]:
    """Every section that the answer has something to say in."""
    captures = response.captures
    evidence = [item.evidence for item in captures if item.evidence is not None]
    return [
        _verdicts(captures, question),
        warned(response.warnings),
        capture_tables.active_returns(captures, question),
        capture_tables.alphas(captures, question),
        capture_tables.fees(captures, question),
        capture_tables.fees_for_beta(captures, question),
        capture_tables.structure(response.structure),
        capture_tables.benefits(captures, response.structure),
        evidence_tables.loadings(evidence, "Fund"),
        evidence_tables.smoothing(evidence, "Fund"),
        _origin(response.provenance),
    ]


def _verdicts(captures: tuple[AlphaCapture, ...], question: AlphaCaptureQuestion) -> Section:
    history = question.history
    when = f", {history.dates[0]} to {history.dates[-1]}" if history.dates else ""
    beside = f" and {few(question.factor_ids)}" if question.factor_ids else ""
    return Section(
        title="What is left after fees?",
        sentences=(
            f"Returns over cash against each fund's benchmark{beside}: "
            f"{counted(len(history.dates), question)}{when}.",
            *bases(history, _counted_columns(question), question.cash_id),
        ),
        entries=[
            Entry(
                head=f"{item.fund_id}: {verdict(item)}",
                sentences=(
                    *sentences(item, question),
                    *(in_sample(item.evidence, question) if item.evidence is not None else ()),
                    *[f"- {why}" for why in caveats(item, question)],
                ),
            )
            for item in captures
        ],
    )


def _counted_columns(question: AlphaCaptureQuestion) -> set[str]:
    funds = [name for fund in question.funds for name in (fund.fund_id, fund.benchmark_id)]
    return {*funds, *question.factor_ids}


def _origin(provenance: Provenance) -> Section:
    return Section(
        sentences=(
            f"Server {provenance.server_version}.",
            f"Question {provenance.problem_sha256}",
        ),
    )

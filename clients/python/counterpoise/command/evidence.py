"""The page of verified histories: verdict and reasons first, then the numbers behind them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from counterpoise.command import evidence_tables
from counterpoise.command.layout import Entry, Section
from counterpoise.model import (
    AlphaEvidence,
    AlphaQuestion,
    HistoryQuestion,
    Provenance,
    ReturnBasis,
    ReturnHistory,
    VerifyAlphaResponse,
    Warning,
)
from counterpoise.wording.evidence import counted, prior, reasons, verdict
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.words import WARNINGS

_NAMED = 10
_NEWER = "Newer than this client"


def page(response: VerifyAlphaResponse, question: AlphaQuestion) -> list[Section | None]:
    """Every section that the answer has something to say in."""
    evidence = response.evidence
    return [
        _verdicts(evidence, question),
        warned(response.warnings),
        evidence_tables.alphas(evidence, question),
        evidence_tables.loadings(evidence),
        evidence_tables.smoothing(evidence),
        evidence_tables.ratios(evidence, question),
        evidence_tables.stress_windows(evidence),
        evidence_tables.rolling(evidence, question),
        _origin(response.provenance),
    ]


def _verdicts(evidence: Sequence[AlphaEvidence], question: AlphaQuestion) -> Section:
    history = question.history
    when = f", {history.dates[0]} to {history.dates[-1]}" if history.dates else ""
    return Section(
        title="Is it alpha?",
        sentences=(
            f"Net returns over cash against {few(question.factor_ids)}: "
            f"{counted(len(history.dates), question)}{when}.",
            *bases(question.history, {*question.sleeve_ids, *question.factor_ids}, question.cash_id),
            f"What is believed of an alpha is {prior(question)}.",
        ),
        entries=[
            Entry(
                head=f"{item.sleeve_id}: {verdict(item)}",
                sentences=(*_in_short(item, question), *[f"- {why}" for why in reasons(item, question)]),
            )
            for item in evidence
        ],
    )


def bases(history: ReturnHistory, counts: Collection[str], cash_id: str) -> list[str]:
    """What cash comes off, and what is over cash as it came: declared, and shown to whoever reads."""
    by_basis = {
        basis: [
            column.column_id
            for column in history.columns
            if column.basis is basis and column.column_id in counts
        ]
        for basis in ReturnBasis
    }
    less, over = by_basis[ReturnBasis.TOTAL], by_basis[ReturnBasis.EXCESS]
    told = [f"Cash ({cash_id}) comes off {few(less)}."] if less else []
    return told + ([f"Over cash as they came: {few(over)}."] if over else [])


def _in_short(item: AlphaEvidence, question: AlphaQuestion) -> list[str]:
    """What is believed of its alpha, and what it was seen in."""
    told = []
    if item.sleeve_class is not None and item.regression is not None:
        told.append(
            f"Alpha {percent(item.regression.annual_alpha)} % a year in this history, t "
            f"{fixed(item.regression.alpha_t, 1)}; believed after it: {percent(item.annual_shrunk_alpha)} % "
            f"give or take {percent(item.annual_shrunk_alpha_error)} %."
        )
    return told + in_sample(item, question)


def in_sample(item: AlphaEvidence, question: HistoryQuestion) -> list[str]:
    """What a history was seen in, and what is missing between its ends."""
    sample = item.sample
    if sample is None:
        return []
    when = f", {sample.first_date} to {sample.last_date}" if sample.first_date is not None else ""
    holes = [
        f"{count} {what}"
        for count, what in (
            (sample.missing_period_count, "without a return"),
            (sample.gap_period_count, "without a date"),
        )
        if count
    ]
    more = f"; between these {' and '.join(holes)}" if holes else ""
    return [f"Seen in {counted(sample.period_count, question)}{when}{more}."]


def warned(given: Sequence[Warning]) -> Section | None:
    """Every warning, with what it is about."""
    sentences = tuple(f"- {WARNINGS.get(item.code, _NEWER)}: {item.message}" for item in given)
    return Section(title="Warnings", sentences=sentences) if sentences else None


def few(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _origin(provenance: Provenance) -> Section:
    return Section(
        sentences=(
            "--json has each sleeve as a line of a portfolio takes it: alpha_sleeve and loadings.",
            f"Server {provenance.server_version}.",
            f"Question {provenance.problem_sha256}",
        ),
    )

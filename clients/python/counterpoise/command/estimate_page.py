"""The page of an estimated risk model: how firm it is first, then drivers, then sleeves."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command import estimate_correlations, estimate_tables, evidence_tables
from counterpoise.command.evidence import bases, few, in_sample, warned
from counterpoise.command.layout import Entry, Section
from counterpoise.model import (
    EstimateRiskModelResponse,
    LineEstimate,
    Provenance,
    RiskModelQuestion,
)
from counterpoise.wording.estimation import (
    departure,
    firmness,
    given_stress,
    kept_volatilities,
    method,
    seen,
    together,
)
from counterpoise.wording.evidence import prior, reasons, verdict
from counterpoise.wording.figures import fixed, percent


def page(response: EstimateRiskModelResponse, question: RiskModelQuestion) -> list[Section | None]:
    """Every section that the answer has something to say in."""
    evidence = [line.evidence for line in response.lines if line.evidence is not None]
    return [
        _model(response, question),
        warned(response.warnings),
        estimate_tables.drivers(response),
        estimate_correlations.correlations(response),
        _sleeves(response.lines, question),
        estimate_tables.lines(response, question),
        estimate_tables.loadings(response.lines),
        estimate_correlations.residual_correlations(response.market),
        evidence_tables.smoothing(evidence),
        _origin(response.provenance, bool(response.lines)),
    ]


def _model(response: EstimateRiskModelResponse, question: RiskModelQuestion) -> Section:
    report = response.covariance
    ids = [driver.driver_id for driver in question.drivers]
    said = [f"Returns over cash of {few(ids)}."]
    said += bases(question.history, {*ids, *question.sleeve_ids}, question.cash_id)
    if report is not None:
        said += [seen(question, report), method(question, report), together(report, question)]
        said += [given_stress(question), kept_volatilities(question)]
        said += [departure(response), *firmness(report, len(ids))]
    return Section(title="How firm is the risk model?", sentences=tuple(filter(None, said)))


def _sleeves(lines: Sequence[LineEstimate], question: RiskModelQuestion) -> Section | None:
    """Whether sleeves are alpha, with reasons."""
    entries = []
    for line in lines:
        evidence = line.evidence
        if evidence is None:
            continue
        told = []
        if evidence.sleeve_class is not None and evidence.regression is not None:
            told.append(
                f"Alpha {percent(evidence.regression.annual_alpha)} % a year in this history, t "
                f"{fixed(evidence.regression.alpha_t, 1)}; believed after it: "
                f"{percent(evidence.annual_shrunk_alpha)} % give or take "
                f"{percent(evidence.annual_shrunk_alpha_error)} %."
            )
        told += in_sample(evidence, question)
        told += [f"- {why}" for why in reasons(evidence, question)]
        entries.append(Entry(head=f"{line.line_id}: {verdict(evidence)}", sentences=tuple(told)))
    if not entries:
        return None
    believed = f"What is believed of an alpha is {prior(question)}."
    return Section(title="Are the sleeves alpha?", sentences=(believed,), entries=entries)


def _origin(provenance: Provenance, has_lines: bool) -> Section:
    parts = "the market, and each sleeve as a line," if has_lines else "the market"
    return Section(
        sentences=(
            f"--yaml prints {parts} as a problem file takes them.",
            f"Server {provenance.server_version}.",
            f"Question {provenance.problem_sha256}",
        ),
    )

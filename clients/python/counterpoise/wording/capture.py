"""What is left of an active return, in words with the numbers behind them."""

from __future__ import annotations

from dataclasses import replace

from counterpoise.model import (
    DEFAULT_LEAST_ANNUAL_NET_ALPHA,
    ActiveFund,
    ActiveReturn,
    AlphaCapture,
    AlphaCaptureQuestion,
    CaptureVerdict,
    EvidenceReason,
    FeeBasis,
    FeeReport,
)
from counterpoise.wording.evidence import confidence, reasons
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.words import say

CAPTURE_VERDICTS = {
    CaptureVerdict.ADDS_VALUE: "adds value",
    CaptureVerdict.BELOW_THRESHOLD: "too little is left",
    CaptureVerdict.AMPLIFIES_NO_SKILL: "nothing is left",
}
"""What an alpha after fees does."""

FEE_BASES = {FeeBasis.NET: "after fees", FeeBasis.GROSS: "before fees"}
"""What returns are, as they came."""

_OF_SLEEVES = {
    EvidenceReason.FACTORS_EXPLAIN_LITTLE,
    EvidenceReason.FACTORS_EXPLAIN_MUCH,
    EvidenceReason.FACTORS_EXPLAIN_MOST,
}
"""Reasons that say nothing about a fund with a benchmark, which explains most of it by design."""
_TOLD = {EvidenceReason.ALPHA_NOT_SIGNIFICANT, EvidenceReason.ALPHA_NOT_POSITIVE}
"""Reasons that sentences about fees have told already, of the alpha after them."""


def least(question: AlphaCaptureQuestion) -> float:
    """Alpha after fees above which a fund adds value, annual decimal."""
    given = question.least_annual_net_alpha
    return DEFAULT_LEAST_ANNUAL_NET_ALPHA if given is None else given


def verdict(capture: AlphaCapture) -> str:
    """`adds value`, `too little is left`, `nothing is left`, or that there is no verdict.

    A value whose interval holds zero is not proven, which is said.
    """
    if capture.verdict is None:
        return "no verdict"
    return f"{say(capture.verdict, CAPTURE_VERDICTS)}{', not proven' if is_unproven(capture) else ''}"


def is_unproven(capture: AlphaCapture) -> bool:
    """Whether a fund adds value, and the interval of what it leaves holds zero."""
    return (
        capture.verdict is CaptureVerdict.ADDS_VALUE
        and capture.fees is not None
        and capture.fees.annual_net_alpha_lower <= 0.0
    )


def fund_of(capture: AlphaCapture, question: AlphaCaptureQuestion) -> ActiveFund | None:
    """The fund as it was asked about; None of one that was not."""
    return next((fund for fund in question.funds if fund.fund_id == capture.fund_id), None)


def benchmark(fund: ActiveFund | None) -> str:
    """Name of a fund's benchmark."""
    return fund.benchmark_id if fund is not None else "its benchmark"


def sentences(capture: AlphaCapture, question: AlphaCaptureQuestion) -> list[str]:
    """Where the active return came from, what fees leave, and what a structure makes of it."""
    fund = fund_of(capture, question)
    told = [] if capture.active_return is None else [_came_from(capture.active_return, fund)]
    if capture.fees is not None:
        told += [_left(capture, capture.fees, question), _how_sure(capture, capture.fees, question)]
    benefit = capture.structure_benefit
    if benefit is not None:
        told.append(
            f"Over beta by futures or swaps it {_adds(benefit.annual_benefit)} a year per unit of notional, "
            f"against the same beta held physically."
        )
    return told


def caveats(capture: AlphaCapture, question: AlphaCaptureQuestion) -> list[str]:
    """What speaks for or against the alpha of the regression, without full stops."""
    if capture.evidence is None:
        return []
    known = _OF_SLEEVES | (_TOLD if capture.fees is not None else set())
    kept = tuple(reason for reason in capture.evidence.reasons if reason not in known)
    return reasons(replace(capture.evidence, reasons=kept), question)


def _came_from(active: ActiveReturn, fund: ActiveFund | None) -> str:
    total = active.annual_active_return
    name = benchmark(fund)
    lead = (
        f"It beat {name} by {percent(total)} % a year"
        if total >= 0
        else f"It fell behind {name} by {percent(-total)} % a year"
    )
    parts = [
        f"{percent(active.annual_benchmark_part)} % from holding {fixed(active.benchmark_beta, 2)} of it",
        *[f"{percent(part.annual_return)} % from {part.factor_id}" for part in active.factor_parts],
    ]
    return f"{lead}: {', '.join(parts)}, and {percent(active.annual_alpha)} % alpha{_as_it_came(fund)}."


def _as_it_came(fund: ActiveFund | None) -> str:
    return f" {say(fund.fee_basis, FEE_BASES)}" if fund is not None else ""


def _left(capture: AlphaCapture, fees: FeeReport, question: AlphaCaptureQuestion) -> str:
    lead = (
        f"Fees of {percent(fees.annual_fee)} % leave {percent(fees.annual_net_alpha)} % of "
        f"{percent(fees.annual_gross_alpha)} % alpha"
    )
    bar = f"{percent(least(question))} %"
    ends = {
        CaptureVerdict.ADDS_VALUE: f"more than the {bar} from which a fund adds value",
        CaptureVerdict.BELOW_THRESHOLD: f"not more than the {bar} from which a fund adds value",
        CaptureVerdict.AMPLIFIES_NO_SKILL: "a structure would amplify the absence of skill",
    }
    end = ends.get(capture.verdict) if capture.verdict is not None else None
    return f"{lead}: {end}." if end else f"{lead}."


def _how_sure(capture: AlphaCapture, fees: FeeReport, question: AlphaCaptureQuestion) -> str:
    lower, upper = fees.annual_net_alpha_lower, fees.annual_net_alpha_upper
    level = f"{percent(confidence(question), 0)} %"
    t = capture.evidence.regression.alpha_t if capture.evidence and capture.evidence.regression else None
    said = f"The {level} interval of that is {percent(lower)} % to {percent(upper)} %"
    bar = least(question)
    if lower > bar:
        end = ", all of it above that bar"
    elif upper <= 0.0:
        end = ", all of it below zero"
    elif lower <= 0.0:
        end = f": {'luck' if fees.annual_net_alpha > 0.0 else 'bad luck'} alone could do it"
    else:
        end = ""
    return f"{said}{end}{'' if t is None else f'; t of the alpha {fixed(t, 1)}'}."


def _adds(benefit: float) -> str:
    return f"adds {percent(benefit)} %" if benefit >= 0 else f"costs {percent(-benefit)} %"

"""Tables behind the verdicts on active funds."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.evidence_tables import table
from counterpoise.command.layout import Section
from counterpoise.model import ActiveReturn, AlphaCapture, AlphaCaptureQuestion, StructureReport
from counterpoise.wording.capture import FEE_BASES, fund_of, least
from counterpoise.wording.evidence import confidence
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.words import say

_FACTORS_BESIDE = 4
"""Factors that have columns of their own; more stand in rows."""


def active_returns(captures: Sequence[AlphaCapture], question: AlphaCaptureQuestion) -> Section | None:
    """Parts of the active return, which sum to it."""
    given = [(item, item.active_return) for item in captures if item.active_return is not None]
    factors = question.factor_ids if len(question.factor_ids) <= _FACTORS_BESIDE else ()
    rest = bool(question.factor_ids) and not factors
    rows = []
    for item, active in given:
        fund = fund_of(item, question)
        parts = {part.factor_id: part.annual_return for part in active.factor_parts}
        shown = [parts.get(name, 0.0) for name in factors] + ([sum(parts.values())] if rest else [])
        rows.append(
            (
                item.fund_id,
                fund.benchmark_id if fund is not None else "",
                fixed(active.benchmark_beta, 2),
                percent(active.annual_benchmark_part),
                *map(percent, shown),
                percent(active.annual_alpha),
                percent(active.annual_active_return),
                percent(active.annual_tracking_error),
            )
        )
    headings = (*factors, *(("factors",) if rest else ()))
    return table(
        "Where the active return came from, % a year",
        ("Fund", "Benchmark", "beta", "by beta", *headings, "alpha", "active", "track. err."),
        rows,
        left=(0, 1),
        footnotes=(
            "active is the mean return over the benchmark; by beta, factors and alpha sum to it. by beta is "
            "what holding more or less than one of the benchmark brought. track. err. is the volatility of "
            "the difference.",
            *((_largest([(item.fund_id, active) for item, active in given]),) if rest else ()),
        ),
    )


def _largest(given: Sequence[tuple[str, ActiveReturn]]) -> str:
    """The largest parts of each fund, where there are too many factors for columns."""
    told = []
    for fund_id, active in given:
        parts = sorted(active.factor_parts, key=lambda part: -abs(part.annual_return))[:_FACTORS_BESIDE]
        words = ", ".join(f"{part.factor_id} {percent(part.annual_return)}" for part in parts)
        told.append(f"{fund_id}: {words}")
    return f"Largest of the factors: {'; '.join(told)}."


def alphas(captures: Sequence[AlphaCapture], question: AlphaCaptureQuestion) -> Section | None:
    """Alpha of the returns as they came, with its interval."""
    rows = []
    for item in captures:
        one = item.evidence.regression if item.evidence is not None else None
        fund = fund_of(item, question)
        if one is None:
            continue
        rows.append(
            (
                item.fund_id,
                say(fund.fee_basis, FEE_BASES) if fund is not None else "",
                percent(one.annual_alpha),
                percent(one.annual_alpha_lower),
                percent(one.annual_alpha_upper),
                fixed(one.alpha_t, 2),
                fixed(one.verdict_r_squared, 3),
                percent(one.annual_residual_volatility),
                fixed(one.appraisal_ratio, 2),
                "" if one.years_for_significance is None else fixed(one.years_for_significance, 1),
            )
        )
    level = f"{percent(confidence(question), 0)} %"
    return table(
        "Alpha in the returns as they came, % a year",
        ("Fund", "Returns", "alpha", "from", "to", "t", "R-sq.", "resid.", "appr.", "years"),
        rows,
        left=(0, 1),
        footnotes=(
            f"from and to are the {level} interval. R-sq. is what benchmark and factors explain, adjusted "
            "for how many they are, resid. the volatility that they leave, appr. alpha over it, years how "
            "long a history of that takes to a t of 2.",
        ),
    )


def fees(captures: Sequence[AlphaCapture], question: AlphaCaptureQuestion) -> Section | None:
    """What fees take of alpha."""
    rows = [
        (
            item.fund_id,
            percent(one.annual_gross_alpha),
            percent(one.annual_management_fee),
            percent(one.annual_performance_fee),
            percent(one.annual_fee),
            percent(one.annual_net_alpha),
            percent(one.annual_net_alpha_lower),
            percent(one.annual_net_alpha_upper),
        )
        for item in captures
        for one in [item.fees]
        if one is not None
    ]
    return table(
        "Alpha before and after fees, % a year",
        ("Fund", "before", "management", "performance", "fees", "after", "from", "to"),
        rows,
        footnotes=(
            "A year in which the fund earns on average what it did over cash; performance fees are expected "
            "over good and bad outcomes. from and to are the interval of what is left. A fund adds value "
            f"above {percent(least(question))} %.",
        ),
    )


def fees_for_beta(captures: Sequence[AlphaCapture], question: AlphaCaptureQuestion) -> Section | None:
    """What fees are paid for."""
    rows = []
    for item in captures:
        one, fund = item.fees, fund_of(item, question)
        if one is None:
            continue
        rows.append(
            (
                item.fund_id,
                percent(one.annual_fee),
                percent(one.annual_fee_for_beta),
                percent(one.beta_share, 1),
                "" if fund is None else percent(fund.annual_passive_fee),
                "" if one.annual_active_fee is None else percent(one.annual_active_fee),
                percent(one.annual_performance_fee),
                percent(one.annual_naive_performance_fee),
            )
        )
    return table(
        "What the fees pay for, %",
        ("Fund", "fees", "for beta", "beta share", "passive", "active fee", "perf. fee", "if calm"),
        rows,
        footnotes=(
            "for beta is what benchmark and factors earn the manager, beta share how much of the fund they "
            "stand for, passive what they cost in an index. active fee is what is paid beyond that, per unit "
            "of the rest. if calm is the performance fee without volatility: the manager shares gains, not "
            "losses, and gets more where returns move.",
            "beta share is sqrt(R-sq.) / (sqrt(R-sq.) + sqrt(1 - R-sq.)), with the adjusted R-sq. of the "
            "regression.",
        ),
    )


def structure(report: StructureReport | None) -> Section | None:
    """Beta by futures or swaps against beta held physically."""
    if report is None:
        return None
    return Section(
        title="Beta by futures or swaps, a year per unit of notional",
        columns=("", "%"),
        rows=[
            ("Synthetic: financing, roll, cash drag, margin", percent(report.annual_synthetic_cost)),
            ("Physical", percent(report.annual_physical_cost)),
            (),
            ("Synthetic less physical", percent(report.annual_synthetic_cost - report.annual_physical_cost)),
            ("Capital that is free for alpha", percent(report.alpha_share)),
            ("Break-even: alpha after fees that pays for it", percent(report.annual_break_even_alpha)),
        ],
        footnotes=(
            "Free is what reserve and margin leave. At break-even, free capital earns in alpha what "
            "synthetic beta costs beyond physical.",
        ),
    )


def benefits(captures: Sequence[AlphaCapture], report: StructureReport | None) -> Section | None:
    """What each fund brings in the structure."""
    if report is None:
        return None
    rows = [
        (
            item.fund_id,
            percent(item.fees.annual_net_alpha),
            percent(report.annual_break_even_alpha),
            percent(one.annual_alpha_over_break_even),
            percent(one.annual_benefit),
        )
        for item in captures
        for one in [item.structure_benefit]
        if one is not None and item.fees is not None
    ]
    return table(
        "Each fund over that beta, % a year",
        ("Fund", "alpha after fees", "break-even", "over it", "benefit per notional"),
        rows,
        footnotes=(
            "benefit is free capital times alpha after fees, less what synthetic beta costs beyond physical.",
        ),
    )

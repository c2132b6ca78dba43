"""Warnings in as few lines as tell them: those of one kind together, inputs before the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from counterpoise.command.breaches import broken_today
from counterpoise.command.layout import Section
from counterpoise.command.stale import is_of_evidence, old_inputs
from counterpoise.command.subjects import Subjects
from counterpoise.command.warned_scenarios import regressed, reserve_gone, ruined, short_of_money
from counterpoise.model import (
    DEFAULT_MINIMUM_OBSERVATION_COUNT,
    Allocation,
    AllocationProblem,
    EvidenceRule,
    LimitReport,
    Line,
    StressReport,
    Warning,
    WarningCode,
)
from counterpoise.wording.figures import percent
from counterpoise.wording.names import Names
from counterpoise.wording.soft import is_missed, misses_in_words
from counterpoise.wording.words import WARNINGS

_SHOWN_OF_A_KIND = 6
_SHARES_SHOWN = 4
_NEWER = "Newer than this client"
_OF_RETURNS = (WarningCode.EVIDENCE_SHORT, WarningCode.SLEEVE_RECLASSIFIED, WarningCode.ALPHA_BELOW_FEES)
"""Kinds that bear on what is expected alone, and on no measurement."""

Told = tuple[list[str], list[Warning]]
"""Sentences, and the warnings that none of them tells: they are told by their own messages."""


def told(
    given: tuple[Warning, ...],
    problem: AllocationProblem,
    names: Names,
    allocation: Allocation | None = None,
) -> Section | None:
    """What a reader should know: what cannot wait, then of the inputs, then of the answer."""
    stresses = allocation.stresses if allocation is not None else ()
    subjects = Subjects(problem=problem, names=names, allocation=allocation, stresses=stresses)
    sentences = _told(given, subjects)
    return Section(title="Warnings", sentences=tuple(sentences)) if sentences else None


def of_measurement(
    given: tuple[Warning, ...],
    problem: AllocationProblem,
    names: Names,
    stresses: tuple[StressReport, ...],
    limits_today: tuple[LimitReport, ...] = (),
) -> Section | None:
    """What a reader of measured holdings should know: first that they are not all of capital.

    Warnings that bear on expected returns alone are counted.
    """
    capital = [item for item in given if _is_of_capital(item)]
    of_returns = [item for item in given if item.code in _OF_RETURNS or is_of_evidence(item)]
    others = [item for item in given if item not in capital and item not in of_returns]
    subjects = Subjects(
        problem=problem, names=names, allocation=None, stresses=stresses, limits_today=limits_today
    )
    sentences = [f"- {WARNINGS[WarningCode.CURRENT_BREACH]}: {item.message}" for item in capital]
    sentences += _told(others, subjects)
    if of_returns:
        concern = "warning concerns" if len(of_returns) == 1 else "warnings concern"
        sentences.append(f"- {len(of_returns)}{' more' if sentences else ''} {concern} expected returns.")
    return Section(title="Warnings", sentences=tuple(sentences)) if sentences else None


def _is_of_capital(warning: Warning) -> bool:
    """Whether holdings are said not to sum to all of capital."""
    of_holdings = warning.code == WarningCode.CURRENT_BREACH and not warning.subjects
    return of_holdings and "% of the capital" in warning.message


def _told(given: Sequence[Warning], subjects: Subjects) -> list[str]:
    """Sentences by kind, in the order of kinds."""
    sentences: list[str] = []
    for words in dict.fromkeys([*WARNINGS.values(), _NEWER]):
        about = [item for item in given if WARNINGS.get(item.code, _NEWER) == words]
        grouped = _GROUPED.get(about[0].code) if about else None
        known, rest = grouped(about, subjects) if grouped is not None else ([], about)
        sentences += [f"- {words}: {sentence}" for sentence in known]
        sentences += [f"- {words}: {subjects.message_of(item)}" for item in rest[:_SHOWN_OF_A_KIND]]
        hidden = len(rest) - _SHOWN_OF_A_KIND
        sentences += [f"- {words}: {hidden} more; --json has all"] if hidden > 0 else []
    return sentences


def _thin(given: Sequence[Warning], subjects: Subjects) -> Told:
    rule = subjects.problem.mandate.evidence_rule or EvidenceRule()
    wanted = rule.minimum_observation_count or DEFAULT_MINIMUM_OBSERVATION_COUNT
    months = {
        line.line_id: sleeve.evidence.observation_count
        for line, sleeve in ((line, line.alpha_sleeve) for line in subjects.lines.values())
        if sleeve is not None and sleeve.evidence.observation_count < wanted
    }
    lines, rest = _split(given, subjects, months)
    if not lines:
        return [], rest
    least = min(lines, key=lambda line_id: months[line_id])
    few = f"{months[least]} months" + (" at least" if len(lines) > 1 else "")
    whose = subjects.one_or_many(lines, "sleeve")
    return [f"{whose} alpha rests on {few}, fewer than {wanted}{subjects.named(lines)}"], rest


def _reclassified(given: Sequence[Warning], subjects: Subjects) -> Told:
    """Those that lose an alpha, and those that lose none: one that is not above zero counts."""
    lines, rest = _split(given, subjects, _told_of(given, subjects))
    counted = [line_id for line_id in lines if _counts(line_id, subjects)]
    lost = [line_id for line_id in lines if line_id not in counted]
    told = []
    if lost:
        whose = f"{subjects.one_or_many(lost, 'sleeve')} {_alpha_of(lost, subjects)}"
        told.append(f"{whose} does not count, because known factors explain it{subjects.named(lost)}")
    if counted:
        whose = f"{subjects.one_or_many(counted, 'sleeve')} {_alpha_of(counted, subjects)}"
        why = "as it is not above zero; known factors explain the rest"
        told.append(f"{whose} counts, {why}{subjects.named(counted)}")
    return told, rest


def _counts(line_id: str, subjects: Subjects) -> bool:
    """Whether nothing was taken off an alpha; not where no answer says so."""
    verdict = subjects.verdicts.get(line_id)
    return verdict is not None and verdict.annual_alpha == verdict.annual_declared_alpha


def _alpha_of(lines: Sequence[str], subjects: Subjects) -> str:
    if len(lines) > 1 or lines[0] not in subjects.verdicts:
        return "alpha"
    return f"alpha of {percent(subjects.verdicts[lines[0]].annual_declared_alpha)} % a year"


def _below_fees(given: Sequence[Warning], subjects: Subjects) -> Told:
    lines, rest = _split(given, subjects, _told_of(given, subjects))
    if not lines:
        return [], rest
    whose = subjects.one_or_many(lines, "sleeve")
    left = "nothing or less"
    if subjects.verdicts:
        worst = percent(min(subjects.verdicts[line_id].annual_declared_alpha for line_id in lines))
        left = f"{worst} % a year" + (" at worst" if len(lines) > 1 else "")
    return [f"{whose} alpha after fees is {left}, nothing beyond betas{subjects.named(lines)}"], rest


def _told_of(given: Sequence[Warning], subjects: Subjects) -> Mapping[str, object]:
    """Sleeves with verdicts; without an answer all lines, but the number of one is in its message alone."""
    return subjects.verdicts or (subjects.lines if len(given) > 1 else {})


def _shares_missed(given: Sequence[Warning], subjects: Subjects) -> Told:
    """The largest misses, and the soft limits that come before the budget."""
    risk = subjects.allocation.risk if subjects.allocation is not None else None
    shares = {item.line_id: item for item in (risk.budget_shares if risk is not None else ())}
    lines, rest = _split(given, subjects, shares)
    if subjects.allocation is None or not lines:
        return [], rest
    lines.sort(key=lambda line_id: -abs(shares[line_id].share - shares[line_id].wanted_share))
    told = [
        f"{subjects.names.line(line_id)} has {percent(shares[line_id].share, 1)} % of the budget's risk, "
        f"not {percent(shares[line_id].wanted_share, 1)} %"
        for line_id in lines[:_SHARES_SHOWN]
    ]
    more = f"; {len(lines) - _SHARES_SHOWN} more are nearer" if len(lines) > _SHARES_SHOWN else ""
    soft = misses_in_words(subjects.allocation, subjects.names)
    first = f"; soft limits come before the shares, missed: {soft}" if soft else ""
    return [f"{'; '.join(told)}{more}: limits keep these from their shares{first}"], rest


def _touched(given: Sequence[Warning], subjects: Subjects) -> Told:
    lines, rest = _split(given, subjects, subjects.lines)
    if not lines:
        return [], rest
    whose = subjects.one_or_many(lines, "line")
    return [
        f"{whose} only bound is ours; give a maximum, or cap what is added to{subjects.named(lines)}"
    ], rest


def _soft(given: Sequence[Warning], subjects: Subjects) -> Told:
    """Nothing where the headline and the table of soft limits tell the same."""
    limits = subjects.allocation.limits if subjects.allocation is not None else ()
    return [], [] if sum(is_missed(limit) for limit in limits) == len(given) else list(given)


def _split(
    given: Sequence[Warning], subjects: Subjects, known: Mapping[str, object]
) -> tuple[list[str], list[Warning]]:
    """Lines of which enough is known, largest first, and the warnings about anything else."""
    lines: list[str] = []
    rest = []
    for warning in given:
        line: Line | None = subjects.line_of(warning)
        if line is not None and line.line_id in known:
            lines.append(line.line_id)
        else:
            rest.append(warning)
    return subjects.by_size(lines), rest


_GROUPED: dict[WarningCode, Callable[[Sequence[Warning], Subjects], Told]] = {
    WarningCode.INPUT_STALE: old_inputs,
    WarningCode.EVIDENCE_SHORT: _thin,
    WarningCode.SLEEVE_RECLASSIFIED: _reclassified,
    WarningCode.ALPHA_BELOW_FEES: _below_fees,
    WarningCode.CURRENT_BREACH: broken_today,
    WarningCode.SOFT_LIMIT_MISSED: _soft,
    WarningCode.RISK_SHARES_MISSED: _shares_missed,
    WarningCode.DERIVED_BOX_TOUCHED: _touched,
    WarningCode.RUIN: ruined,
    WarningCode.COVERAGE_SHORT: short_of_money,
    WarningCode.RESERVE_GONE: reserve_gone,
    WarningCode.SHOCK_REGRESSED: regressed,
}

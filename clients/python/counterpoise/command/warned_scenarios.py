"""Warnings about scenarios: those of one kind in one sentence, with numbers of the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from counterpoise.command.subjects import Subjects
from counterpoise.model import StressReport, Warning
from counterpoise.wording.figures import fixed, percent

_NAMED = 4


def ruined(given: Sequence[Warning], subjects: Subjects) -> tuple[list[str], list[Warning]]:
    """What is lost of all there is."""

    def words(report: StressReport) -> str:
        return f"{_name(report, subjects)} loses {percent(report.loss_fraction)} % of NAV"

    return _together(given, subjects, lambda report: report.ruin, words, "")


def short_of_money(given: Sequence[Warning], subjects: Subjects) -> tuple[list[str], list[Warning]]:
    """From when needs exceed sources."""

    def words(report: StressReport) -> str:
        days = report.first_shortfall_trading_days
        return f"{_name(report, subjects)} from {days} trading day{'s' if days != 1 else ''} on"

    def known(report: StressReport) -> bool:
        return report.first_shortfall_trading_days is not None

    return _together(given, subjects, known, words, "needs exceed sources under ")


def reserve_gone(given: Sequence[Warning], subjects: Subjects) -> tuple[list[str], list[Warning]]:
    """How much of each scenario the reserve alone pays."""

    def words(report: StressReport) -> str:
        return f"{fixed(report.reserve_gone_multiple or 0.0, 2)} of {_name(report, subjects)}"

    lead = "the reserve alone pays no more than "
    tail = "; what is asked for beyond it is paid by other lines, or by nothing"
    return _together(
        given, subjects, lambda item: item.reserve_gone_multiple is not None, words, lead, tail=tail
    )


def regressed(given: Sequence[Warning], subjects: Subjects) -> tuple[list[str], list[Warning]]:
    """Which scenarios leave drivers to the risk model, and how many."""

    def words(report: StressReport) -> str:
        count = len(report.regressed_shocks)
        return f"{count} driver{'s' if count != 1 else ''} under {_name(report, subjects)}"

    lead = "moved as the risk model expects, without a shock of their own: "
    return _together(given, subjects, lambda report: bool(report.regressed_shocks), words, lead)


def _together(
    given: Sequence[Warning],
    subjects: Subjects,
    known: Callable[[StressReport], bool],
    words: Callable[[StressReport], str],
    lead: str,
    *,
    tail: str = "",
) -> tuple[list[str], list[Warning]]:
    """One sentence about the scenarios that the answer explains, and the warnings that it does not."""
    told, rest = [], []
    for warning in given:
        report = subjects.scenario_of(warning)
        if report is not None and known(report):
            told.append(words(report))
        else:
            rest.append(warning)
    if not told:
        return [], rest
    more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
    return [f"{lead}{', '.join(told[:_NAMED])}{more}{tail}"], rest


def _name(report: StressReport, subjects: Subjects) -> str:
    return subjects.names.scenario(report.scenario_id)

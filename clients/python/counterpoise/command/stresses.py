"""Every section about scenarios, for the page of an allocation and for those of measured portfolios."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.calls import worst_call
from counterpoise.command.coverage import coverage, least_in_words
from counterpoise.command.layout import Section
from counterpoise.command.leverage_after import highest_in_words, leverage_after
from counterpoise.command.losses import losses, worst_in_words
from counterpoise.command.notices import notices
from counterpoise.command.reserve_gone import reserve_gone
from counterpoise.model import AllocationProblem, LimitReport
from counterpoise.wording.figures import Money
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import Stressed

_NAMED = 3


def under_stress(
    stressed: Stressed,
    problem: AllocationProblem,
    limits: Sequence[LimitReport],
    names: Names,
    money: Money,
) -> list[Section | None]:
    """What scenarios do, in the order in which a board asks; nothing where there are none."""
    return [
        losses(stressed, problem, names, money),
        leverage_after(stressed, problem, limits, names),
        *money_by_when(stressed, problem, names, money),
    ]


def money_by_when(
    stressed: Stressed, problem: AllocationProblem, names: Names, money: Money
) -> list[Section | None]:
    """What is called, what pays it, and how far the money goes."""
    return [
        worst_call(stressed, names, money),
        coverage(stressed, problem, names, money),
        reserve_gone(stressed, problem, names),
        notices(stressed, problem, names),
    ]


def in_short(stressed: Stressed, names: Names, money: Money) -> list[str]:
    """The worst loss with the leverage that it leaves, and the least coverage; nothing without scenarios."""
    loss, gross = worst_in_words(stressed, names, money), highest_in_words(stressed, names)
    covered = least_in_words(stressed, names, money) or _first_shortfall(stressed, names)
    told = [f"{loss} {gross}".strip(), covered]
    return [sentence for sentence in told if sentence]


def _first_shortfall(stressed: Stressed, names: Names) -> str:
    """From when money is short, for answers that have no coverage figures."""
    short = {
        item.scenario_id: item.first_shortfall_trading_days
        for item in stressed.by_call
        if item.first_shortfall_trading_days is not None
    }
    if not short:
        return ""
    day = min(short.values())
    first = [names.scenario(name) for name in short if short[name] == day]
    return (
        f"Money is short first under {_listed(first)}, from the horizon of {day} "
        f"day{'s' if day != 1 else ''} on."
    )


def _listed(words: list[str]) -> str:
    """`A`, `A and B`, `A, B and C`, `A, B, C and 2 more`."""
    if len(words) > _NAMED:
        words = [*words[:_NAMED], f"{len(words) - _NAMED} more"]
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last

"""What happened on walks: calls, exhausted reserves, odd decisions, returns that are not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from counterpoise.command.layout import Section
from counterpoise.wording.figures import percent

if TYPE_CHECKING:
    from counterpoise.backtest import WalkForward

_SHOWN = 8
_LARGE = 0.005
"""Shortfall, of NAV, that is told apart from smaller ones."""


def calls(name: str, walk: WalkForward) -> Section:
    """The largest calls of a walk, and what paid them."""
    asked = walk.calls_frame().reset_index()
    total = asked["variation_margin_fraction"] + asked["margin_increase_fraction"]
    worst = asked.assign(total=total).nlargest(_SHOWN, "total")
    numbers = ["variation_margin_fraction", "margin_increase_fraction", "free_after_fraction"]
    rows = [
        (f"{date:%Y-%m-%d}", pool, *[percent(number) for number in each], paid)
        for date, pool, each, paid in zip(
            worst["date"], worst["margin_pool_id"], worst[numbers].to_numpy(), worst["paid_by"], strict=True
        )
    ]
    return Section(
        title=f"Largest calls, {name}",
        sentences=() if rows else ("Nothing was called.",),
        columns=("Date", "pool", "variation margin %", "more initial margin %", "free after %", "paid by"),
        rows=rows,
        footnotes=("Of NAV.",) if rows else (),
        left=(0, 1, 5),
        whole=(0,),
    )


def exhausted(walks: Mapping[str, WalkForward]) -> Iterator[Section]:
    """Periods in which a reserve did not pay, those first in which it was short of most."""
    for name, walk in walks.items():
        gone = [period for period in walk.periods if period.reserve.exhausted]
        if not gone:
            continue
        large = sum(-period.reserve.free > _LARGE * period.nav for period in gone)
        worst = sorted(gone, key=lambda period: period.reserve.free / period.nav)[:_SHOWN]
        yield Section(
            title=f"Reserve exhausted, {name}",
            sentences=(
                f"{len(gone)} times, {large} of them by more than {percent(_LARGE)} % of NAV; those in which "
                "it was short of most:",
            ),
            columns=("Date", "short % of NAV", "sold or cut to pay"),
            rows=[
                (
                    str(period.date),
                    percent(-period.reserve.free / period.nav),
                    ", ".join(period.forced_sales) or "nothing",
                )
                for period in worst
            ],
            left=(0, 2),
            whole=(0,),
        )


def troubled(walks: Mapping[str, WalkForward]) -> Iterator[Section]:
    """Decisions that were not certified as the mandate stood, and limits that were missed."""
    for name, walk in walks.items():
        decisions = walk.decisions_frame()
        odd = decisions[(decisions["outcome"] != "optimal") | (decisions["missed_limits"] != "")]
        if not len(odd):
            continue
        counts = odd["missed_limits"].str.split(", ").explode().replace("", None).dropna().value_counts()
        missed = ", ".join(f"{limit} {count} times" for limit, count in counts.items())
        outcomes = decisions["outcome"].value_counts()
        told = [f"{outcomes[kind]} {words}" for kind, words in _OUTCOMES.items() if kind in outcomes.index]
        reasons = decisions.loc[decisions["outcome"] == "held", "reason"].value_counts()
        told += [f"{count} of them {str(reason).replace('_', ' ')}" for reason, count in reasons.items()]
        yield Section(
            title=f"Decisions, {name}",
            sentences=tuple(
                sentence
                for sentence in (
                    f"Of {len(decisions)} decisions {', '.join(told)}." if told else "",
                    f"Limits that were missed: {missed}." if missed else "",
                )
                if sentence
            ),
        )


_OUTCOMES = {
    "relaxed": "were infeasible, and certified with hard limits made soft",
    "held": "kept positions, because nothing was certified",
}


def made_up(walks: Mapping[str, WalkForward]) -> Section | None:
    """Sleeves that were held while they did not report."""
    rows = []
    for name, walk in walks.items():
        counts: dict[str, list[str]] = {}
        for period in walk.periods:
            for line_id in period.missing_returns:
                counts.setdefault(line_id, []).append(str(period.date))
        rows += [
            (name, line_id, str(len(days)), f"{days[0]} to {days[-1]}") for line_id, days in counts.items()
        ]
    if not rows:
        return None
    return Section(
        title="Returns that are not known",
        sentences=(
            "These were held while their column has no return. They earned the loadings of the last estimate "
            "and no alpha, and nothing of them was bought. A fund that stops reporting has often lost more.",
        ),
        columns=("Walk", "sleeve", "periods", "when"),
        rows=rows,
        left=(0, 1, 3),
        whole=(0, 1),
    )

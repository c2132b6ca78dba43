"""The page of `backtest`: what was earned, what was called, who ran out, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from counterpoise.command.layout import Section
from counterpoise.wording.figures import against, fixed, percent

if TYPE_CHECKING:
    import pandas as pd

    from counterpoise.backtest import WalkForward

_SHOWN = 8


def page(walks: Mapping[str, WalkForward], out: str) -> list[Section | None]:
    """Comparison, calls, exhausted reserves, decisions that were not plain, beliefs, and where files are."""
    from counterpoise.backtest import compare

    name, walk = next(iter(walks.items()))
    table = compare(walks)
    return [
        *_ruined(walks),
        _earned(walks, table),
        _reserves(table),
        _calls(name, walk),
        *_exhausted(walks),
        *_troubled(walks),
        _beliefs(walk),
        Section(sentences=(f"Journals, frames and picture: {out}.",)) if out else None,
    ]


def _ruined(walks: Mapping[str, WalkForward]) -> Iterator[Section]:
    for name, walk in walks.items():
        if walk.periods[-1].ruined:
            yield Section(
                title=f"Ruin, {name}",
                sentences=(f"On {walk.periods[-1].date} nothing was left of NAV. The walk ends there.",),
            )


def _earned(walks: Mapping[str, WalkForward], table: pd.DataFrame) -> Section:
    keys = ["annual_return", "annual_volatility", "annual_active_risk", "maximum_drawdown"]
    return Section(
        title="What the mandate would have done",
        sentences=(_span(next(iter(walks.values()))), *_price(walks, table)),
        columns=("Walk", "return % a year", "volatility %", "active risk %", "drawdown %"),
        rows=[
            (str(name), *[percent(number) for number in numbers])
            for name, numbers in zip(table.index, table[keys].to_numpy(), strict=True)
        ],
        footnotes=(
            "Net of fees, financing, rolls and trading costs. The reference is funded and free of them.",
        ),
    )


def _reserves(table: pd.DataFrame) -> Section:
    keys = [
        "largest_call_fraction",
        "least_free_fraction",
        "exhausted_count",
        "largest_forced_sale_fraction",
    ]
    walked = table.drop(index="reference")
    return Section(
        title="What became of the reserve",
        columns=("Walk", "largest call % of NAV", "least free %", "exhausted", "largest forced sale %"),
        rows=[
            (str(name), percent(call), percent(free), fixed(count, 0), percent(sale))
            for name, (call, free, count, sale) in zip(walked.index, walked[keys].to_numpy(), strict=True)
        ],
        footnotes=(
            "Free is what is not posted as initial margin; below zero is what was short. Exhausted: periods "
            "in which the tiers did not pay variation margin or cover initial margin. Within a period the "
            "reserve may have been lower.",
        ),
    )


def _span(walk: WalkForward) -> str:
    plan, periods = walk.plan, walk.periods
    decisions = sum(period.decision is not None for period in periods)
    return (
        f"{periods[0].date} to {periods[-1].date}: {len(periods) - 1} periods, {decisions} decisions, each "
        f"on the {plan.window_period_count} periods that ended with it."
    )


def _price(walks: Mapping[str, WalkForward], table: pd.DataFrame) -> tuple[str, ...]:
    returns = table["annual_return"]
    names = list(walks)
    ahead = against(returns.iloc[0] - returns["reference"], "the reference")
    over = f"{names[0].capitalize()} it earned {ahead} a year."
    if len(names) == 1:
        return (over,)
    price = against(returns.iloc[0] - returns.iloc[1], names[1])
    return (over, f"The price of the limits that the second walk leaves out: {price} a year.")


def _calls(name: str, walk: WalkForward) -> Section:
    calls = walk.calls_frame().reset_index()
    total = calls["variation_margin_fraction"] + calls["margin_increase_fraction"]
    worst = calls.assign(total=total).nlargest(_SHOWN, "total")
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


def _exhausted(walks: Mapping[str, WalkForward]) -> Iterator[Section]:
    for name, walk in walks.items():
        gone = [period for period in walk.periods if period.reserve.exhausted]
        if not gone:
            continue
        worst = sorted(gone, key=lambda period: period.reserve.free / period.nav)[:_SHOWN]
        yield Section(
            title=f"Reserve exhausted, {name}",
            sentences=(f"{len(gone)} times; those in which it was short of most:",),
            columns=("Date", "short % of NAV", "sold or cut to pay"),
            rows=[
                (
                    str(period.date),
                    percent(-period.reserve.free / period.nav),
                    ", ".join(period.forced_sales) or "nothing",
                )
                for period in sorted(worst, key=lambda period: period.date)
            ],
            left=(0, 2),
            whole=(0,),
        )


def _troubled(walks: Mapping[str, WalkForward]) -> Iterator[Section]:
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


def _beliefs(walk: WalkForward) -> Section | None:
    estimates = walk.estimates_frame()
    if not len(estimates):
        return None
    by_sleeve = estimates.groupby("line_id", sort=False)
    rows = []
    for name, frame in by_sleeve:
        classes = frame["sleeve_class"].replace("", "none").value_counts(normalize=True)
        rows.append(
            (
                str(name),
                percent(frame["shrunk_alpha"].iloc[0]),
                percent(frame["shrunk_alpha"].iloc[-1]),
                fixed(frame["r_squared"].mean(), 2),
                ", ".join(
                    f"{str(kind).replace('_', ' ')} {percent(share, 0)} %" for kind, share in classes.items()
                ),
            )
        )
    return Section(
        title="What sleeves were believed to be",
        columns=("Sleeve", "first alpha % a year", "last alpha %", "mean R-squared", "class, of decisions"),
        rows=rows,
        footnotes=("Alphas are over betas, net of fees, and shrunk towards the prior.",),
        left=(0, 4),
        whole=(0,),
    )

"""The page of `backtest`: what was earned, what was called, who ran out, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from counterpoise.command.backtest_beliefs import beliefs
from counterpoise.command.backtest_events import calls, exhausted, made_up, troubled
from counterpoise.command.layout import Section
from counterpoise.model import ReturnBasis
from counterpoise.wording.figures import against, basis_points, fixed, percent

if TYPE_CHECKING:
    import pandas as pd

    from counterpoise.backtest import WalkForward

_SHORT_YEARS = 3.0
"""A walk of fewer says little by the year."""


def page(walks: Mapping[str, WalkForward], out: str) -> list[Section | None]:
    """Comparison, calls, exhausted reserves, decisions that were not plain, beliefs, and where files are."""
    from counterpoise.backtest import compare

    name, walk = next(iter(walks.items()))
    table = compare(walks)
    return [
        *_ruined(walks),
        _earned(walks, table),
        _reserves(table),
        calls(name, walk),
        *exhausted(walks),
        made_up(walks),
        *troubled(walks),
        beliefs(walk),
        _rules(walk),
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
    names, walk = list(walks), next(iter(walks.values()))
    ahead = against(returns.iloc[0] - returns["reference"], "the reference")
    error, beta = table["annual_active_error"].iloc[0], table["reference_beta"].iloc[0]
    over = (
        f"{names[0].capitalize()} it earned {ahead} a year, give or take {basis_points(error)} bp (a "
        f"standard error); its beta to the reference was {fixed(beta, 2)}."
    )
    years = (len(walk.periods) - 1) / walk.per_year
    short = f"{fixed(years, 1)} years are few: what is said by the year may well be luck."
    told = (over, short) if years < _SHORT_YEARS else (over,)
    if len(names) == 1:
        return told
    other = walks[names[1]].plan.problem.mandate.limits
    gone = [limit.limit_id for limit in walk.plan.problem.mandate.limits if limit not in other]
    price = against(returns.iloc[0] - returns.iloc[1], names[1])
    reserve = any(limit.reserve is not None for limit in other)
    rule = "" if reserve else " Nothing else there asks for a reserve, so that it holds next to none."
    return (*told, f"The second walk leaves {', '.join(gone)} out.{rule} Their price: {price} a year.")


def _rules(walk: WalkForward) -> Section:
    """What was declared, so that the page can be checked."""
    plan = walk.plan
    bases = {
        basis: [item.column_id for item in plan.history.columns if item.basis is basis]
        for basis in ReturnBasis
    }
    told = [
        f"Returns with cash in them: {_listed(bases[ReturnBasis.TOTAL])}; over cash: "
        f"{_listed(bases[ReturnBasis.EXCESS])}."
    ]
    told += [
        f"{item.line_id} pays out every {item.every_period_count} periods (of calendar years where these are "
        f"months or quarters) after {item.notice_period_count} of notice."
        for item in plan.redemptions
    ]
    told += [
        f"{item.line_id} paid nothing from {item.first_date} to {item.last_date}." for item in plan.gates
    ]
    told += [
        f"{item.margin_pool_id} asked for {item.multiplier:g} times its margin from {item.first_date} to "
        f"{item.last_date}."
        for item in plan.margin_periods
    ]
    return Section(title="As declared", sentences=tuple(told))


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"

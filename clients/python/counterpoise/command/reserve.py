"""Margin, and the reserve that pays for it."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import PoolMargin, ReserveReport
from counterpoise.wording.figures import DUST, WORTH_A_SENTENCE, Money, percent
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import BASE


def reserve(
    report: ReserveReport | None,
    pool_margins: Sequence[PoolMargin],
    overlay_notional: float,
    names: Names,
    money: Money,
) -> Section | None:
    """What is posted as margin, and what is left to pay the next call; notional is a fraction of NAV."""
    if report is None or report.reserve_fraction < DUST:
        return None
    rows = [
        _share("Reserve", report.reserve_fraction, money),
        _share("  posted as margin", report.encumbered_fraction, money),
    ]
    for pool in pool_margins:
        if pool.initial_margin_fraction < DUST or pool.scenario_id != BASE:
            continue
        posted = [item for item in pool.posted_fractions if abs(item.value) >= DUST]
        tiers = ", ".join(
            names.line(item.line_id) + (f" {percent(item.value)}" if len(posted) > 1 else "")
            for item in posted
        )
        value = sum(item.value for item in posted)
        label = f"    to {pool.margin_pool_id}" + (f": {tiers}" if tiers else "")
        rows.append(_share(label, value, money, needed=pool.initial_margin_fraction))
    rows.append(_share("  free", report.free_fraction, money))
    rows.append(
        _share("    may pay variation margin the same day", report.variation_margin_eligible_fraction, money)
    )
    return Section(
        title="Margin and reserve",
        columns=("", "% of NAV", money.heading, "needs"),
        rows=rows,
        footnotes=_loss_borne(overlay_notional, report),
    )


def _share(label: str, fraction: float, money: Money, *, needed: float | None = None) -> tuple[str, ...]:
    """A row of the reserve; `needed` is the initial margin that a pool asks for, after haircuts."""
    return (label, percent(fraction), money.cell_of(fraction), percent(needed) if needed is not None else "")


def _loss_borne(notional: float, report: ReserveReport) -> tuple[str, ...]:
    """Which loss on the overlays can be paid in cash the same day, and which after a sale."""
    if notional < WORTH_A_SENTENCE:
        return ()
    eligible, free = report.variation_margin_eligible_fraction, report.free_fraction
    at_once = (
        f"Cash that may pay variation margin the same day covers a loss of {_of(eligible, notional)} on the "
        f"overlays, {percent(notional)} % of NAV."
    )
    if free - eligible < WORTH_A_SENTENCE:
        return (f"{at_once} Beyond it, something must be sold.",)
    rest = f"{percent(free - eligible)} % of NAV"
    if eligible < DUST:
        return (
            "Nothing that is free may pay variation margin the same day. "
            f"Once sold for cash, the free reserve, {rest}, covers a loss of {_of(free, notional)} on the "
            "overlays.",
        )
    return (
        f"{at_once} The rest of the free reserve, {rest}, must be sold for cash first; with it the cover is "
        f"{_of(free, notional)}.",
    )


def _of(cash: float, notional: float) -> str:
    """The loss that cash covers, in percent of notional, of which no more can be lost."""
    return f"{percent(min(cash / notional, 1.0), 1)} %"

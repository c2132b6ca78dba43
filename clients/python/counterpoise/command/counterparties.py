"""Whom the portfolio depends on: what lies with each counterparty."""

from __future__ import annotations

from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, CounterpartyExposure, CounterpartyReport
from counterpoise.wording.figures import DUST, Money, percent
from counterpoise.wording.names import Names

_SHOWN = 20


def concentration(
    allocation: Allocation, problem: AllocationProblem, names: Names, money: Money
) -> Section | None:
    """Margin posted to each counterparty and positions that face it, with their caps, largest first."""
    faced = [item for item in allocation.counterparties if max(_at_stake(item)) >= DUST]
    if not faced:
        return None
    faced.sort(key=_at_stake, reverse=True)
    margin_caps = _caps(problem, CounterpartyExposure.POSTED_MARGIN)
    gross_caps = _caps(problem, CounterpartyExposure.GROSS_POSITION)
    rows = []
    for item in faced[:_SHOWN]:
        row: tuple[str, ...] = (names.counterparty(item.counterparty_id),)
        for fraction, caps in (
            (item.gross_position_fraction, gross_caps),
            (item.posted_margin_fraction, margin_caps),
        ):
            row += (percent(fraction), money.cell_of(fraction))
            row += (_cap(caps.get(item.counterparty_id)),) if caps else ()
        rows.append(row)
    idle = len(allocation.counterparties) - len(faced)
    return Section(
        title="Counterparties",
        sentences=("Positions that face each, longs and shorts added, and margin posted to it.",),
        columns=(
            "Facing, % of NAV",
            *("positions", money.heading, *(("cap",) if gross_caps else ())),
            *("margin", money.heading, *(("cap",) if margin_caps else ())),
        ),
        rows=rows,
        footnotes=(
            *([f"{len(faced) - _SHOWN} more have less."] if len(faced) > _SHOWN else []),
            *([f"Nothing lies with {idle} more."] if idle else []),
        ),
    )


def _at_stake(item: CounterpartyReport) -> tuple[float, float]:
    return item.gross_position_fraction, item.posted_margin_fraction


def _cap(cap: float | None) -> str:
    return percent(cap) if cap is not None else ""


def _caps(problem: AllocationProblem, exposure: CounterpartyExposure) -> dict[str, float]:
    caps: dict[str, float] = {}
    for limit in problem.mandate.limits:
        if limit.counterparty is None or limit.counterparty.exposure is not exposure or limit.upper is None:
            continue
        for counterparty_id in limit.counterparty.counterparty_ids:
            caps[counterparty_id] = min(limit.upper, caps.get(counterparty_id, limit.upper))
    return caps

"""What is held, and the first ledger: what each unit of capital does."""

from __future__ import annotations

from counterpoise.command.layout import Section, largest, others
from counterpoise.model import Allocation, LineKind
from counterpoise.wording.figures import DUST, Money, percent
from counterpoise.wording.names import Names
from counterpoise.wording.words import LINE_KINDS, say

_SHOWN = 30


def capital(allocation: Allocation, names: Names, money: Money) -> Section | None:
    """Who holds each unit of capital."""
    uses = [use for use in allocation.capital_uses if abs(use.fraction) >= DUST]
    rows, hidden = largest(
        [
            (
                use.fraction,
                (
                    names.line(use.line_id),
                    f"posted as margin to {use.margin_pool_id}" if use.margin_pool_id else "",
                    percent(use.fraction),
                    money.cell(use.amount),
                ),
            )
            for use in uses
        ],
        _SHOWN,
    )
    if not rows:
        return None
    total = sum(use.fraction for use in allocation.capital_uses)
    amount = sum(use.amount for use in allocation.capital_uses)
    return Section(
        title="First ledger: capital",
        sentences=("Every unit of capital is used once, so the uses sum to 100 %.",),
        columns=("Held in", "", "% of NAV", money.heading),
        rows=[*rows, *others(hidden, 4), (), ("Capital", "", percent(total), money.cell(amount))],
        left=(0, 1),
    )


def positions(allocation: Allocation, names: Names, money: Money) -> Section | None:
    """Every line, as capital or notional; of more than fit, those that are held or were."""
    lines = allocation.positions
    if not lines:
        return None
    held = [
        line
        for line in lines
        if len(lines) <= _SHOWN or abs(line.fraction) >= DUST or abs(line.change_fraction or 0.0) >= DUST
    ]
    changes = any(line.change_fraction is not None for line in lines)
    named = any(names.line(line.line_id) != line.line_id for line in lines)
    margins = any((line.initial_margin_fraction or 0.0) >= DUST for line in lines)
    rows = []
    for line in held:
        row: tuple[str, ...] = (names.line(line.line_id),)
        row += (line.line_id,) if named else ()
        row += (say(line.kind, LINE_KINDS),)
        row += (percent(line.fraction), money.cell(line.amount))
        if changes:
            row += (percent(line.change_fraction, signed=True) if line.change_fraction is not None else "",)
        if margins:
            margin = line.initial_margin_fraction or 0.0
            row += (percent(margin) if margin >= DUST else "",)
        rows.append((line.fraction, row))
    columns: tuple[str, ...] = ("Line", "Id", "Kind") if named else ("Line", "Kind")
    columns += ("% of NAV", money.heading)
    columns += ("change",) if changes else ()
    columns += ("margin",) if margins else ()
    shown, hidden = largest(rows, _SHOWN)
    empty = len(lines) - len(held)
    return Section(
        title="Positions",
        sentences=(_in_notional(allocation),) if any(line.kind == LineKind.OVERLAY for line in held) else (),
        columns=columns,
        rows=[*shown, *others(hidden, len(columns))],
        footnotes=(f"{empty} more line{'s stay' if empty > 1 else ' stays'} at zero.",) if empty else (),
        left=(0, 1, 2) if named else (0, 1),
    )


def _in_notional(allocation: Allocation) -> str:
    return (
        "Overlays are notional and use no capital; their initial margin lies inside the reserve."
        if any((position.initial_margin_fraction or 0.0) >= DUST for position in allocation.positions)
        else "Overlays are notional and use no capital."
    )

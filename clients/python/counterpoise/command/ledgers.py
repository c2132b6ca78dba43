"""Two ledgers: what each unit of capital does, and what the portfolio is exposed to."""

from __future__ import annotations

from counterpoise.command.figures import DUST, Money, percent
from counterpoise.command.layout import Section, largest
from counterpoise.command.words import LINE_KINDS, Names, say
from counterpoise.model import Allocation, LeverageDefinition, LineKind

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
        rows=[*rows, *_others(hidden, 4), (), ("Capital", "", percent(total), money.cell(amount))],
        left=(0, 1),
    )


def exposures(allocation: Allocation, names: Names) -> Section | None:
    """What the portfolio is long: physical, synthetic, hidden in funds."""
    items = allocation.exposures
    if not items:
        return None
    referenced = any(item.reference is not None for item in items)

    def cells(name: str, parts: tuple[float, float, float], reference: float | None) -> tuple[str, ...]:
        numbers = (*parts, sum(parts))
        row = (name, *[percent(number) for number in numbers])
        if not referenced:
            return row
        return (*row, percent(reference or 0.0), percent(sum(parts) - (reference or 0.0), signed=True))

    all_rows = [
        (
            abs(item.funded) + abs(item.overlay) + abs(item.alpha_look_through) + abs(item.reference or 0.0),
            cells(
                names.driver(item.driver_id),
                (item.funded, item.overlay, item.alpha_look_through),
                item.reference,
            ),
        )
        for item in items
    ]
    rows, hidden = largest([row for row in all_rows if row[0] >= DUST], _SHOWN)
    sums = (
        sum(item.funded for item in items),
        sum(item.overlay for item in items),
        sum(item.alpha_look_through for item in items),
    )
    columns: tuple[str, ...] = ("Exposed to, % of NAV", "physical", "synthetic", "in funds", "total")
    columns += ("reference", "difference") if referenced else ()
    return Section(
        title="Second ledger: exposure",
        sentences=(
            "Exposure need not sum to 100 %: overlays add it without capital; reserve and pure alpha use "
            "capital without it." + _gross(allocation),
        ),
        columns=columns,
        rows=[
            *rows,
            *_others(hidden, len(columns)),
            (),
            cells("Sum", sums, sum(item.reference or 0.0 for item in items)),
        ],
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
        rows=[*shown, *_others(hidden, len(columns))],
        footnotes=(f"{empty} more line{'s stay' if empty > 1 else ' stays'} at zero.",) if empty else (),
        left=(0, 1, 2) if named else (0, 1),
    )


def _gross(allocation: Allocation) -> str:
    figures = {figure.definition: figure.value for figure in allocation.leverage_figures}
    gross = figures.get(LeverageDefinition.GROSS_NOTIONAL)
    return f" Gross notional is {percent(gross)} % of NAV." if gross is not None else ""


def _in_notional(allocation: Allocation) -> str:
    return (
        "Overlays are notional and use no capital; their initial margin lies inside the reserve."
        if any((position.initial_margin_fraction or 0.0) >= DUST for position in allocation.positions)
        else "Overlays are notional and use no capital."
    )


def _others(hidden: int, width: int) -> list[tuple[str, ...]]:
    return [(f"and {hidden} smaller ones", *[""] * (width - 1))] if hidden else []

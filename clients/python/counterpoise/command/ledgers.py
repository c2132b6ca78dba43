"""What is held, and with it the first ledger: what each unit of capital does."""

from __future__ import annotations

from counterpoise.command.layout import Section, largest, others
from counterpoise.model import Allocation, LineKind, Position
from counterpoise.wording.figures import DUST, Money, basis_points, percent
from counterpoise.wording.names import Names
from counterpoise.wording.words import LINE_KINDS, say

_SHOWN = 30


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
    earned = _earned(allocation)
    changes = any(line.change_fraction is not None for line in lines)
    notional = any(_is_notional(line) for line in held)
    margins = any((line.initial_margin_fraction or 0.0) >= DUST for line in lines)
    rows = []
    for line in held:
        row: tuple[str, ...] = (names.line(line.line_id), say(line.kind, LINE_KINDS))
        row += ("", percent(line.fraction)) if _is_notional(line) else _capital(line, notional=notional)
        row += (money.cell(line.amount if line.capital_fraction >= 0 else -line.amount),)
        if changes:
            row += (percent(line.change_fraction, signed=True) if line.change_fraction is not None else "",)
        if margins:
            margin = line.initial_margin_fraction or 0.0
            row += (percent(margin) if margin >= DUST else "",)
        row += (basis_points(earned.get(line.line_id, 0.0)),) if earned else ()
        rows.append((line.fraction, row))
    columns: tuple[str, ...] = (
        "% of NAV",
        "",
        "capital",
        *(("notional",) if notional else ()),
        money.heading,
    )
    columns += ("change",) if changes else ()
    columns += ("margin",) if margins else ()
    columns += ("bp a year",) if earned else ()
    sums: tuple[str, ...] = ("Sum", "", percent(sum(line.capital_fraction for line in lines)))
    sums += (percent(sum(line.fraction for line in lines if _is_notional(line))),) if notional else ()
    sums += ("",) * (1 + changes + margins)
    sums += (basis_points(sum(earned.values())),) if earned else ()
    shown, hidden = largest(rows, _SHOWN)
    empty = len(lines) - len(held)
    return Section(
        title="Positions, and the first ledger: capital",
        sentences=(_in_words(notional=notional, margins=margins, earned=bool(earned)),),
        columns=columns,
        rows=[*shown, *others(hidden, len(columns)), (), sums],
        footnotes=(f"{empty} more line{'s stay' if empty > 1 else ' stays'} at zero.",) if empty else (),
        left=(0, 1),
    )


def _is_notional(line: Position) -> bool:
    """Whether a line is exposure without capital: an overlay, or a sleeve in an account of its own."""
    return line.kind == LineKind.OVERLAY or (not line.capital_fraction and abs(line.fraction) >= DUST)


def _capital(line: Position, *, notional: bool) -> tuple[str, ...]:
    return (percent(line.capital_fraction), "") if notional else (percent(line.capital_fraction),)


def _earned(allocation: Allocation) -> dict[str, float]:
    """What each line brings beyond cash, after its costs, annual decimal of NAV."""
    earned: dict[str, float] = {}
    for term in allocation.expected_return.terms if allocation.expected_return is not None else ():
        if term.line_id:
            earned[term.line_id] = earned.get(term.line_id, 0.0) + term.annual_return
    return earned


def _in_words(*, notional: bool, margins: bool, earned: bool) -> str:
    words = ["Capital is used once, so it sums to 100 %."]
    if notional:
        overlays = "Overlays are notional and use none"
        words.append(
            f"{overlays}; their initial margin lies inside the reserve." if margins else f"{overlays}."
        )
    if earned:
        words.append("bp a year: what a line brings beyond cash, after its costs.")
    return " ".join(words)

"""The second ledger: what the portfolio is exposed to, whatever capital that takes."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section, largest, others
from counterpoise.model import Allocation, ExposureReport, Unit
from counterpoise.wording.figures import DUST, Money, fixed
from counterpoise.wording.names import Names

_SHOWN = 30
_LEAST_PER_BASIS_POINT = 1e-10
"""A millionth of a basis point of NAV per basis point."""
_IN_PERCENT = (100.0, 2)
_IN_BASIS_POINTS = (1e4, 3)
"""Scale of a decimal, and digits after the point."""


def of_returns(allocation: Allocation, names: Names) -> Section | None:
    """What the portfolio is long, in fractions of NAV: physical, synthetic, hidden in sleeves."""
    items = [item for item in allocation.exposures if item.unit is not Unit.NAV_FRACTION_PER_BASIS_POINT]
    if not items:
        return None
    columns, referenced = _columns("Exposed to, % of NAV", items), _referenced(items)
    everything = ExposureReport(
        funded=sum(item.funded for item in items),
        overlay=sum(item.overlay for item in items),
        alpha_look_through=sum(item.alpha_look_through for item in items),
        reference=sum(item.reference or 0.0 for item in items),
        unit=Unit.NAV_FRACTION,
    )

    def cells(name: str, item: ExposureReport) -> tuple[str, ...]:
        return (name, *_numbers(item, _IN_PERCENT, referenced=referenced))

    told = [(_size(item), cells(names.driver(item.driver_id), item)) for item in items]
    rows, hidden = largest([row for row in told if row[0] >= DUST], _SHOWN)
    return Section(
        title="Second ledger: exposure",
        sentences=(
            "It need not sum to 100 %: overlays add it without capital; reserve and alpha do the reverse.",
        ),
        columns=columns,
        rows=[*rows, *others(hidden, len(columns)), (), cells("Sum", everything)],
    )


def of_rates(allocation: Allocation, names: Names, money: Money) -> Section | None:
    """What a basis point of a rate or a spread is worth; no sum, because they do not move together."""
    items = [item for item in allocation.exposures if item.unit is Unit.NAV_FRACTION_PER_BASIS_POINT]
    columns = (*_columns("For one basis point of", items), "money")
    told = [
        (
            _size(item),
            (
                names.driver(item.driver_id),
                *_numbers(item, _IN_BASIS_POINTS, referenced=_referenced(items)),
                money.words_of(_total(item)),
            ),
        )
        for item in items
    ]
    rows, hidden = largest([row for row in told if row[0] >= _LEAST_PER_BASIS_POINT], _SHOWN)
    if not rows:
        return None
    return Section(
        title="Second ledger: rates and spreads",
        sentences=("What one basis point more of a rate or a spread brings, in bp of NAV and in money.",),
        columns=columns,
        rows=[*rows, *others(hidden, len(columns))],
    )


def _numbers(item: ExposureReport, form: tuple[float, int], *, referenced: bool) -> tuple[str, ...]:
    scale, digits = form
    total, reference = _total(item), item.reference or 0.0
    parts = [item.funded, item.overlay, item.alpha_look_through, total, *([reference] if referenced else [])]
    cells = tuple(fixed(scale * part, digits) for part in parts)
    return (*cells, fixed(scale * (total - reference), digits, signed=True)) if referenced else cells


def _columns(first: str, items: Sequence[ExposureReport]) -> tuple[str, ...]:
    columns = (first, "physical", "synthetic", "in sleeves", "total")
    return (*columns, "reference", "difference") if _referenced(items) else columns


def _referenced(items: Sequence[ExposureReport]) -> bool:
    return any(item.reference is not None for item in items)


def _total(item: ExposureReport) -> float:
    return item.funded + item.overlay + item.alpha_look_through


def _size(item: ExposureReport) -> float:
    parts = (item.funded, item.overlay, item.alpha_look_through, item.reference or 0.0)
    return sum(abs(part) for part in parts)

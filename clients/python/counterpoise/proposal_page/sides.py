"""Before and after the trades, side by side: return, risk, leverage, reserve, scenarios, exposures."""

from __future__ import annotations

import math
from collections.abc import Callable

from counterpoise.model import ExposureReport, LeverageDefinition, Unit
from counterpoise.proposal_page.markup import Html, Row, Table, note, section, table
from counterpoise.proposal_page.subject import Subject
from counterpoise.wording.compared import Compared, find
from counterpoise.wording.coverage import ratio_in_words, rung_of
from counterpoise.wording.figures import PER_BASIS_POINT, basis_points, fixed, percent
from counterpoise.wording.words import LEVERAGE_DEFINITIONS

_RATES = (
    ("return", "net", "Expected net return"),
    ("return", "without_alpha", "without alpha"),
    ("volatility", "active", "Active risk"),
    ("volatility", "stressed_active", "in bad times"),
    ("volatility", "total", "Total volatility"),
    ("volatility", "stressed_total", "in bad times"),
)
_FRACTIONS = (
    ("reserve", "reserve", "Reserve"),
    ("reserve", "encumbered", "posted as margin"),
    ("reserve", "free", "free"),
)
_SHOWN = 16
_NONE = "-"


def before_and_after(subject: Subject) -> Html:
    """Return, risk, leverage by definition, reserve, worst loss and least coverage on both sides."""
    items = subject.compared
    rows = [
        *[_rate(name, item, subject) for part, key, name in _RATES if (item := find(items, part, key))],
        *[
            _leverage(definition, item, subject)
            for definition in LeverageDefinition
            if (item := find(items, "leverage", definition.name.lower()))
        ],
        *[
            _fraction(name, item, subject)
            for part, key, name in _FRACTIONS
            if (item := find(items, part, key))
        ],
        *_worst(subject),
        *_coverage(subject),
    ]
    if not rows:
        return Html("")
    return section(
        "sides",
        "Before and after",
        table(Table(columns=("", "before", "after", "change"), rows=rows)),
        note(
            "Returns and risk are annual; active is against the reference. Loss and coverage are each side's "
            f"worst scenario.{_rung(subject)}"
        ),
    )


def exposures(subject: Subject) -> Html:
    """Exposure by driver against the reference, the furthest from it after the trades first."""
    before = {item.driver_id: _total(item) for item in subject.before.exposures}
    ordered = sorted(subject.after.exposures, key=lambda item: -_distance(item))
    if not ordered:
        return Html("")
    shown, hidden = ordered[:_SHOWN], len(ordered) - _SHOWN
    referenced = any(item.reference is not None for item in ordered)
    rows = [_exposure(item, before.get(item.driver_id), subject, referenced=referenced) for item in shown]
    per_point = any(item.unit is Unit.NAV_FRACTION_PER_BASIS_POINT for item in shown)
    unit = "% of NAV"
    if per_point:
        unit += f"; of rates and spreads basis points of NAV for each that they rise, {PER_BASIS_POINT}"
    more = f" {hidden} more are nearer to the reference." if hidden > 0 else ""
    return section(
        "exposures",
        "Exposures by driver",
        table(
            Table(
                columns=("Driver", "before", "after", *(("reference", "off it") if referenced else ())),
                rows=rows,
            )
        ),
        note(f"{unit}.{more}"),
    )


def _rate(name: str, item: Compared, subject: Subject) -> Row:
    def changed(value: float) -> str:
        worth = f" = {subject.money.words_of(value)}" if item.part == "return" else ""
        return f"{basis_points(value, signed=True)} bp{worth}"

    return _row(name, item, lambda value: f"{percent(value)} %", changed)


def _leverage(definition: LeverageDefinition, item: Compared, subject: Subject) -> Row:
    return _row(
        f"{LEVERAGE_DEFINITIONS[definition][0]} leverage",
        item,
        lambda value: f"{fixed(value, 3)}x",
        lambda value: f"{fixed(value, 3, signed=True)}x = {subject.money.words_beyond_dust(value)}",
    )


def _fraction(name: str, item: Compared, subject: Subject) -> Row:
    return _row(
        name,
        item,
        lambda value: f"{percent(value)} %",
        lambda value: f"{percent(value, signed=True)} % = {subject.money.words_beyond_dust(value)}",
    )


def _worst(subject: Subject) -> list[Row]:
    """The largest loss on each side, whichever scenario it is."""
    losses = [item for item in subject.compared if item.part == "loss"]
    if not losses:
        return []
    before = max((item.before for item in losses if item.before is not None), default=None)
    worst = max(losses, key=lambda item: -math.inf if item.after is None else item.after)
    both = Compared(part="loss", name="", unit=Unit.NAV_FRACTION, before=before, after=worst.after)
    return [_fraction(f"Worst loss ({subject.names.scenario(worst.name)})", both, subject)]


def _coverage(subject: Subject) -> list[Row]:
    """The least money over need on each side, over scenarios and horizons."""
    ratios = [item for item in subject.compared if item.part == "coverage"]
    before = min((item.before for item in ratios if item.before is not None), default=None)
    after = min((item.after for item in ratios if item.after is not None), default=None)
    if before is None and after is None:
        return []
    return [
        Row(
            cells=(
                "Least money over need",
                _NONE if before is None else ratio_in_words(before),
                _NONE if after is None else ratio_in_words(after),
                "",
            )
        )
    ]


def _rung(subject: Subject) -> str:
    """What the least coverage after the trades means."""
    ratios = [item.after for item in subject.compared if item.part == "coverage" and item.after is not None]
    return f" {rung_of(min(ratios)).words.capitalize()}." if ratios else ""


def _row(name: str, item: Compared, told: Callable[[float], str], changed: Callable[[float], str]) -> Row:
    change = item.change
    return Row(
        cells=(
            name,
            _NONE if item.before is None else told(item.before),
            _NONE if item.after is None else told(item.after),
            "" if change is None else changed(change),
        )
    )


def _exposure(item: ExposureReport, before: float | None, subject: Subject, *, referenced: bool) -> Row:
    after, reference = _total(item), item.reference
    off = None if reference is None else after - reference
    against = (_number(reference, item.unit), _number(off, item.unit, signed=True)) if referenced else ()
    return Row(
        cells=(
            subject.names.driver(item.driver_id),
            _number(before, item.unit),
            _number(after, item.unit),
            *against,
        )
    )


def _number(value: float | None, unit: Unit, *, signed: bool = False) -> str:
    if value is None:
        return _NONE
    if unit is Unit.NAV_FRACTION_PER_BASIS_POINT:
        return f"{basis_points(value, 3, signed=signed)} {PER_BASIS_POINT}"
    return f"{percent(value, signed=signed)} %"


def _total(item: ExposureReport) -> float:
    return item.funded + item.overlay + item.alpha_look_through


def _distance(item: ExposureReport) -> float:
    """How far from the reference, units made comparable; where there is none, from nothing."""
    return abs(_total(item) - (item.reference or 0.0)) * item.unit.weight

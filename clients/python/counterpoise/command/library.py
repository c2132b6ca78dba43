"""Libraries of scenarios for people: which entries there are, and what one entry says and how it knows."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.scenarios import Entry, Figure, Library, SeriesUnit, library, library_ids, library_versions
from counterpoise.scenarios.errors import UnknownName, unknown
from counterpoise.wording.figures import fixed, percent


def libraries() -> tuple[Library, ...]:
    """Every published version of every library."""
    return tuple(
        library(library_id, version)
        for library_id in library_ids()
        for version in library_versions(library_id)
    )


def found(name: str) -> Entry:
    """The entry of a name, `2020-crash` or in full `market-stresses/1/2020-crash`; raises UnknownName.

    A short name has to be in one published version alone: there is no latest one.
    """
    parts = name.split("/")
    if len(parts) == 3:
        library_id, version, entry_id = parts
        return library(library_id, version).entry(entry_id)
    entries = [entry for item in libraries() for entry in item.entries]
    meant = [entry for entry in entries if entry.entry_id == name]
    if not meant:
        raise unknown("scenarios", "entry", name, [entry.entry_id for entry in entries])
    if len(meant) > 1:
        raise UnknownName(f"{name!r} is in several versions; name one: {', '.join(map(in_full, meant))}")
    return meant[0]


def in_full(entry: Entry) -> str:
    """The name of an entry that tells it from all others."""
    return f"{entry.library_id}/{entry.library_version}/{entry.entry_id}"


def listed() -> list[Section | None]:
    """What there is, one section for every library and version."""
    return [
        Section(
            title=item.title,
            sentences=(f"{item.library_id}/{item.library_version}. {item.text}",),
            columns=("Entry", "", "Window", "trading days", "figures"),
            rows=[
                (
                    entry.entry_id,
                    entry.title,
                    _window(entry),
                    str(entry.horizon_trading_days),
                    str(len(entry.figures)),
                )
                for entry in item.entries
            ],
            left=(0, 1, 2),
            whole=(0, 2),
        )
        for item in libraries()
    ]


def told(entry: Entry) -> list[Section | None]:
    """One entry: figures with their sources, margins, gates, and what was not found."""
    window = f" {_window(entry)}." if entry.first_date is not None else ""
    return [
        Section(title=entry.title, sentences=(f"{in_full(entry)}:{window} {entry.text}",)),
        _figures(entry),
        _margins(entry),
        Section(
            title="Where this comes from",
            sentences=tuple(
                f"- {item.source_id}, {item.status.value}: {item.text}" for item in entry.sources
            ),
            footnotes=(
                *_gate(entry),
                *_missing([series.series_id for series in entry.missing_series]),
                f"In Python: scenarios.library({entry.library_id!r}, {entry.library_version!r})"
                f".entry({entry.entry_id!r}).scenario(...) writes it for drivers and lines of your own.",
            ),
        ),
    ]


def _figures(entry: Entry) -> Section:
    return Section(
        title="Moves",
        columns=("Series", "", "by day", "move", "Source"),
        rows=[
            (
                *((figure.series.series_id, _titled(figure)) if not place else ("", "")),
                str(days),
                _move(figure, move),
                figure.source.source_id if not place else "",
            )
            for figure in entry.figures
            for place, (days, move) in enumerate(figure.points)
        ],
        left=(0, 1, 4),
        whole=(0,),
    )


def _margins(entry: Entry) -> Section | None:
    if not entry.margins:
        return None
    return Section(
        title="Initial margin",
        columns=("Margin class", "", "times before", "Source"),
        rows=[
            (item.margin_class, item.title, f"{fixed(item.multiplier, 2)}x", item.source.source_id)
            for item in entry.margins
        ],
        left=(0, 1, 3),
        whole=(0,),
    )


def _titled(figure: Figure) -> str:
    return f"{figure.series.title} ({figure.note})" if figure.note else figure.series.title


def _move(figure: Figure, move: float) -> str:
    if figure.series.unit is SeriesUnit.BASIS_POINT:
        return f"{fixed(move, 0, signed=True)} bp"
    return f"{percent(move, 1, signed=True)} %"


def _gate(entry: Entry) -> tuple[str, ...]:
    if entry.gate is None:
        return ()
    keeps = (
        f", {percent(entry.gate.share, 0)} % is kept" if entry.gate.share is not None else ", share left open"
    )
    return (f"Gates on quarterly funds: {entry.gate.reading}{keeps} ({entry.gate.source.source_id}).",)


def _missing(ids: Sequence[str]) -> tuple[str, ...]:
    return (f"Not found, and not made up: {', '.join(ids)}.",) if ids else ()


def _window(entry: Entry) -> str:
    if entry.first_date is None or entry.last_date is None:
        return ""
    return f"{entry.first_date} to {entry.last_date}"

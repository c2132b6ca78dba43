"""Data files to entries. A published file never changes; a correction is a new version."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from counterpoise.scenarios.entries import Entry
from counterpoise.scenarios.errors import unknown
from counterpoise.scenarios.figures import Figure, Gate, MarginFigure, Series, SeriesUnit, Source, Status

_SUFFIX = ".json"

Tree = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Library:
    """One published version of a library."""

    library_id: str
    library_version: str
    title: str
    text: str
    entries: tuple[Entry, ...]

    def entry(self, entry_id: str) -> Entry:
        """The entry of that id; raises UnknownName."""
        by_id = {entry.entry_id: entry for entry in self.entries}
        if entry_id not in by_id:
            where = f"library {self.library_id} {self.library_version}"
            raise unknown(where, "entry", entry_id, tuple(by_id))
        return by_id[entry_id]


def library_ids() -> tuple[str, ...]:
    """Ids of the libraries that come with this client."""
    return tuple(sorted(folder.name for folder in _data().iterdir() if folder.is_dir()))


def library_versions(library_id: str) -> tuple[str, ...]:
    """Published versions of a library; raises UnknownName."""
    known = library_ids()
    if library_id not in known:
        raise unknown("scenarios", "library", library_id, known)
    names = (file.name for file in (_data() / library_id).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


@cache
def library(library_id: str, library_version: str) -> Library:
    """One version of a library. It has to be named: there is no latest one. Raises UnknownName."""
    known = library_versions(library_id)
    if library_version not in known:
        raise unknown(f"library {library_id}", "version", library_version, known)
    tree = json.loads((_data() / library_id / f"{library_version}{_SUFFIX}").read_text(encoding="utf-8"))
    return Library(
        library_id=tree["library_id"],
        library_version=tree["library_version"],
        title=tree["title"],
        text=tree["text"],
        entries=tuple(_entry(item, tree) for item in tree["entries"]),
    )


def _data() -> Traversable:
    return resources.files("counterpoise.scenarios") / "data"


def _entry(item: Tree, tree: Tree) -> Entry:
    sources = {
        name: Source(source_id=name, status=Status(source["status"]), text=source["text"])
        for name, source in tree["sources"].items()
    }
    series = {
        name: Series(series_id=name, title=one["title"], unit=SeriesUnit(one["unit"]))
        for name, one in tree["series"].items()
    }
    window = [datetime.date.fromisoformat(text) for text in item.get("window", ())]
    return Entry(
        library_id=tree["library_id"],
        library_version=tree["library_version"],
        entry_id=item["entry_id"],
        title=item["title"],
        text=item["text"],
        first_date=window[0] if window else None,
        last_date=window[1] if window else None,
        horizon_trading_days=item["horizon_trading_days"],
        figures=tuple(
            Figure(
                series=series[name],
                points=_points(figure, item["horizon_trading_days"]),
                source=sources[figure["source"]],
                note=figure.get("note", ""),
            )
            for name, figure in item["figures"].items()
        ),
        margins=tuple(
            MarginFigure(
                margin_class=name,
                title=tree["margin_classes"][name],
                multiplier=margin["multiplier"],
                source=sources[margin["source"]],
            )
            for name, margin in item.get("margins", {}).items()
        ),
        gate=_gate(item["gate"], sources) if "gate" in item else None,
        series=tuple(series.values()),
        margin_classes=tuple(tree["margin_classes"]),
    )


def _points(figure: Tree, horizon: int) -> tuple[tuple[int, float], ...]:
    """One value, at the entry's horizon, or one for each of some horizons."""
    path = figure["path"] if "path" in figure else {horizon: figure["value"]}
    return tuple(sorted((int(days), float(move)) for days, move in path.items()))


def _gate(item: Tree, sources: Mapping[str, Source]) -> Gate:
    return Gate(reading=item["reading"], share=item.get("share"), source=sources[item["source"]])

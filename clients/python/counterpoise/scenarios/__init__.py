"""A library of what markets did on their worst days, to write scenarios from.

    from counterpoise import MissingShockRule, scenarios

    crash = scenarios.library("market-stresses", "1").entry("2020-crash")
    crash.scenario(
        scenario_id="crash",
        drivers={"us_equity": "us_equity", "treasury_10y": "treasury_7_10y"},
        line_margins={"sp500-future": "equity"},
        missing_shock_rule=MissingShockRule.REGRESS,
    )

A scenario is written out in full, so that a problem says everything itself and stays what it is under an
upgrade of the client. A published version never changes. Every figure names its source; one that was not
found is absent, and asking for it is an error, never a zero.
"""

from __future__ import annotations

from counterpoise.scenarios.entries import Entry
from counterpoise.scenarios.errors import LibraryError, MissingFigure, UnknownName
from counterpoise.scenarios.figures import Figure, Gate, MarginFigure, Series, SeriesUnit, Source, Status
from counterpoise.scenarios.reading import Library, library, library_ids, library_versions

__all__ = [
    "Entry",
    "Figure",
    "Gate",
    "Library",
    "LibraryError",
    "MarginFigure",
    "MissingFigure",
    "Series",
    "SeriesUnit",
    "Source",
    "Status",
    "UnknownName",
    "library",
    "library_ids",
    "library_versions",
]

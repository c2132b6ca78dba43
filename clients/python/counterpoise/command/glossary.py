"""Units that need a word where a reader first meets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from counterpoise.command.layout import Section
from counterpoise.wording.figures import PER_BASIS_POINT

_PER_BASIS_POINT_IN_WORDS = (
    f"{PER_BASIS_POINT} is bp of NAV for each bp that the driver moves (per basis point)."
)


def explained(sections: Sequence[Section | None]) -> list[Section | None]:
    """The sections of a page, the first that speaks of bp/bp with a sentence on what that is."""
    told = list(sections)
    for index, section in enumerate(told):
        if section is not None and any(PER_BASIS_POINT in text for text in _texts(section)):
            told[index] = replace(section, footnotes=(*section.footnotes, _PER_BASIS_POINT_IN_WORDS))
            break
    return told


def _texts(section: Section) -> list[str]:
    cells = [cell for row in section.rows for cell in row]
    said = [sentence for entry in section.entries for sentence in entry.sentences]
    return [*section.sentences, *cells, *said, *section.footnotes]

"""How sections look: a heading, a sentence, a table; nothing depends on colour."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

_LEAST_WIDTH, _LARGEST_WIDTH = 80, 110
_WIDTH_OF_FILES = 100


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something with a name that is never broken, to be copied whole, and sentences indented below it."""

    head: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of a report; `rows` are cells of text, an empty row is a rule."""

    title: str = ""
    sentences: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    entries: Sequence[Entry] = ()
    footnotes: tuple[str, ...] = ()
    left: tuple[int, ...] = (0,)
    """Columns of text; all others are numbers and end at the right."""
    whole: tuple[int, ...] = ()
    """Columns of text that are never broken into lines; numbers never are."""


def console(*, stderr: bool = False) -> Console:
    """A console that prints text as it is, 100 columns wide where nobody watches."""
    stream = sys.stderr if stderr else sys.stdout
    columns = shutil.get_terminal_size().columns if stream.isatty() else _WIDTH_OF_FILES
    width = min(max(columns, _LEAST_WIDTH), _LARGEST_WIDTH)
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)


def show(sections: Iterable[Section | None], *, stderr: bool = False) -> None:
    """Prints the sections that there are."""
    screen = console(stderr=stderr)
    for section in sections:
        if section is None:
            continue
        if section.title:
            screen.print(Text(section.title.upper(), style="bold"))
        _say(screen, section.sentences)
        if section.rows:
            screen.print(_table(section))
        for entry in section.entries:
            screen.print(Text(entry.head), soft_wrap=True)
            _say(screen, [f"  {sentence}" for sentence in entry.sentences])
        _say(screen, section.footnotes)
        screen.print()


def _say(screen: Console, sentences: Iterable[str]) -> None:
    """Prints sentences in lines; what follows the first stands under its text, beyond indent and bullet."""
    for sentence in sentences:
        hang = " " * (len(sentence) - len(sentence.lstrip(" -")))
        lines = textwrap.wrap(
            sentence, screen.width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
        )
        for line in lines:
            screen.print(Text(line), soft_wrap=True)


def _table(section: Section) -> Table:
    table = Table(box=None, show_header=any(section.columns), header_style="", pad_edge=False, padding=(0, 1))
    for index, heading in enumerate(section.columns):
        is_text = index in section.left
        table.add_column(
            Text(heading),
            justify="left" if is_text else "right",
            overflow="fold",
            no_wrap=not is_text or index in section.whole,
            vertical="top",
        )
    widths = [
        max(len(cell) for cell in column)
        for column in zip(section.columns, *[row for row in section.rows if row], strict=True)
    ]
    for row in section.rows:
        # A rule under the numbers of a column; columns of text have none.
        cells = row or tuple(
            "" if index in section.left else "-" * width for index, width in enumerate(widths)
        )
        table.add_row(*[Text(cell) for cell in cells])
    return table


def largest(rows: Sequence[tuple[float, tuple[str, ...]]], count: int) -> tuple[list[tuple[str, ...]], int]:
    """The cells of the `count` rows of largest size, in their order, and how many are left out."""
    if len(rows) <= count:
        return [cells for _, cells in rows], 0
    by_size = sorted(range(len(rows)), key=lambda index: -abs(rows[index][0]))
    return [rows[index][1] for index in sorted(by_size[:count])], len(rows) - count


def others(hidden: int, width: int) -> list[tuple[str, ...]]:
    """The row that says how many rows of a table of `width` columns are left out, if any."""
    return [(f"and {hidden} smaller ones", *[""] * (width - 1))] if hidden else []

"""HTML from text: whatever is not `Html` already is escaped, so no name that somebody gave becomes markup."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Html:
    """Markup that is ready; made by the functions below alone."""

    source: str


Content = str | Html


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table; `mark` is the class of rows that are told apart."""

    cells: tuple[Content, ...]
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: columns of text are `left`, all others are numbers and end at the right."""

    columns: tuple[Content, ...]
    rows: Sequence[Row]
    left: tuple[int, ...] = (0,)
    foot: Sequence[Row] = ()


def element(tag: str, *children: Content, css: str = "", name: str = "") -> Html:
    """An element with its children, of a CSS class and under an id where those are given."""
    attributes = "".join(
        f' {key}="{html.escape(value)}"' for key, value in (("id", name), ("class", css)) if value
    )
    return Html(f"<{tag}{attributes}>{joined(children).source}</{tag}>")


def joined(children: Iterable[Content]) -> Html:
    """Contents one after the other."""
    return Html(
        "".join(child.source if isinstance(child, Html) else html.escape(child) for child in children)
    )


def table(given: Table) -> Html:
    """A table whose heading is repeated on every printed page."""
    head = element("thead", _row("th", Row(cells=given.columns), given.left))
    body = element("tbody", *[_row("td", row, given.left) for row in given.rows])
    foot = (element("tfoot", *[_row("td", row, given.left) for row in given.foot]),) if given.foot else ()
    return element("table", head, body, *foot)


def section(name: str, title: str, *children: Content, css: str = "") -> Html:
    """A part of the page under its heading."""
    return element("section", element("h2", title), *children, css=css, name=name)


def facts_list(facts: Iterable[tuple[str, Content]], *, css: str = "") -> Html:
    """What a thing is called, and what it is, one after the other."""
    return element(
        "dl", *[element("div", element("dt", name), element("dd", told)) for name, told in facts], css=css
    )


def note(text: str) -> Html:
    """A small remark below a table; nothing for no text."""
    return element("p", text, css="note") if text else Html("")


def lines(*texts: Content) -> Html:
    """Contents under each other in one cell; those without text are left out."""
    return joined(element("div", text) for text in texts if text)


def bar(share: float) -> Html:
    """A bar in a cell, full at one; longer ones are full, too."""
    width = 100.0 * min(max(share, 0.0), 1.0)
    return Html(f'<span class="bar"><span style="width:{width:.0f}%"></span></span>')


def picture(data: str, words: str) -> Html:
    """A PNG inside the page, `data` in base64; `words` are read where pictures are not."""
    return Html(f'<img src="data:image/png;base64,{html.escape(data)}" alt="{html.escape(words)}">')


def _row(tag: str, row: Row, left: tuple[int, ...]) -> Html:
    cells = [
        element(tag, cell, css="" if index in left else "number") for index, cell in enumerate(row.cells)
    ]
    return element("tr", *cells, css=row.mark)

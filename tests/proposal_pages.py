"""Proposal pages as tests read them: text, tables and facts by section, and every tag with its attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_EMPTY = {"img", "meta"}
_BETWEEN = {"div", "p", "td", "th", "tr", "li", "h1", "h2", "dt", "dd", "title"}


@dataclass
class _Node:
    tag: str
    attributes: dict[str, str]
    children: list[_Node | str] = field(default_factory=list)

    def all(self, tag: str) -> list[_Node]:
        """Every element of a tag below this one, in the order of the page."""
        found = []
        for child in self.children:
            if isinstance(child, _Node):
                found += [child] if child.tag == tag else []
                found += child.all(tag)
        return found

    @property
    def text(self) -> str:
        """Text of this element, one blank between its words."""
        return " ".join(self.raw().split())

    def raw(self) -> str:
        """Text as it stands, with a blank after what is a block."""
        parts = [child if isinstance(child, str) else child.raw() for child in self.children]
        return "".join(parts) + (" " if self.tag in _BETWEEN else "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [_Node("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = _Node(tag, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _EMPTY:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"{tag} closes what is not open"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


class Page:
    """One page; fails where its elements do not nest."""

    def __init__(self, source: str) -> None:
        reader = _Reader()
        reader.feed(source)
        reader.close()
        (self.root,) = reader.open
        (self.body,) = self.root.all("body")
        (style,) = self.root.all("style")
        self.style = style.raw()

    @property
    def text(self) -> str:
        """All that is read."""
        return self.body.text

    @property
    def nodes(self) -> list[_Node]:
        """Every element."""
        return [node for tag in self._tags(self.root) for node in self.root.all(tag)]

    def section(self, name: str) -> str:
        """Text of the element of an id; empty where there is none."""
        node = self._find(name)
        return node.text if node is not None else ""

    def rows(self, name: str) -> list[list[str]]:
        """Rows of the tables of a section, headings among them."""
        node = self._find(name)
        found = node.all("tr") if node is not None else []
        return [[cell.text for cell in row.children if isinstance(cell, _Node)] for row in found]

    def row(self, name: str, first: str) -> list[str]:
        """The only row of a section that begins so."""
        (row,) = [row for row in self.rows(name) if row[0].startswith(first)]
        return row

    def fact(self, name: str) -> str:
        """What a list of facts says of a name."""
        pairs = [(node.all("dt"), node.all("dd")) for node in self.body.all("div")]
        (told,) = {dd[0].text for dt, dd in pairs if len(dt) == 1 and dt[0].text == name}
        return told

    def _find(self, name: str) -> _Node | None:
        return next((node for node in self.nodes if node.attributes.get("id") == name), None)

    def _tags(self, node: _Node) -> set[str]:
        below = [child for child in node.children if isinstance(child, _Node)]
        return {child.tag for child in below}.union(*[self._tags(child) for child in below])

"""Text of a problem file to a tree of nodes that know their line.

YAML 1.2 with JSON scalars, of which JSON itself is a part. The tree keeps what the reader has to
judge by field: which texts were plain, which keys came twice, what has an anchor or a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import yaml

LARGEST_DOCUMENT: Final = 16 * 2**20
"""Most bytes of a document, as UTF-8."""
DEEPEST_NESTING: Final = 40
"""Most lists and mappings inside each other; a problem needs about twelve."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# In JSON strings; an escaped backslash before `u` is not an escape.
_ESCAPES: Final = re.compile(r"\\\\|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_STREAM: Final = re.compile(r"""in ["']<[^>]*>["'],?""")
_TAB: Final = re.compile(r" *\t").match


class DocumentError(Exception):
    """The text is no document that can be read at all; the message says why and where."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as written; `plain` says that it had no quotes. `flaw` says why it is refused, if it is."""

    text: str
    plain: bool
    line: int
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    line: int
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the text, keys that come twice included."""

    entries: tuple[tuple[Node, Node], ...]
    line: int
    flaw: str = ""


Node = Scalar | Sequence | Mapping


def parse_document(text: str) -> Node:
    """The tree of a document; lines count from one. Raises DocumentError."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise DocumentError("the text has halves of surrogate pairs; write it as UTF-8") from error
    if size > LARGEST_DOCUMENT:
        raise DocumentError(f"{size:,} bytes; at most {LARGEST_DOCUMENT:,} are read")
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        # JSON writes what is beyond 16 bits as two escapes, which YAML does not know.
        text = _ESCAPES.sub(_join_surrogates, text)
    try:
        events = yaml.parse(text, Loader=_LOADER)
        return _document(events)
    except yaml.YAMLError as error:
        raise DocumentError(_in_words(error, text)) from error


def _in_words(error: yaml.YAMLError, text: str) -> str:
    """What is wrong with the syntax, and where, without the parser's name for the text."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if mark is None:
        return f"no YAML or JSON: {' '.join(_STREAM.sub('', str(error)).split())}"
    lines = text.splitlines()
    if mark.line < len(lines) and _TAB(lines[mark.line]):
        return f"line {mark.line + 1} is indented with a tab; use spaces"
    context = f", {error.context}" if isinstance(error, yaml.MarkedYAMLError) and error.context else ""
    problem = getattr(error, "problem", None) or "not readable"
    return f"no YAML or JSON: {problem}{context} (line {mark.line + 1}, column {mark.column + 1})"


def _join_surrogates(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    return chr(0x10000 + ((int(match[1], 16) - 0xD800) << 10) + int(match[2], 16) - 0xDC00)


def _document(events: Iterator[yaml.Event]) -> Node:
    root: Node | None = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None:
                raise DocumentError(
                    f"a second document begins in line {_line(event)}; a file holds one question"
                )
            root = _node(next(events), events, 0)
    if root is None:
        raise DocumentError("empty; write the fields of what is asked")
    return root


def _node(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
    line = _line(event)
    if isinstance(event, yaml.ScalarEvent):
        return Scalar(event.value, plain=not event.style, line=line, flaw=_flaw(event))
    if isinstance(event, yaml.AliasEvent):
        return Scalar("", plain=True, line=line, flaw=f"*{event.anchor} is an alias; write the value out")
    if depth == DEEPEST_NESTING:
        raise DocumentError(f"line {line}: more than {DEEPEST_NESTING} lists and mappings inside each other")
    nodes = []
    for inner in events:
        if isinstance(inner, yaml.CollectionEndEvent):
            break
        nodes.append(_node(inner, events, depth + 1))
    if isinstance(event, yaml.SequenceStartEvent):
        return Sequence(tuple(nodes), line, _flaw(event))
    return Mapping(tuple(zip(nodes[::2], nodes[1::2], strict=True)), line, _flaw(event))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


def _flaw(event: yaml.Event) -> str:
    if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
        return f"&{event.anchor} is an anchor; write the value out wherever it is needed"
    if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag is not None:
        return f"{event.tag.replace('tag:yaml.org,2002:', '!!')} is a tag; leave it out"
    return ""

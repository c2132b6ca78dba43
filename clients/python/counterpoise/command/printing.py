"""How commands print what they were answered: for programs, or a page for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from counterpoise.command.layout import Section


def printed(resource: object, page: Callable[[], Iterable[Section | None]], *, as_json: bool) -> None:
    """The resource as ProtoJSON, or its page."""
    from counterpoise import files
    from counterpoise.command import layout

    if as_json:
        typer.echo(files.to_json(resource, print_empty=True))
    else:
        layout.show(page())


def on_one_line(resource: object) -> str:
    """ProtoJSON without line ends, for streams."""
    from counterpoise import files

    tree = json.loads(files.to_json(resource, print_empty=True))
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))

"""`counterpoise scenarios list|show`: the libraries that come with this client; no server is asked."""

from __future__ import annotations

import typer

from counterpoise.command.arguments import EntryName

scenarios = typer.Typer(no_args_is_help=True, help="What markets did on their worst days, with sources.")


@scenarios.command("list")
def list_entries() -> None:
    """List every entry of every published library."""
    from counterpoise.command import layout, library

    layout.show(library.listed())


@scenarios.command("show")
def show_entry(entry: EntryName) -> None:
    """Show what moved in one entry, by how much, and how that is known."""
    from counterpoise.command import layout, library
    from counterpoise.scenarios import LibraryError

    try:
        found = library.found(entry)
    except LibraryError as error:
        raise typer.BadParameter(str(error), param_hint="ENTRY") from None
    layout.show(library.told(found))

"""How the commands that keep something reach a server, and as whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from counterpoise.command.arguments import checked_target
from counterpoise.command.resource_names import checked_tenant
from counterpoise.command.running import connected

if TYPE_CHECKING:
    from counterpoise.client import Client

DEFAULT_TENANT = "default"


@dataclass(frozen=True, kw_only=True)
class Access:
    """The options that every such command has."""

    target: str | None
    token_file: Path | None
    ca_file: Path | None
    principal: str | None
    tenant: str

    @property
    def tenant_name(self) -> str:
        """Name of the tenant as a resource."""
        return f"tenants/{self.tenant}"


@contextmanager
def reached(access: Access) -> Iterator[Client]:
    """A client of the target, or of a server that is started for the call and keeps what it is told.

    Such a server has the store of the caller's environment, so that the next command finds what this one did.
    """
    with connected(
        access.target,
        access.token_file,
        access.ca_file,
        principal=access.principal,
        tenant=access.tenant,
    ) as client:
        yield client


def checked_principal(value: str | None) -> str | None:
    """A principal as it came; raises BadParameter for what no header can hold."""
    if value is not None and not (value and value.isascii() and value.isprintable()):
        raise typer.BadParameter(f"{value!r} is no principal; write printable ASCII, such as ada.")
    return value


Principal = Annotated[
    str | None,
    typer.Option(
        "--principal",
        metavar="NAME",
        callback=checked_principal,
        help="Who calls, where the server takes no tokens; it is believed, and recorded as not proven.",
    ),
]
Tenant = Annotated[
    str,
    typer.Option(
        "--tenant",
        metavar="ID",
        callback=checked_tenant,
        help="Whose jobs. With a token it has to be the token's.",
    ),
]
StoreTarget = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="HOST:PORT",
        callback=checked_target,
        help="A running server. Without it one is started for the call, where it is installed, on the store "
        "that COUNTERPOISE_STORE_DSN names.",
    ),
]

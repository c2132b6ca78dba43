"""What a server knows the caller by, and the caller the server: a token and certificates, from files.

A token is never an argument: arguments of a process can be read by everybody on the machine.
"""

from __future__ import annotations

import os
from pathlib import Path

import grpc
import typer

from counterpoise.client.settings import is_loopback

# The name of a variable, not a secret.
TOKEN_VARIABLE = "COUNTERPOISE_TOKEN"  # noqa: S105  # nosec B105
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


def channel_credentials(ca_file: Path | None) -> grpc.ChannelCredentials | None:
    """TLS with the authorities of a file; None, which is plaintext, without one. Raises BadParameter."""
    if ca_file is None:
        return None
    try:
        content = ca_file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"--ca-file {str(ca_file)!r}: {error.strerror}.") from None
    # With none in it the library would trust nobody and say that the server cannot be reached.
    if _CERTIFICATE not in content:
        raise typer.BadParameter(f"--ca-file {str(ca_file)!r} has no PEM certificate in it.")
    return grpc.ssl_channel_credentials(content)


def checked_token(token_file: Path | None, target: str, *, secure: bool) -> str | None:
    """The token of a file, else of the environment, if any.

    Raises BadParameter for one that cannot be sent, or would be read on its way; its text shows nothing
    of the token.
    """
    token, origin = _token(token_file)
    if token is None:
        return None
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise typer.BadParameter(f"{origin} holds no token: one is printable ASCII without spaces.")
    if not secure and not is_loopback(target):
        raise typer.BadParameter(
            f"the token of {origin} would travel to {target} in the clear; name the certificates of the "
            "server's authority with --ca-file, which encrypts the connection."
        )
    return token


def _token(token_file: Path | None) -> tuple[str | None, str]:
    if token_file is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip() or None, TOKEN_VARIABLE
    origin = f"--token-file {str(token_file)!r}"
    try:
        token = token_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise typer.BadParameter(f"{origin}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{origin} is not text.") from None
    if not token:
        raise typer.BadParameter(f"{origin} is empty.")
    return token, origin

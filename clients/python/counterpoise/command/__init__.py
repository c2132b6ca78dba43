"""The command line: `counterpoise COMMAND FILE`, and `counterpoise scenarios list|show`.

Commands are allocate, stress, liquidity, verify-alpha, alpha-capture, estimate, validate and convert.

Exit codes: 0 certified, measured or valid, 1 error, 2 usage, 3 infeasible, 4 not certified, 130 Ctrl-C.
"""

from __future__ import annotations

import os

_INTERRUPTED = 130


def main() -> None:
    """Entry point of the console command."""
    # The library's own log lines say again, in its own words, what the command says.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        # Loaded here, so that Ctrl-C while it loads ends as quietly as later.
        from counterpoise.command.commands import app

        app()
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None

"""The command line: `counterpoise COMMAND FILE`, and groups such as `counterpoise jobs create|run|...`.

Commands are allocate, explain, sensitivity, frontier, stress, liquidity, verify-alpha, alpha-capture,
estimate, backtest, validate and convert; groups are scenarios, jobs, marks, runs, proposals and switch.

Exit codes: 0 certified, measured, valid or done, 1 error, 2 usage, 3 infeasible, 4 not certified or a run
that a guard refused, 130 Ctrl-C.
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

"""A sign that the server puts up and every worker can see."""

from __future__ import annotations

import multiprocessing


class Sign:
    """Up or down; workers get `reader` and only look whether something lies there.

    A pipe, because it needs no memory to share and no message that could come too late. Not thread-safe.
    """

    def __init__(self) -> None:
        self.reader, self._writer = multiprocessing.get_context("forkserver").Pipe(duplex=False)
        self._up = False

    def show(self, up: bool) -> None:
        """Put it up or take it down; does nothing where it is so."""
        if up and not self._up:
            self._writer.send_bytes(b"!")
        elif self._up and not up:
            self.reader.recv_bytes()
        self._up = up

    def close(self) -> None:
        """Of no more use."""
        self.reader.close()
        self._writer.close()

"""SIGINT in a worker: it ends plugin code, and nothing else."""

from __future__ import annotations

import signal


class Interruption:
    """SIGINT becomes KeyboardInterrupt only in the plugin's own code; elsewhere it waits, or is for nobody."""

    def __init__(self) -> None:
        self._calling = False
        self._exposed = False
        self._pending = False

    def on_signal(self, *_: object) -> None:
        if self._exposed:
            raise KeyboardInterrupt
        self._pending = self._calling

    def begin(self) -> None:
        self._calling = self._exposed = True

    def end(self) -> None:
        self._exposed = self._calling = self._pending = False

    def shelter(self) -> None:
        """From here to ``expose`` frames are on the wire, and must not be cut in the middle."""
        self._exposed = False

    def expose(self) -> None:
        """:raises KeyboardInterrupt: one came in the meantime."""
        self._exposed = self._calling
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt


INTERRUPTION = Interruption()
"""The one of this process: a signal is a process's, too."""


def prepare() -> None:
    """Do in the fork server what every worker would do: nothing is called there, so that a SIGINT does nothing."""
    signal.signal(signal.SIGINT, INTERRUPTION.on_signal)

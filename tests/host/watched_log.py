"""The log of a plugin in tests that have to know when it is busy."""

from __future__ import annotations

import threading

from automatosx_nb.host.capabilities.log import LogCapability


class WatchedLog(LogCapability):
    """Tells when the plugin printed that it spins."""

    def __init__(self) -> None:
        super().__init__()
        self.spinning = threading.Event()

    def write(self, level: str, text: str) -> None:
        super().write(level, text)
        if "spinning" in text:
            self.spinning.set()

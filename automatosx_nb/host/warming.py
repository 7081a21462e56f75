"""Fork servers that run before they are needed, so that the first call of a plugin does not wait for one.

It happens on a thread of its own, a moment after the extension was loaded, and only for what is installed.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError

if TYPE_CHECKING:
    from automatosx_nb.host.activation import Activation
    from automatosx_nb.host.ports import Resources

DELAY_S = 0.5
"""Loading the extension and the cell that did it are over by then."""


class Warmer:
    """Of one kernel. Whatever goes wrong here is told by the first call that needs it."""

    def __init__(self, resources: Resources, activation: Activation) -> None:
        self._resources = resources
        self._activation = activation
        self._timer: threading.Timer | None = None

    def begin(self) -> None:
        """Have what the active plugins need started soon; returns at once."""
        if not self._activation.grants() or (self._timer is not None and self._timer.is_alive()):
            return
        self._timer = threading.Timer(DELAY_S, self._warm)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Begin no more, and wait for what began."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None

    def _warm(self) -> None:
        from automatosx_nb.host.programs import granted_modules

        try:
            if self._resources.prewarm:
                for grants in self._activation.grants():
                    self._resources.sandbox.warm(granted_modules(grants))
        except (AutomatosxError, OSError):
            return

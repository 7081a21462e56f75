"""The worker of one plugin: there when a job needs it, with the libraries that are granted, unless too many ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.host.restarts import Restarts

if TYPE_CHECKING:
    from automatosx_nb.host.incidents import Incidents
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.sandbox.supervisor import Worker


class PluginWorker:
    """One thread changes it, that on which jobs are carried out; ``current`` may be read from any."""

    def __init__(
        self, entry: InstalledPlugin, start: Callable[[InstalledPlugin], Worker], incidents: Incidents
    ) -> None:
        self.current: Worker | None = None
        """The one that was started last, dead or alive; None: none, or it was set aside."""
        self.libraries: frozenset[str] = frozenset()
        """Those that it was started with, or the next one will be."""
        self._entry = entry
        self._start = start
        self._incidents = incidents
        self._restarts = Restarts(entry.id)

    @property
    def suspended_s(self) -> float:
        """So long none starts, because too many ended; 0.0 where one may."""
        return self._restarts.left_s

    def resume(self) -> bool:
        """Lift a suspension, if there is one; the result is whether there was."""
        lifted = self._restarts.lift()
        if lifted:
            self._incidents.resumed()
        return lifted

    def fit(self, libraries: frozenset[str]) -> None:
        """Replace a worker that was started with other libraries than those that are granted now."""
        if self.current is not None and libraries != self.libraries:
            self.current.stop()
            self.current = None
        self.libraries = libraries

    def ready(self, begin: Callable[[], None]) -> Worker:
        """The live one, or one that is started now, of which ``begin`` is told before.

        :raises PluginPaused: too many ended.
        """
        if self.current is None or not self.current.alive:
            begin()
            self.current = self._started()
        return self.current

    def set_aside(self) -> Worker | None:
        """What was current: whoever takes it stops it, and the next one that is needed is another."""
        worker, self.current = self.current, None
        return worker

    def ended(self, error: AutomatosxError) -> None:
        """A worker ended, or did not start, with ``error``."""
        self._incidents.ended(error)
        paused = self._restarts.ended(error)
        if paused is not None:
            self._incidents.suspended(paused)

    def _started(self) -> Worker:
        self._restarts.check()
        try:
            worker = self._start(self._entry)
        except AutomatosxError as error:
            self.ended(error)
            raise
        self._incidents.started(worker.layers)
        return worker

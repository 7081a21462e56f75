"""The host in one kernel: follows the profile, and makes what its plugins need when they are first used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from automatosx_nb.host.activation import Activation
from automatosx_nb.host.bus import Bus, Undo
from automatosx_nb.host.cells import CellEvents
from automatosx_nb.model.events import KERNEL_TOPICS

if TYPE_CHECKING:
    from automatosx_nb.host.ports import Frontend, IPythonEvents, Resources
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.sandbox.supervisor import Worker


class KernelHost:
    """Plugins in this kernel. ``variables`` gives the notebook's namespace at the time of a call."""

    def __init__(
        self,
        resources: Resources,
        frontend: Frontend,
        events: IPythonEvents,
        variables: Callable[[], Mapping[str, Any]],
        on_error: Callable[[str, Exception], None],
    ) -> None:
        self._resources = resources
        self._events = events
        self._variables = variables
        self.bus = Bus(on_error)
        self.activation = Activation(resources.profile, self.bus, frontend, self._make_runner)
        self._cells = CellEvents(self.bus, f"kernel/{uuid4().hex[:12]}")
        self._lock = threading.Lock()
        self._detach: Undo | None = None

    def follow(self) -> bool:
        """Be what the profile's current generation says, and whether that changed; cheap when it did not."""
        changed = self.activation.follow()
        with self._lock:  # a panel's thread and the next cell may follow at the same moment
            self._listen(any(map(self.bus.wants, KERNEL_TOPICS)))
        return changed

    def close(self) -> None:
        self.activation.close()
        with self._lock:
            self._listen(False)

    def _listen(self, wanted: bool) -> None:
        if wanted and self._detach is None:
            self._detach = self._cells.attach(self._events)
        elif not wanted and self._detach is not None:
            self._detach()
            self._detach = None

    def _make_runner(self, entry: InstalledPlugin) -> PluginRunner:
        from automatosx_nb.host.broker import CapabilityBroker
        from automatosx_nb.host.capabilities.log import LogCapability
        from automatosx_nb.host.capabilities.storage import StorageCapability
        from automatosx_nb.host.results import render_result
        from automatosx_nb.host.runner import PluginRunner

        log = LogCapability()
        storage = StorageCapability(lambda: self._resources.profile.state(entry))
        return PluginRunner(
            entry,
            start=self._start_worker,
            broker=CapabilityBroker(entry.id, entry.grants, {"log": log, "storage": storage}),
            log=log,
            limits=self._resources.limits,
            variables=self._variables,
            render=render_result,
        )

    def _start_worker(self, entry: InstalledPlugin) -> Worker:
        from automatosx_nb.host.programs import limits_of, program_of

        package = self._resources.profile.package(entry)
        limits = limits_of(package, self._resources.limits)
        return self._resources.sandbox.start(program_of(package, entry.grants), limits)

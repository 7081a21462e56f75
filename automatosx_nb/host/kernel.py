"""The host in one kernel: follows the profile, and makes what its plugins need when they are first used."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from automatosx_nb.home import notebooks_folder
from automatosx_nb.host.activation import Activation
from automatosx_nb.host.bus import Bus, Undo
from automatosx_nb.host.warming import Warmer
from automatosx_nb.model.events import PLUGIN_SETTING_CHANGED

if TYPE_CHECKING:
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.host.bus.functions import Dispatcher
    from automatosx_nb.host.bus.recorder import Recorder
    from automatosx_nb.host.bus.running import RunningCells
    from automatosx_nb.host.durable import DurableDelivery
    from automatosx_nb.host.ports import Frontend, IPythonEvents, Person, Resources
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.host.services.calls import ServiceCalls
    from automatosx_nb.host.services.core import Notifications
    from automatosx_nb.host.setting_changes import SettingChanges
    from automatosx_nb.model.events import Event
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.sandbox.limits import Limits


USER = "user"
WHOSE = {
    "kernel": "the kernel's",
    "marketplace": "the marketplace's",
    "plugin": "a plugin's",
    "server": "the Jupyter server's",
    USER: "yours",
}
"""First part of a topic → who publishes under it."""


class KernelHost:
    """Plugins in this kernel. ``variables`` gives the notebook's namespace at the time of a call.

    The folder in which the kernel starts is the notebook's, whatever a cell changes to later. ``cells``: those that
    run, beside which the delivery of events takes less.
    """

    def __init__(
        self,
        resources: Resources,
        frontend: Frontend,
        events: IPythonEvents,
        variables: Callable[[], Mapping[str, Any]],
        on_error: Callable[[str, Exception], None],
        person: Person | None = None,
        cells: RunningCells | None = None,
    ) -> None:
        self._events = events
        self._cells = cells
        folder = notebooks_folder()
        self.bus = Bus(on_error)
        self._duty: Duty | None = None
        self.bus.open_keeper = lambda: self.durable
        self._durable: DurableDelivery | None = None
        self._opening = threading.Lock()
        self._on_error = on_error

        def runner(entry: InstalledPlugin) -> PluginRunner:
            from automatosx_nb.host.assembly import make_runner

            shared: dict[str, Any] = {"folder": folder, "bus": self.bus, "duty": self.duty, "person": person}
            return make_runner(resources, entry, variables, services=self.services, **shared, on_error=on_error)

        self.activation = Activation(resources, self.bus, frontend, runner, lambda: self.durable)
        self._resources = resources
        self._settings: SettingChanges | None = None
        self._functions: Dispatcher | None = None
        self._recorder: tuple[Recorder, Undo] | None = None
        self._variables = variables
        self._heard = self.bus.version
        self._started = False
        self.source = f"kernel/{os.urandom(6).hex()}"
        self._lock = threading.Lock()
        self._detach: Undo | None = None
        self._warmer = Warmer(resources, self.activation)

    @cached_property
    def services(self) -> ServiceCalls:
        """What the active plugins and the host offer; made when it is first needed."""
        from automatosx_nb.host.services.kernel import service_calls

        return service_calls(self.activation, self._resources, self.notifications, self.bus.traces)

    @property
    def limits(self) -> Limits:
        """What configuration says of any worker."""
        return self._resources.limits

    @cached_property
    def notifications(self) -> Notifications:
        """What plugins notified of in this kernel."""
        from automatosx_nb.host.services.core import Notifications

        return Notifications()

    def follow(self) -> bool:
        """Be what the profile's current generation says, and whether that changed; cheap when it did not."""
        changed = self.activation.follow()
        self.listen()
        if changed:
            self._warmer.begin()
        self._look_at_settings()
        return changed

    def _look_at_settings(self) -> None:
        if not self.bus.version:
            return  # nobody has subscribed to anything
        if not self.bus.wants(PLUGIN_SETTING_CHANGED):
            self._settings = None
            return
        if self._settings is None:
            from automatosx_nb.host.setting_changes import SettingChanges

            self._settings = SettingChanges(self._resources, self.bus, self.activation.entries)
        self._settings.look()

    def publish(self, topic: str, data: Any = None, *, expires_s: float | None = None, retain: bool = False) -> Event:
        """As the person at the notebook does, whose topics are under ``user.``.

        Raises as ``automatosx_nb.bus.publish`` says.
        """
        from automatosx_nb.errors import TopicNotYours
        from automatosx_nb.host.bus.publishing import Publisher
        from automatosx_nb.model.events.topics import check_topic

        whose = WHOSE.get(check_topic(topic).partition(".")[0], "nobody's")
        if not topic.startswith(f"{USER}."):
            raise TopicNotYours(topic, whose, f"{USER}.")
        publisher = Publisher(self.bus, f"{self.source}/user", self._resources.bus_limits)
        return publisher.publish(topic, data, expires_s=expires_s, retain=retain)

    @property
    def recording(self) -> bool:
        return self._recorder is not None

    def record(self, *, keep: bool = True) -> tuple[Event, ...]:
        """The newest events since this was first asked for, the oldest first; without ``keep`` no more are kept."""
        from automatosx_nb.host.bus.recorder import Recorder

        if self._recorder is None:
            recorder = Recorder()
            self._recorder = recorder, self.bus.add(recorder, retained=True)
            self.listen()
        recorder, undo = self._recorder
        events = recorder.events()
        if not keep:
            undo()
            self._recorder = None
            self.listen()
        return events

    @property
    def functions(self) -> Dispatcher:
        """What calls the notebook's own functions."""
        with self._lock:
            if self._functions is None:
                from automatosx_nb.host.bus.functions import Dispatcher

                self._functions = Dispatcher(self.bus.activity, self.bus.traces)
            return self._functions

    def close(self) -> None:
        self._warmer.stop()
        if self._functions is not None:
            self._functions.close()
        self.activation.close()
        if self._durable is not None:
            self._durable.close()
        with self._lock:
            self._listen(False)

    def listen(self) -> None:
        """Speak on the topics of the kernel exactly while somebody would hear it; cheap where that did not change."""
        version = self.bus.version
        if version == self._heard:
            return
        from automatosx_nb.model.events import KERNEL_TOPICS

        with self._lock:  # a panel's thread and the next cell may follow at the same moment
            self._heard = version
            self._listen(any(map(self.bus.wants, KERNEL_TOPICS)))

    @property
    def durable(self) -> DurableDelivery:
        """What keeps events for durable subscribers, and hands them over."""
        with self._opening:
            if self._durable is None:
                from automatosx_nb.host.durable import DurableDelivery

                self.bus.keeper = self._durable = DurableDelivery(self._resources.deliveries, self._on_error, self.duty)
            return self._durable

    @property
    def duty(self) -> Duty:
        """How much of the kernel the delivery of events takes."""
        if self._duty is None:
            from automatosx_nb.host.bus.duty import Duty

            self._duty = Duty()
            if self._cells is not None:
                self._cells.told_to(self._duty)
        return self._duty

    def _listen(self, wanted: bool) -> None:
        if wanted and self._detach is None:
            from automatosx_nb.host.cells import CellEvents

            cells = CellEvents(self.bus, self.source, self._variables)
            self._detach = cells.attach(self._events)
            self._tell_started()
        elif not wanted and self._detach is not None:
            self._detach()
            self._detach = None

    def _tell_started(self) -> None:
        if self._started:
            return
        import platform

        from automatosx_nb import __version__
        from automatosx_nb.host.bus.limits import BusLimits
        from automatosx_nb.host.bus.publishing import Publisher
        from automatosx_nb.model.events import KERNEL_STARTED

        self._started = True
        data = {"version": __version__, "python": platform.python_version()}
        Publisher(self.bus, self.source, BusLimits()).publish(KERNEL_STARTED, data, retain=True)

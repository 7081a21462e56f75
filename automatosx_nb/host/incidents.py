"""What becomes of workers, told where it belongs: the audit log, and the bus for what others may want to act on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import AutomatosxError, LimitExceeded, ServiceMissing, WorkerLost
from automatosx_nb.host.bus.cause import cause
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.bus.making import HOST, new_event
from automatosx_nb.host.bus.tracing import working_on
from automatosx_nb.host.tally import OTHER, CallTally
from automatosx_nb.model.audit import KINDS, TRACE
from automatosx_nb.model.events import (
    PLUGIN_LIMITED,
    PLUGIN_STATE_RESTORED,
    PLUGIN_SUSPENDED,
    SERVICE_FAILED,
)
from automatosx_nb.sandbox.confine import ACTIVE

if TYPE_CHECKING:
    from automatosx_nb.errors import PluginPaused, ServiceError, StateRestored
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.host.bus import Bus
    from automatosx_nb.host.errands import Errands
    from automatosx_nb.model.generation import InstalledPlugin


def missing_layers(layers: Mapping[str, str]) -> list[str] | None:
    """Those that do not stand; None where all do."""
    return [name for name, state in layers.items() if state != ACTIVE] or None


def end_of(error: AutomatosxError) -> tuple[str, dict[str, Any]]:
    """The kind of an entry and what it carries, of a worker that ended or did not start with ``error``.

    What a plugin said of its own failure is not kept.
    """
    if isinstance(error, LimitExceeded):
        return "limit-exceeded", {"limit": error.limit, "allowed": error.allowed, "used": error.used}
    return "worker-ended", {"error": error.code, "status": error.status if isinstance(error, WorkerLost) else None}


class Incidents:
    """Of one plugin in one kernel, or in a shell. What cannot be written is told to ``on_error``, and stops no call.

    ``bus``: a shell's keeps what it is told for durable subscribers. ``most_hops``: events that may lead to one
    another in a row.
    """

    def __init__(
        self,
        plugin: InstalledPlugin,
        audit: Audit,
        bus: Bus,
        on_error: Callable[[str, Exception], None],
        *,
        most_hops: int = BusLimits().hops,
    ) -> None:
        self._plugin = plugin
        self._audit = audit
        self._bus = bus
        self._on_error = on_error
        self._most_hops = most_hops
        self.calls = CallTally(self.record)
        """What the plugin asks for; told with its worker's end, and meanwhile once in a while."""

    def started(self, layers: Mapping[str, str]) -> None:
        self.record("worker-started", missing_layers=missing_layers(layers))

    def ended(self, error: AutomatosxError) -> None:
        """``error`` is why."""
        kind, facts = end_of(error)
        self.record(kind, **facts)
        if kind == "limit-exceeded":
            self._tell(PLUGIN_LIMITED, facts)
        self.calls.flush()

    def suspended(self, paused: PluginPaused) -> None:
        facts = {"ends": paused.ends, "within_s": paused.within_s, "wait_s": paused.wait_s, "last": paused.last}
        self.record("plugin-suspended", **facts)
        self._tell(PLUGIN_SUSPENDED, facts)

    def resumed(self) -> None:
        self.record("plugin-resumed")

    def service_failed(self, error: ServiceError) -> None:
        """A call that this plugin made came to nothing; what was sent, and what the other one said, is not told.

        The log does not name a service that there is none of: the plugin chose that word.
        """
        offered = error.service if not isinstance(error, ServiceMissing) else OTHER
        self.calls.service_failed(error.plugin, offered, error.code)
        self._tell(SERVICE_FAILED, {"provider": error.plugin, "service": error.service, "error": error.code})

    def state_restored(self, restored: StateRestored, errands: Errands | None) -> None:
        """``errands``: those of the call in which it was found, whose cell or terminal is told; None: nobody waits."""
        facts = {"reason": restored.reason, "snapshot": restored.snapshot, "set_aside": restored.set_aside}
        self.record("state-restored", **facts)
        self._tell(PLUGIN_STATE_RESTORED, facts)
        if errands is None or not errands.do(lambda: _warned(self._plugin.id, restored)):
            self._on_error(f"the saved state of {self._plugin.id}", restored)

    def record(self, kind: str, /, **detail: Any) -> None:
        node = working_on()
        if node is not None and TRACE in KINDS[kind].fields:
            detail[TRACE] = node.trace.id
        try:
            self._audit.add(kind, self._plugin.id, self._plugin.version, **detail)
        except AutomatosxError as error:
            self._on_error("the audit log", error)

    def _tell(self, topic: str, facts: dict[str, Any]) -> None:
        hops, caused_by = cause()
        if hops > self._most_hops or not self._bus.wants(topic):
            return
        data = {"plugin": self._plugin.id, "version": self._plugin.version, **facts}
        trace = self._bus.traces.published(topic, caused_by)
        self._bus.publish(new_event(HOST, topic, data, traceparent=trace, hops=hops))
        try:
            self._bus.flush()
        except AutomatosxError as error:
            self._on_error(f"keeping {topic}", error)


def _warned(plugin: str, restored: StateRestored) -> bool:
    sys.stderr.write(f"Warning, {plugin}: {restored}\n")
    return True

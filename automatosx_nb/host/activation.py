"""What the installed plugins add to this kernel, added and taken away as generations come and go.

This is what ``%load_ext`` runs, so it reads one small file, starts nothing, and loads no module that a plugin's first
use does not need.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidConfiguration, NotInstalled
from automatosx_nb.host.bus import Bus, Undo

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Subscriber
    from automatosx_nb.host.durable import DurableDelivery
    from automatosx_nb.host.formatters import Formatters
    from automatosx_nb.host.ports import Frontend, Record, Resources
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.generation import Generation, InstalledPlugin


class Activation:
    """Keeps this kernel's contributions equal to the profile's current generation."""

    def __init__(
        self,
        resources: Resources,
        bus: Bus,
        frontend: Frontend,
        make_runner: Callable[[InstalledPlugin], PluginRunner],
        durable: Callable[[], DurableDelivery],
    ) -> None:
        self._resources = resources
        self._profile = resources.profile
        self._bus = bus
        self._frontend = frontend
        self._make_runner = make_runner
        self._durable = durable
        self._lock = threading.RLock()
        self._stamp: object = None
        self._followed = False
        self._active: dict[str, InstalledPlugin] = {}
        self._undo: dict[str, list[Undo]] = {}
        self._subscribed: dict[str, list[tuple[Record, Undo]]] = {}
        self._runners: dict[str, PluginRunner] = {}
        self._leaving: list[Callable[[], None]] = []
        self._formatters: Formatters | None = None

    def follow(self) -> bool:
        """Take over the current generation and grants if they are others than before.

        If not, it costs one ``stat``, and a few more once a second for the files of configuration.

        :returns: whether they are others.
        """
        first, self._followed = not self._followed, True
        stamp = self._stamp_now()
        if stamp == self._stamp:
            self._end_leaving()  # an interrupt may have left some
            return False
        with self._lock:
            before, generation = dict(self._active), self._profile.current()
            self._take_over(generation)
            self._stamp = stamp
        self._end_leaving()
        if not first:
            self._tell(before, generation)
        return True

    def close(self) -> None:
        """Take every contribution away and end every worker."""
        with self._lock:
            for plugin in list(self._active):
                self._remove(plugin)
            self._stamp = None
        self._end_leaving()

    def _tell(self, before: Mapping[str, InstalledPlugin], generation: Generation) -> None:
        """What a change was, where anybody wants to know."""
        from automatosx_nb.model.events import MARKETPLACE_TOPICS

        if not any(map(self._bus.wants, MARKETPLACE_TOPICS)):
            return
        from automatosx_nb.host.bus.limits import BusLimits
        from automatosx_nb.host.bus.publishing import Publisher
        from automatosx_nb.host.switch_events import switch_events

        publisher = Publisher(self._bus, "host", BusLimits())
        for topic, data in switch_events(before, generation):
            publisher.publish(topic, data)

    def _stamp_now(self) -> object:
        generation = self._profile.generations.stamp()
        if generation is None:
            return None
        return generation, self._profile.flags_stamp(), self._resources.session.version, self._resources.policy_stamp()

    def _take_over(self, generation: Generation) -> None:
        self._resources.session.forget(generation.plugins)
        if any(map(_durable_of, generation.plugins.values())):
            self._resources.follow_durably()
        for plugin, entry in list(self._active.items()):
            new = generation.plugins.get(plugin)
            if new is None or not new.is_same_code(entry):
                self._remove(plugin, replaced=new is not None)
            else:
                self._active[plugin] = new
                self._subscribe(new)
                self._format(new)
        self._stop_disabled()
        for plugin, entry in generation.plugins.items():
            if plugin not in self._active:
                self._add(entry)

    def _stop_disabled(self) -> None:
        """What was disabled since it started ends now; calling it says why."""
        for plugin, runner in list(self._runners.items()):
            if self._profile.is_disabled(self._active[plugin]):
                del self._runners[plugin]
                runner.stop()

    def _add(self, entry: InstalledPlugin) -> None:
        added = self._undo[entry.id] = []
        self._active[entry.id] = entry
        try:
            added.extend(  # one by one
                self._frontend.add_magic(entry, magic, self._magic_call(entry, magic))
                for magic in entry.contributes.get("magics", ())
            )
        except BaseException:  # also an interrupt: whoever follows next adds all of it
            self._remove(entry.id)
            raise
        self._subscribe(entry)
        self._format(entry)

    def _format(self, entry: InstalledPlugin) -> None:
        """Have a plugin draw exactly what it is granted now."""
        if self._formatters is None and entry.contributes.get("formatters"):
            from automatosx_nb.host.formatters import Formatters

            self._formatters = Formatters(self._resources, self._frontend, self.runner)
        if self._formatters is not None:
            self._formatters.follow(entry)

    def _subscribe(self, entry: InstalledPlugin) -> None:
        """Have a plugin listen to exactly what it is granted now."""
        granted, before = self._granted_subscriptions(entry), self._subscribed.get(entry.id, [])
        if granted == [subscription for subscription, _ in before]:
            return
        from automatosx_nb.host.interrupts import interrupts_deferred

        self._subscribed[entry.id] = before  # one by one: where one fails, this is what there is
        with interrupts_deferred():  # else the bus may have one whose undo nobody has
            while before:
                before[-1][1]()
                before.pop()
            before.extend((each, self._added(entry, each)) for each in granted)

    def _added(self, entry: InstalledPlugin, subscription: Record) -> Undo:
        """What is retained is handed to a durable subscription once, when it begins, and by whoever began it."""
        retained = subscription.get("retained", False) and subscription not in _durable_of(entry)
        return self._bus.add(self._subscriber(entry, subscription), retained=retained)

    def _remove(self, plugin: str, *, replaced: bool = False) -> None:
        """``replaced``: what others have asked its services for already is answered first."""
        for _, unsubscribe in reversed(self._subscribed.pop(plugin, [])):
            unsubscribe()
        if self._formatters is not None:
            self._formatters.remove(plugin)
        for undo in reversed(self._undo.pop(plugin)):
            undo()
        del self._active[plugin]
        runner = self._runners.pop(plugin, None)
        if runner is not None:
            self._leaving.append(runner.retire if replaced else runner.stop)

    def _end_leaving(self) -> None:
        """Without the lock: what ends may be about to ask which plugins there are."""
        while self._leaving:
            end = self._leaving.pop(0)
            try:
                end()
            except KeyboardInterrupt:
                self._leaving.append(end)
                raise

    def _magic_call(self, entry: InstalledPlugin, magic: Record) -> Callable[[str, str | None], object]:
        def call(line: str, cell: str | None) -> object:
            from automatosx_nb.host.surface import asked_in

            with asked_in("notebook"):
                return self.runner(entry).run_magic(magic, line, cell)

        return call

    def _subscriber(self, entry: InstalledPlugin, subscription: Record) -> Subscriber:
        if subscription in _durable_of(entry):
            from automatosx_nb.host.durable import DurableSubscriber

            return DurableSubscriber(entry.id, subscription, self._durable(), lambda: self.runner(entry))
        from automatosx_nb.host.bus.plugins import PluginSubscriber

        return PluginSubscriber(
            entry.id,
            subscription,
            lambda: self.runner(entry),
            lambda: self._bus.activity,
            most=self._resources.bus_limits.queue,
        )

    def runner(self, entry: InstalledPlugin) -> PluginRunner:
        """:raises NotInstalled: it was removed since somebody got hold of its magic."""
        with self._lock:
            if entry.id not in self._active:
                raise NotInstalled(entry.id)
            self._profile.refuse_disabled(self._active[entry.id])
            if entry.id not in self._runners:
                self._runners[entry.id] = self._make_runner(self._active[entry.id])
            return self._runners[entry.id]

    def entry(self, release: str) -> InstalledPlugin | None:
        """The active plugin ``id@version``; None: it is not active, or in another version."""
        plugin, _, version = release.partition("@")
        with self._lock:
            found = self._active.get(plugin)
        return found if found is not None and found.version == version else None

    def entries(self) -> tuple[InstalledPlugin, ...]:
        """The active plugins."""
        with self._lock:
            return tuple(self._active.values())

    def provider(self, plugin: str) -> PluginRunner:
        """What runs the handlers of a plugin by its id. Raises as :meth:`runner` does."""
        with self._lock:
            entry = self._active.get(plugin)
            if entry is None:
                raise NotInstalled(plugin)
            return self.runner(entry)

    def grants(self) -> set[tuple[str, ...]]:
        """The different grants of the active plugins."""
        with self._lock:
            return {tuple(entry.grants) for entry in self._active.values()}

    def dropped_events(self, plugin: str) -> int:
        """How many never got to its handlers, for too many waited."""
        found = [each.counters for each in self._bus.subscribers() if each.owner == plugin]
        return sum(counters.dropped + counters.rejected for counters in found)

    def runners(self) -> dict[str, PluginRunner]:
        """The plugins that were used since the kernel started."""
        with self._lock:
            return dict(self._runners)

    def _granted_subscriptions(self, entry: InstalledPlugin) -> list[Record]:
        """What a plugin listens to, as far as the user and the policy agreed; nothing where policy cannot be read."""
        subscriptions = entry.contributes.get("subscriptions", ())
        if not subscriptions or self._profile.is_disabled(entry):
            return []
        from automatosx_nb.host.holdings import held_by
        from automatosx_nb.model.permissions import not_covered

        try:
            held = held_by(entry, self._resources)
        except InvalidConfiguration:
            return []
        return [each for each in subscriptions if not not_covered([f"events:subscribe:{each['topic']}"], held)]


def _durable_of(entry: InstalledPlugin) -> list[Record]:
    """Durable subscriptions that outlive this kernel: those that the profile grants, and not a session."""
    declared = [each for each in entry.contributes.get("subscriptions", ()) if each.get("delivery") == "durable"]
    if not declared:
        return []
    from automatosx_nb.model.permissions import not_covered

    return [each for each in declared if not not_covered([f"events:subscribe:{each['topic']}"], entry.grants)]

"""Services where plugins run: in a kernel, and for one command in a shell."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from automatosx_nb.errors import NotInstalled
from automatosx_nb.host.services.calls import ServiceCalls
from automatosx_nb.host.services.core import Notifications, core_services
from automatosx_nb.host.services.offers import Offers
from automatosx_nb.host.services.origin import Origin
from automatosx_nb.sandbox.running import Usage

if TYPE_CHECKING:
    from automatosx_nb.host.bus.tracing import Traces
    from automatosx_nb.host.ports import Person, Resources
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.sandbox.limits import Limits


class Active(Protocol):
    """The plugins that are there now: :class:`automatosx_nb.host.activation.Activation`."""

    def entries(self) -> Sequence[InstalledPlugin]: ...

    def provider(self, plugin: str) -> PluginRunner:
        """:raises NotInstalled:"""


def service_calls(
    active: Active, resources: Resources, notifications: Notifications, traces: Traces | None = None
) -> ServiceCalls:
    offers = Offers(active.entries, core_services(notifications))
    return ServiceCalls(offers, active.provider, lambda: resources.service_limits, traces)


class NotebookCaller:
    """The person, in a cell: holds no permission, for nothing is kept from whoever runs the kernel."""

    plugin = ""
    works = None
    handled = 0

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.origin = Origin(cell=contextvars.copy_context())

    @property
    def client(self) -> NotebookCaller:
        return self

    @property
    def call(self) -> object:
        return self

    def gave_up(self) -> bool:
        return False

    def usage(self) -> Usage:
        return Usage(0.0, 0.0)

    def show(self, show: Callable[[], None]) -> bool:
        show()
        return True


class _Alone:
    """The plugins that one command of a shell uses, each with its worker from its first use on."""

    def __init__(
        self,
        resources: Resources,
        variables: Callable[[], Mapping[str, Any]],
        on_error: Callable[[str, Exception], None],
        person: Person | None,
    ) -> None:
        self._resources, self._variables, self._on_error, self._person = resources, variables, on_error, person
        self._runners: dict[str, PluginRunner] = {}
        self._calls = service_calls(self, resources, Notifications())

    def entries(self) -> Sequence[InstalledPlugin]:
        return tuple(self._resources.profile.current().plugins.values())

    def provider(self, plugin: str) -> PluginRunner:
        entry = self._resources.profile.current().plugins.get(plugin)
        if entry is None:
            raise NotInstalled(plugin)
        return self.runner(entry)

    def runner(self, entry: InstalledPlugin) -> PluginRunner:
        from automatosx_nb.host.assembly import make_runner

        if entry.id not in self._runners:
            self._runners[entry.id] = make_runner(
                self._resources,
                entry,
                self._variables,
                services=self._calls,
                on_error=self._on_error,
                person=self._person,
            )
        return self._runners[entry.id]

    def close(self) -> None:
        for runner in self._runners.values():
            runner.stop()


@contextmanager
def runner_alone(
    resources: Resources,
    entry: InstalledPlugin,
    variables: Callable[[], Mapping[str, Any]],
    on_error: Callable[[str, Exception], None],
    person: Person | None = None,
) -> Iterator[PluginRunner]:
    """What runs one plugin, and those whose services it calls, for the time of a command without a kernel.

    ``person`` is asked for permissions by what they call.
    """
    alone = _Alone(resources, variables, on_error, person)
    try:
        yield alone.runner(entry)
    finally:
        alone.close()

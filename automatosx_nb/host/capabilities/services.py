"""``sdk.services``: what other plugins and the host offer, each service by its own permission."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from automatosx_nb.errors import InvalidRequest, ServiceError
from automatosx_nb.host.services.messages import size_of
from automatosx_nb.host.services.origin import Origin
from automatosx_nb.model.core_services import needed_for
from automatosx_nb.model.names import is_plugin_id
from automatosx_nb.model.permissions.services import provider_of
from automatosx_nb.sandbox.running import Usage

if TYPE_CHECKING:
    from automatosx_nb.host.grants import Grants
    from automatosx_nb.host.metering import Meter
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.permissions import Permission
    from automatosx_nb.sandbox.limits import Limits

_MOST_NAME = 200
"""Characters of a service's name that are read; what the name may be is the manifest's."""
_VALID = "find with a plugin and a range, and call with those, a service, seconds or None, names, and their values"


class Calls(Protocol):
    """What finds services and carries their calls out: a kernel's :class:`ServiceCalls`."""

    def named(self, plugin: str, wanted: str) -> list[str]:
        """The names of the services of ``plugin`` that are in the range; raises ServiceError."""

    def call(
        self, caller: PluginCaller, plugin: str, wanted: str, service: str, arguments: Mapping[str, object],
        timeout_s: float | None = None,
    ) -> object:  # fmt: skip
        """The reply; raises ServiceError."""


class ServicesCapability:
    """``runner`` gives what carries the plugin's own handlers out; ``failed`` is told of each call that failed."""

    def __init__(
        self,
        grants: Grants,
        meter: Meter,
        calls: Calls,
        runner: Callable[[], PluginRunner],
        failed: Callable[[ServiceError], None],
    ) -> None:
        self._grants = grants
        self._meter = meter
        self._calls = calls
        self._caller = PluginCaller(runner)
        self._failed = failed

    def needs(self, method: str, args: Sequence[object]) -> Permission | None:
        """For ``find`` any permission about that plugin: what is installed is nobody else's to know."""
        match method, list(args):
            case "call", [str(plugin), str(), str(service), *_] if is_plugin_id(plugin) and len(service) <= _MOST_NAME:
                return needed_for(plugin, service)
            case "find", [str(plugin), str()] if is_plugin_id(plugin):
                held = (each for each in self._grants.of("services") if provider_of(each.scope) == plugin)
                return next(held, None) or needed_for(plugin, "*")
        raise InvalidRequest("services", method, _VALID)

    def ask(self, method: str, args: Sequence[object]) -> object:
        """:raises ServiceError: one of its kinds."""
        try:
            match method, list(args):
                case "find", [str(plugin), str(wanted)]:
                    return self._calls.named(plugin, wanted)
                case "call", [str(plugin), str(wanted), str(service), timeout, list(names), *values] if (
                    _is_timeout(timeout) and len(names) == len(values) and all(type(name) is str for name in names)
                ):
                    return self._call(plugin, wanted, service, timeout, dict(zip(names, values, strict=True)))
        except ServiceError as error:
            self._failed(error)
            raise
        raise InvalidRequest("services", method, _VALID)

    def _call(self, plugin: str, wanted: str, service: str, timeout: Any, arguments: dict[str, object]) -> object:
        self._meter.count(sum(map(size_of, arguments.values())))
        reply = self._calls.call(self._caller, plugin, wanted, service, arguments, timeout)
        self._meter.count(size_of(reply))
        return reply

    def close(self) -> None:
        """Nothing is held."""


def _is_timeout(value: object) -> bool:
    return value is None or (type(value) in (int, float) and value > 0)  # type: ignore[operator]


class PluginCaller:
    """A plugin that calls, on the thread that carries out its handler; also as the host's own services see it."""

    def __init__(self, runner: Callable[[], PluginRunner]) -> None:
        self._runner = runner

    @property
    def client(self) -> PluginCaller:
        return self

    @property
    def works(self) -> PluginRunner:
        return self._runner()

    @property
    def origin(self) -> Origin:
        job = self._runner().running
        if job is None:
            return Origin()
        return job.origin or Origin(cell=job.cell)

    def gave_up(self) -> bool:
        return self._runner().abandoned()

    @property
    def plugin(self) -> str:
        return self._runner().entry.id

    @property
    def limits(self) -> Limits:
        return self._runner().limits

    @property
    def handled(self) -> int:
        return self._runner().handled

    @property
    def call(self) -> object:
        return self._runner().running

    def usage(self) -> Usage:
        worker = self._runner().worker
        return Usage(0.0, 0.0) if worker is None else worker.usage()

    def show(self, show: Callable[[], None]) -> bool:
        cell = self.origin.cell
        if cell is None:
            return False
        cell.run(show)
        return True

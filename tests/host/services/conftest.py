"""Plugins that call each other: real workers behind real runners, in this process."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from automatosx_nb.errors import NotInstalled
from automatosx_nb.host.audit import Audit
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.capabilities.log import LogCapability
from automatosx_nb.host.capabilities.services import ServicesCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.incidents import Incidents
from automatosx_nb.host.metering import Bucket, Rate
from automatosx_nb.host.runner import PluginRunner
from automatosx_nb.host.services.calls import ServiceCalls
from automatosx_nb.host.services.core import Notifications, core_services
from automatosx_nb.host.services.limits import ServiceLimits
from automatosx_nb.host.services.offers import Offers
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox
from tests.no_failure import no_failure

TIMEOUT_S = 30
TABLE = {"type": "string", "contentMediaType": "application/vnd.apache.arrow.stream"}
BYTES = {"type": "string", "contentMediaType": "application/octet-stream"}


def service(
    name: str,
    request: Mapping[str, Any] | None = None,
    reply: Mapping[str, Any] | None = None,
    *,
    version: str = "1.0.0",
    required: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A record of a generation: a service whose handler is ``demo:<name>``; by default it takes anything by name."""
    takes: dict[str, Any] = {"type": "object", "properties": dict(request or {}), "required": list(required)}
    if request is None:
        takes["additionalProperties"] = True
    every = ["object", "array", "string", "number", "boolean", "null"]
    return {
        "name": name,
        "version": version,
        "handler": f"demo:{name}",
        "request": takes,
        "reply": dict(reply) if reply is not None else {"type": every},
        "summary": "",
    }


class WatchedLog(LogCapability):
    """Tells when the plugin wrote a line."""

    def __init__(self, seen: Callable[[str], None]) -> None:
        super().__init__()
        self._seen = seen

    def write(self, level: str, text: str) -> None:
        super().write(level, text)
        self._seen(text)


@dataclass
class House:
    """Plugins that are active, by id, and their runners. ``events`` is what the bus told, ``lines`` what was logged."""

    sandbox: Sandbox
    audit: Audit
    limits: Limits = field(default_factory=Limits)
    policy: ServiceLimits = field(default_factory=ServiceLimits)
    active: dict[str, PluginRunner] = field(default_factory=dict)
    made: list[PluginRunner] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.notifications = Notifications(lambda: Bucket(Rate(per_s=0.001, burst=3)))
        self.bus = Bus(no_failure)
        self.bus.subscribe("marketplace.**", self.events.append)
        offers = Offers(lambda: [each.entry for each in self.active.values()], core_services(self.notifications))
        self.calls = ServiceCalls(offers, self.provider, lambda: self.policy)
        self._said = threading.Condition()
        self._heard: list[str] = []

    def provider(self, plugin: str) -> PluginRunner:
        if plugin not in self.active:
            raise NotInstalled(plugin)
        return self.active[plugin]

    def add(
        self, plugin: str, source: str, *services: dict[str, Any], grants: tuple[str, ...] = (), release: str = "1",
        limits: Limits | None = None,
    ) -> PluginRunner:  # fmt: skip
        """Make a plugin active, in place of what has its id. Every function of ``source`` is a handler."""
        text = dedent(source)
        handlers = tuple(f"demo:{line[4:].partition('(')[0]}" for line in text.splitlines() if line.startswith("def "))
        entry = InstalledPlugin(plugin, "1.0.0", release, "*", grants, "s", "", {"services": list(services)})
        imports = "from automatosx_nb.sdk import log, services, tables\n"
        program = Program(plugin, "1.0.0", {"demo.py": (imports + text).encode()}, handlers, _modules(grants))

        def start(entry: InstalledPlugin) -> Any:
            self.starts.append(entry.id)
            return self.sandbox.start(program, limits or self.limits)

        log, held = WatchedLog(self._hear), Grants(plugin, grants)
        incidents = Incidents(entry, self.audit, self.bus, no_failure)
        broker = CapabilityBroker(held, {"log": log}, observer=incidents.calls)
        offered = ServicesCapability(held, broker.meter, self.calls, lambda: runner, incidents.service_failed)
        broker.add("services", offered)
        runner = PluginRunner(
            entry,
            start=start,
            broker=broker,
            log=log,
            limits=limits or self.limits,
            variables=dict,
            render=lambda value, _entry: value,
            incidents=incidents,
        )
        self.active[plugin] = runner
        self.made.append(runner)
        return runner

    def call(self, plugin: str, handler: str = "run", *args: Any) -> Any:
        return self.active[plugin].call(f"demo:{handler}", args)

    def start(self, plugin: str, handler: str = "run", *args: Any) -> Call:
        """The same on a thread of its own."""
        return Call(lambda: self.call(plugin, handler, *args))

    def _hear(self, text: str) -> None:
        with self._said:
            self._heard.append(text.strip())
            self._said.notify_all()

    def wait_for(self, line: str) -> None:
        """Until a plugin has logged this, or printed it where nobody waits."""
        with self._said:
            assert self._said.wait_for(lambda: line in self._heard, TIMEOUT_S), f"{line!r} was not among {self._heard}"


def _modules(grants: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.partition(":")[2] for text in grants if text.startswith("modules:"))


class Call:
    """A call on a thread of its own."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self._value: Any = None
        self._error: BaseException | None = None
        self._action = action
        self._thread = threading.Thread(target=contextvars.copy_context().run, args=(self._run,))
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._action()
        except BaseException as error:
            self._error = error

    def result(self) -> Any:
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive(), "the call never ended"
        if self._error is not None:
            raise self._error
        return self._value


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def house(sandbox: Sandbox, tmp_path: Path) -> Iterator[House]:
    house = House(sandbox, Audit(tmp_path / "audit.sqlite3"))
    yield house
    for runner in house.made:
        runner.stop()
    house.audit.close()
    assert not house.calls._waits, "a call is still among those in flight"
    assert not house.calls._in_flight

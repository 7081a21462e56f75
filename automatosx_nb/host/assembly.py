"""What runs one installed plugin, put together: its runner, its capabilities, and how its worker starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automatosx_nb.home import notebooks_folder
from automatosx_nb.host.beneath import Beneath
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.bus.publishing import Publisher
from automatosx_nb.host.capabilities.events import EventsCapability
from automatosx_nb.host.capabilities.files import FilesCapability
from automatosx_nb.host.capabilities.http import HttpCapability
from automatosx_nb.host.capabilities.log import LogCapability
from automatosx_nb.host.capabilities.permissions import PermissionsCapability
from automatosx_nb.host.capabilities.secrets import SecretsCapability
from automatosx_nb.host.capabilities.services import ServicesCapability
from automatosx_nb.host.capabilities.settings import SettingsCapability
from automatosx_nb.host.capabilities.storage import StorageCapability
from automatosx_nb.host.capabilities.variables import VariablesCapability
from automatosx_nb.host.closed_folders import CLOSED_NAMES, folders_of_jupyter
from automatosx_nb.host.errands import Asking
from automatosx_nb.host.holdings import LiveGrants
from automatosx_nb.host.incidents import Incidents
from automatosx_nb.host.metering import Meter
from automatosx_nb.host.programs import limits_of, program_of
from automatosx_nb.host.results import render_result
from automatosx_nb.host.runner import PluginRunner
from automatosx_nb.host.settings import PluginSettings

if TYPE_CHECKING:
    from automatosx_nb.errors import StateRestored
    from automatosx_nb.host.bus import Bus
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.host.capabilities import Capability
    from automatosx_nb.host.grants import Grants
    from automatosx_nb.host.ports import Person, Resources
    from automatosx_nb.host.services.calls import ServiceCalls
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.sandbox.supervisor import Worker


def make_runner(
    resources: Resources,
    entry: InstalledPlugin,
    variables: Callable[[], Mapping[str, Any]],
    *,
    folder: Path | None = None,
    bus: Bus | None = None,
    services: ServiceCalls | None = None,
    duty: Duty | None = None,
    on_error: Callable[[str, Exception], None],
    person: Person | None = None,
) -> PluginRunner:
    """What runs one installed plugin's handlers; its worker starts when it is first used.

    ``folder`` is the notebook's, by default the working directory. ``bus`` carries its events and is told of incidents
    (None: there is no kernel, and durable subscribers get its events later),
    ``on_error`` of an audit log that cannot be written. ``services``: what the plugin may call of others; None:
    nothing. ``person`` is asked for permissions by what they call.
    """
    if bus is None:
        from automatosx_nb.host.durable.shell import shell_bus

        bus = shell_bus(resources, on_error)
    incidents = Incidents(entry, resources.audit, bus, on_error, most_hops=resources.bus_limits.hops)
    log = LogCapability()
    asking = Asking(person)
    broker = make_broker(resources, entry, log, folder or notebooks_folder(), variables, bus, incidents, asking)
    if services is not None:
        offered = ServicesCapability(broker.grants, broker.meter, services, lambda: runner, incidents.service_failed)
        broker.add("services", offered)
    runner = PluginRunner(
        entry,
        start=lambda entry: _start_worker(resources, entry, broker.grants),
        broker=broker,
        log=log,
        limits=resources.limits,
        variables=variables,
        render=render_result,
        incidents=incidents,
        secrets=resources.secrets,
        asking=asking,
        duty=duty,
        traces=bus.traces,
    )
    return runner


def _start_worker(resources: Resources, entry: InstalledPlugin, grants: Grants) -> Worker:
    resources.profile.refuse_disabled(entry)
    package = resources.profile.package(entry)
    libraries = map(str, grants.of("modules"))
    return resources.sandbox.start(program_of(package, libraries), limits_of(package, resources.limits))


def make_broker(
    resources: Resources,
    entry: InstalledPlugin,
    log: LogCapability,
    folder: Path,
    variables: Callable[[], Mapping[str, Any]],
    bus: Bus,
    incidents: Incidents,
    asking: Asking,
) -> CapabilityBroker:
    """Every capability of one installed plugin; what a capability needs is opened when it is first asked."""

    def restored(told: StateRestored) -> None:
        incidents.state_restored(told, asking.errands)

    grants, meter, profile = LiveGrants(entry, resources), Meter(), resources.profile
    limits = resources.bus_limits
    publisher = Publisher(bus, f"plugin/{entry.id}", limits)
    closed = (profile.root, resources.home, *folders_of_jupyter())
    capabilities: dict[str, Capability] = {
        "log": log,
        "storage": StorageCapability(grants, meter, lambda: profile.state(entry, restored)),
        "settings": SettingsCapability(
            PluginSettings(entry, profile.settings, lambda: resources.configured_settings), log
        ),
        "secrets": SecretsCapability(entry.id, resources.secrets),
        "files": FilesCapability(Beneath(folder, closed, CLOSED_NAMES), meter),
        "http": HttpCapability(grants, meter, resources.http_limits),
        "variables": VariablesCapability(grants, variables),
        "permissions": PermissionsCapability(entry, grants, resources, incidents.record, asking),
        "events": EventsCapability(entry.id, entry.contributes.get("events", ()), publisher, limits),
    }
    return CapabilityBroker(grants, capabilities, meter=meter, observer=incidents.calls, rates=resources.call_rates)

"""The sections of configuration, and their settings with defaults: what ``c.<section>.<setting>`` can be."""

from __future__ import annotations

from traitlets import Bool, Dict, Enum, Float, Int, List, Unicode
from traitlets.config import Configurable

from automatosx_nb.config.calls import CallRates, HttpLimits
from automatosx_nb.config.publishing import PublishPolicy
from automatosx_nb.config.registry import RegistryConnection
from automatosx_nb.config.review import ReviewPolicy
from automatosx_nb.config.serving import RegistryServer
from automatosx_nb.config.written import Duration, Locks, Patterns, Rules, ServerTopics, Topics
from automatosx_nb.host.audit import KEEP_DAYS, MAX_MB
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.services.limits import ServiceLimits
from automatosx_nb.model.consent import DEFAULTS
from automatosx_nb.model.events.delivery import MAX_QUEUE
from automatosx_nb.sandbox.limits import Limits

_DEFAULT, _BUS = Limits(), BusLimits()
_DEFAULT_SERVICES = ServiceLimits()


AUTO = ("minor", "patch", "off")
"""From the loosest to the strictest."""


class SandboxLimits(Configurable):
    """What a plugin's worker may use at most; a plugin's own wish is capped by it."""

    memory_mb = Int(_DEFAULT.memory_mb, min=1, help="Address space of a worker, MiB.").tag(config=True)
    resident_mb = Int(_DEFAULT.resident_mb, min=1, help="Memory that a worker takes of this computer, MiB.").tag(
        config=True
    )
    cpu_s = Int(_DEFAULT.cpu_s, min=1, help="CPU seconds of a worker's whole life.").tag(config=True)
    wall_s = Float(_DEFAULT.wall_s, min=0.1, help="Wall time of one call, seconds.").tag(config=True)
    start_s = Float(_DEFAULT.start_s, min=0.1, help="Wall time to start and to load a plugin, seconds.").tag(
        config=True
    )
    idle_s = Float(_DEFAULT.idle_s, min=0.1, help="A worker ends after so many seconds without a call.").tag(
        config=True
    )
    open_files = Int(_DEFAULT.open_files, min=16, help="Files that a worker may have open at a time.").tag(config=True)
    threads = Int(_DEFAULT.threads, min=1, help="Threads of a worker at a time.").tag(config=True)
    messages = Int(_DEFAULT.messages, min=1, help="Questions to the host and pieces of output in one call.").tag(
        config=True
    )
    messages_per_s = Int(
        _DEFAULT.messages_per_s, min=20, help="The same in a second; what comes faster waits, on the call's time."
    ).tag(config=True)
    file_mb = Int(_DEFAULT.file_mb, min=1, help="Largest file in a worker's temporary directory, MiB.").tag(config=True)
    disk_mb = Int(_DEFAULT.disk_mb, min=1, help="All files in a worker's temporary directory, MiB.").tag(config=True)
    table_mb = Int(_DEFAULT.table_mb, min=1, help="Largest table handed to a plugin or back, MiB.").tag(config=True)
    read_mb = Int(_DEFAULT.read_mb, min=1, help="Largest file handed to a plugin to be read, MiB.").tag(config=True)
    write_mb = Int(_DEFAULT.write_mb, min=1, help="Largest file that one call may write, MiB.").tag(config=True)
    output_kb = Int(_DEFAULT.output_kb, min=1, help="Most text that one call may print, KiB.").tag(config=True)
    log_kb = Int(_DEFAULT.log_kb, min=1, help="Most text that one call may write into its plugin's log, KiB.").tag(
        config=True
    )


class SandboxPolicy(Configurable):
    """Which walls have to stand before any plugin starts."""

    require = List(
        Unicode(),
        help="Layers without which plugins do not start, as in ['landlock', 'seccomp'] (fail closed).",
    ).tag(config=True)
    prewarm = Bool(
        True, help="Start fork servers soon after the extension was loaded, so that no first call waits for one."
    ).tag(config=True)


class RegistryPolicy(Configurable):
    """Which plugins may be installed at all, also as a dependency, from a lock or by a rollback."""

    allow = Patterns(
        Unicode(),
        help="Only these: ids, publishers, ids in a range, as in ['acme.*', 'nordic.plots@^2']; empty: all.",
    ).tag(config=True)
    deny = Patterns(Unicode(), help="None of these, whatever is allowed.").tag(config=True)
    require_signed = Bool(False, help="Only releases that their publishers signed.").tag(config=True)


class UpdatePolicy(Configurable):
    """Which releases are chosen by themselves."""

    cooldown = Duration(
        "0 days",
        help="Releases younger than that are not chosen unless named exactly, as in '3 days' or '36 hours'.",
    ).tag(config=True)
    auto = Enum(
        AUTO, "off", help="Once a day, update what asks for nothing more: 'patch' steps, 'minor' ones too, or 'off'."
    ).tag(config=True)
    probation = Duration(
        "24 hours", help="A plugin that keeps ending so soon after its update goes back to its version before."
    ).tag(config=True)
    plan_s = Float(30.0, min=0.1, help="Longest search for versions that go together, seconds of computing.").tag(
        config=True
    )
    keep_generations = Int(20, min=2, help="How many generations gc leaves, the newest.").tag(config=True)
    keep_for = Duration("30 days", help="Younger generations are left by gc, too.").tag(config=True)


class PermissionPolicy(Configurable):
    """What becomes of the permissions that plugins ask for. Both lists add up over all layers; deny beats allow."""

    default = Enum(
        DEFAULTS,
        "ask",
        help="For what no rule names: 'ask' a person, 'deny' it, or 'allow-low' what has a low risk and ask for more.",
    ).tag(config=True)
    allow = Rules(
        Unicode(),
        help="Granted without a question, as in ['modules:pyarrow', 'storage for acme.*'].",
    ).tag(config=True)
    deny = Rules(
        Unicode(),
        help="Granted by nobody, and refused at every call, as in ['display:*', '* for nordic.plots@<2'].",
    ).tag(config=True)


class PluginSettings(Configurable):
    """What the settings that plugins declare are here."""

    preset = Dict(
        value_trait=Dict(key_trait=Unicode()),
        key_trait=Unicode(),
        help="Plugin, setting, value, as in {'acme.csv-doctor': {'max-rows': 500}}.",
    ).tag(config=True)
    locked = Locks(
        Unicode(),
        help="What nothing later changes, as in ['acme.csv-doctor', 'acme.csv-doctor.max-rows', '*'].",
    ).tag(config=True)


class BusPolicy(Configurable):
    """How much of the kernel's event bus plugins may take."""

    per_s = Float(
        _BUS.per_s, min=0.1, max=10_000, help="Events that one plugin publishes in a second; then it is slowed down."
    ).tag(config=True)
    burst = Int(_BUS.burst, min=1, max=100_000, help="Events that it publishes at once before that.").tag(config=True)
    payload_kb = Int(_BUS.payload_kb, min=1, max=64, help="The data of one event as JSON, KiB.").tag(config=True)
    queue = Int(
        _BUS.queue, min=1, max=MAX_QUEUE, help="Events that wait for one subscription, whatever it asks for."
    ).tag(config=True)
    hops = Int(_BUS.hops, min=1, max=1000, help="Events that may lead to one another in a row.").tag(config=True)
    to_server = Topics(
        Unicode(),
        help="What the Jupyter server's event log is told of, as in ['plugin.acme.**', 'kernel.cell.failed'].",
    ).tag(config=True)
    from_server = ServerTopics(
        Unicode(), help="What kernels are told of the server's events, as in ['server.events.jupyter.org.**']."
    ).tag(config=True)


class SettingLocks(Configurable):
    """What an administrator decides for everybody."""

    locked = List(
        Unicode(),
        help="What later layers can only make stricter, as in ['PermissionPolicy', 'SandboxLimits.memory_mb'].",
    ).tag(config=True)


class AuditPolicy(Configurable):
    """How much of the audit log is kept."""

    keep_days = Int(KEEP_DAYS, min=1, max=36500, help="Older entries are dropped, a day's at a time.").tag(config=True)
    max_mb = Int(MAX_MB, min=1, help="At this size the older half of the log is dropped, MiB.").tag(config=True)


class ServicePolicy(Configurable):
    """How plugins may call each other."""

    deadline_s = Float(
        _DEFAULT_SERVICES.deadline_s, min=0.1, help="Longest that one call of a service may take, seconds."
    ).tag(config=True)
    in_flight = Int(_DEFAULT_SERVICES.in_flight, min=1, help="Calls that one plugin has to answer at a time.").tag(
        config=True
    )
    depth = Int(_DEFAULT_SERVICES.depth, min=1, help="Plugins that call each other in a chain.").tag(config=True)


CONFIGURABLES: tuple[type[Configurable], ...] = (
    SandboxLimits,
    HttpLimits,
    CallRates,
    SandboxPolicy,
    RegistryPolicy,
    RegistryConnection,
    PublishPolicy,
    ReviewPolicy,
    RegistryServer,
    UpdatePolicy,
    PermissionPolicy,
    AuditPolicy,
    PluginSettings,
    BusPolicy,
    ServicePolicy,
    SettingLocks,
)

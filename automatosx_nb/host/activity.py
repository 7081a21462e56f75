"""What the plugins of one kernel are doing now, and what they have used: the numbers behind the meters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from automatosx_nb.sandbox.limits import Limits

if TYPE_CHECKING:
    from automatosx_nb.host.activation import Activation
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.host.capabilities.log import LogLine
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.audit import AuditEntry
    from automatosx_nb.model.generation import InstalledPlugin

State = Literal["not started", "working", "waiting", "suspended"]
INCIDENTS = ("limit-exceeded", "worker-ended", "plugin-suspended", "plugin-resumed", "permission-denied")
INCIDENTS_READ = 100
INCIDENTS_SHOWN = 5
LINES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class PluginActivity:
    """Of one plugin in this kernel.

    ``cpu_s`` and ``rss_mb`` are those of the worker that runs now, 0 where none does; ``calls`` and ``events`` count
    since the kernel took the plugin over. ``suspended_s``: so long it stays suspended.
    """

    id: str
    version: str
    state: State
    cpu_s: float
    rss_mb: float
    calls: int
    events: int
    queued: int
    dropped_events: int
    suspended_s: float
    limits: Limits
    log: tuple[LogLine, ...]
    incidents: tuple[AuditEntry, ...]


def activity(activation: Activation, audit: Audit, limits: Limits) -> tuple[PluginActivity, ...]:
    """Of every active plugin, by id. It reads two files of the system for each worker, and the log's newest entries.

    :param limits: those of a worker that does not run yet.
    :raises AuditDamaged:
    """
    runners, incidents = activation.runners(), _by_plugin(audit.read(kinds=INCIDENTS, most=INCIDENTS_READ))
    entries = sorted(activation.entries(), key=lambda entry: entry.id)
    return tuple(
        _of(entry, runners.get(entry.id), incidents.get(entry.id, []), limits, activation.dropped_events(entry.id))
        for entry in entries
    )


def _by_plugin(entries: Iterable[AuditEntry]) -> dict[str, list[AuditEntry]]:
    found: defaultdict[str, list[AuditEntry]] = defaultdict(list)
    for entry in entries:
        found[entry.plugin].append(entry)
    return found


def _of(
    entry: InstalledPlugin, runner: PluginRunner | None, incidents: list[AuditEntry], limits: Limits, dropped: int
) -> PluginActivity:
    shown = tuple(incidents[-INCIDENTS_SHOWN:])
    if runner is None:
        return PluginActivity(
            entry.id, entry.version, "not started", 0.0, 0.0, 0, 0, 0, 0, 0.0, limits, (), shown
        )  # fmt: skip
    worker, suspended_s = runner.worker, runner.suspended_s
    usage = None if worker is None else worker.usage()
    return PluginActivity(
        id=entry.id,
        version=entry.version,
        state=_state(runner, suspended_s),
        cpu_s=0.0 if usage is None else usage.cpu_s,
        rss_mb=0.0 if usage is None else usage.rss_mb,
        calls=runner.calls,
        events=runner.events,
        queued=runner.queued,
        dropped_events=dropped,
        suspended_s=suspended_s,
        limits=runner.limits,
        log=tuple(runner.log.lines)[-LINES_SHOWN:],
        incidents=shown,
    )


def _state(runner: PluginRunner, suspended_s: float) -> State:
    if suspended_s:
        return "suspended"
    if runner.busy:
        return "working"
    return "waiting" if runner.worker is not None else "not started"

"""The topics that the kernel and the marketplace speak on."""

from __future__ import annotations

CELL_STARTED = "kernel.cell.started"
CELL_FINISHED = "kernel.cell.finished"
KERNEL_TOPICS = {
    CELL_STARTED: "A cell is about to run. Data: cell (hash of its source), lines.",
    CELL_FINISHED: "A cell ended. Data: the same, and execution_count, duration_s, ok, error (type name or null).",
}
"""Topic → what it says and carries. Neither a cell's source nor its values are in any event."""

PLUGIN_LIMITED = "marketplace.plugin.limited"
PLUGIN_SUSPENDED = "marketplace.plugin.suspended"
PLUGIN_STATE_RESTORED = "marketplace.plugin.state-restored"
PLUGIN_SETTING_CHANGED = "marketplace.plugin.setting-changed"
SERVICE_FAILED = "marketplace.service.failed"
PLUGIN_REVERTED = "marketplace.plugin.reverted"
MARKETPLACE_TOPICS = {
    PLUGIN_LIMITED: "A plugin's worker was stopped at a limit. Data: plugin, version, limit, allowed, used.",
    PLUGIN_SUSPENDED: "A plugin's worker ended too often and is not started for a while. "
    "Data: plugin, version, ends, within_s, wait_s, last (an error's code).",
    PLUGIN_STATE_RESTORED: "What a plugin had saved was damaged, and is again what it was in a snapshot. "
    "Data: plugin, version, reason, snapshot, set_aside (names of files).",
    PLUGIN_SETTING_CHANGED: "A plugin's settings have other values. Data: plugin, version, settings (their names).",
    SERVICE_FAILED: "A plugin's call of a service came to nothing. "
    "Data: plugin, version (of the caller), provider, service, error (an error's code).",
    PLUGIN_REVERTED: "A plugin kept ending soon after its update, and is its version before that again. "
    "Data: plugin, version (now), before (the one that kept ending).",
}

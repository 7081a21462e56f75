"""The names of the topics that the kernel and the marketplace speak on; :mod:`.schemas` says what they carry."""

from __future__ import annotations

KERNEL_STARTED = "kernel.started"
CELL_STARTED = "kernel.cell.started"
CELL_FINISHED = "kernel.cell.finished"
CELL_FAILED = "kernel.cell.failed"
VARIABLES_CHANGED = "kernel.variables.changed"
KERNEL_IDLE = "kernel.idle"
KERNEL_TOPICS = (KERNEL_STARTED, CELL_STARTED, CELL_FINISHED, CELL_FAILED, VARIABLES_CHANGED, KERNEL_IDLE)
"""Neither a cell's source nor a variable's value is in any of their events."""

PLUGIN_INSTALLED = "marketplace.plugin.installed"
PLUGIN_UPDATED = "marketplace.plugin.updated"
PLUGIN_REMOVED = "marketplace.plugin.removed"
ROLLED_BACK = "marketplace.plugin.rolled-back"
PLUGIN_LIMITED = "marketplace.plugin.limited"
PLUGIN_SUSPENDED = "marketplace.plugin.suspended"
PLUGIN_STATE_RESTORED = "marketplace.plugin.state-restored"
PLUGIN_SETTING_CHANGED = "marketplace.plugin.setting-changed"
SERVICE_FAILED = "marketplace.service.failed"
PLUGIN_REVERTED = "marketplace.plugin.reverted"
MARKETPLACE_TOPICS = (
    PLUGIN_INSTALLED,
    PLUGIN_UPDATED,
    PLUGIN_REMOVED,
    ROLLED_BACK,
    PLUGIN_LIMITED,
    PLUGIN_SUSPENDED,
    PLUGIN_STATE_RESTORED,
    PLUGIN_SETTING_CHANGED,
    SERVICE_FAILED,
    PLUGIN_REVERTED,
)

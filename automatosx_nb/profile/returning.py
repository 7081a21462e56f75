"""Back to what was: plans that ask no registry, for all that they need is in the profile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb.errors import PolicyForbids
from automatosx_nb.model.plan import Plan, PlannedChange
from automatosx_nb.model.policy import UNSIGNED
from automatosx_nb.model.semver import Version
from automatosx_nb.profile.changes import change_kind, refuse_denied_grants, rewished, wishes_of
from automatosx_nb.profile.state import new_state_name

if TYPE_CHECKING:
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.model.policy import Policy


def with_todays_state(target: Generation, current: Generation) -> Generation:
    """``target``, where each plugin of both goes on with what it has saved until today.

    Another version than today's gets a copy under a name of its own, as with an update, so that the way forward leads
    to today's data and not to what the older version made of it.
    """
    plugins = {plugin: _on_todays_state(entry, current) for plugin, entry in target.plugins.items()}
    return replace(target, plugins=plugins)


def _on_todays_state(entry: InstalledPlugin, current: Generation) -> InstalledPlugin:
    today = current.plugins.get(entry.id)
    if today is None or today.state == entry.state:
        return entry
    if today.sha256 == entry.sha256:
        return replace(entry, state=today.state)
    return replace(entry, state=new_state_name(entry.id, entry.version, current.number + 1))


def plan_return(
    current: Generation,
    target: Generation,
    policy: Policy,
    permissions: PermissionPolicy,
    *,
    action: str = "",
    why: str = "",
) -> Plan:
    """Back (or forward) to what ``target`` is, exactly: no registry is asked.

    :param why: the reason of every change; by default that the generation ``target`` had it so.
    :raises PolicyForbids: that would bring back a release that ``policy`` does not let in, or a grant that
        ``permissions`` denies.
    """
    refuse_denied_grants(current, target, permissions)
    changes = _changes(current, target, why or f"generation {target.number} had it so")
    _hold_against(policy, changes, target)
    changed = {change.id for change in changes}
    kept = {plugin: entry.version for plugin, entry in target.plugins.items() if plugin not in changed}
    wishes = wishes_of(target)
    both = [(current.plugins[plugin], target.plugins[plugin]) for plugin in kept]
    return Plan(
        current.number,
        action or f"roll back to generation {target.number}",
        tuple(changes),
        kept,
        wishes,
        rewished(current, kept, wishes),
        pins={new.id: new.pin for old, new in both if old.pin != new.pin},
        channels={new.id: new.channel for old, new in both if old.channel != new.channel},
    )


def _changes(current: Generation, target: Generation, why: str) -> list[PlannedChange]:
    changes = []
    for plugin in sorted({*current.plugins, *target.plugins}):
        old, new = current.plugins.get(plugin), target.plugins.get(plugin)
        if new is None:
            assert old is not None
            changes.append(PlannedChange(plugin, "remove", old.version, None, why))
        elif old is None or not new.is_same_code(old) or old.grants != new.grants:
            same = old is not None and old.version == new.version
            reason = f"with the data and the grants of generation {target.number}" if same else why
            kind = change_kind(old.version if old else None, new.version)
            changes.append(PlannedChange(plugin, kind, old.version if old else None, new.version, reason))
    return changes


def _hold_against(policy: Policy, changes: Iterable[PlannedChange], target: Generation) -> None:
    """:raises PolicyForbids: a change brings a release that ``policy`` does not let in."""
    for change in changes:
        if change.new is None or change.new == change.old:
            continue
        reason = policy.against(change.id, Version.parse(change.new))
        if reason is None and policy.signed and not target.plugins[change.id].signer:
            reason = UNSIGNED
        if reason is not None:
            raise PolicyForbids(change.id, change.new, reason)

"""Granting and revoking what an installed plugin asks for: a generation like any other, with the same state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb.errors import NotGranted, PermissionNotAsked
from automatosx_nb.model.permissions import Permission, not_covered
from automatosx_nb.model.plan import Applied, Plan, PlannedChange
from automatosx_nb.profile.changes import installed_entry, refuse_denied, wishes_of
from automatosx_nb.profile.lock import changing
from automatosx_nb.profile.transaction import Author, fresh, switch_to

if TYPE_CHECKING:
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.model.progress import Progress
    from automatosx_nb.profile.profile import Profile


def grantable(
    entry: InstalledPlugin, texts: Iterable[str], asked: Mapping[str, str], policy: PermissionPolicy
) -> tuple[str, ...]:
    """What of ``asked`` (permission → reason) is granted by ``texts``, as the manifest spells it.

    :raises PermissionNotAsked: one of them covers nothing that the plugin asks for.
    :raises PolicyForbids:
    """
    found: list[str] = []
    for text in texts:
        permission = Permission.parse(text)
        covered = [each for each in asked if permission.covers(Permission.parse(each))]
        if not covered:
            raise PermissionNotAsked(entry.id, entry.version, text, tuple(asked))
        found += covered
    refuse_denied(policy, entry.id, entry.version, found)
    return tuple(dict.fromkeys(found))


def plan_grant(
    current: Generation, plugin: str, texts: Iterable[str], asked: Mapping[str, str], policy: PermissionPolicy
) -> Plan:
    """Raises as :func:`installed_entry` and :func:`grantable` do."""
    entry = installed_entry(current, plugin)
    new = not_covered(grantable(entry, texts, asked, policy), entry.grants)
    action = f"grant {plugin} {', '.join(new)}"
    grants = (*entry.grants, *new)
    return _plan(current, entry, action, grants, asks={text: asked[text] for text in new})


def plan_revoke(current: Generation, plugin: str, texts: Iterable[str], elsewhere: Iterable[str] = ()) -> Plan:
    """:param elsewhere: what the plugin holds beside the profile.
    :raises NotInstalled:
    :raises NotGranted: it holds nothing of what one of ``texts`` covers.
    """
    entry = installed_entry(current, plugin)
    held = tuple(dict.fromkeys((*entry.grants, *elsewhere)))
    gone: list[str] = []
    for text in texts:
        permission = Permission.parse(text)
        covered = [each for each in held if permission.covers(Permission.parse(each))]
        if not covered:
            raise NotGranted(plugin, text, held)
        gone += covered
    grants = tuple(each for each in entry.grants if each not in gone)
    drops = tuple(dict.fromkeys(gone))
    return _plan(current, entry, f"revoke {plugin} {', '.join(drops)}", grants, drops=drops)


def _plan(
    current: Generation,
    entry: InstalledPlugin,
    action: str,
    grants: tuple[str, ...],
    *,
    asks: Mapping[str, str] | None = None,
    drops: tuple[str, ...] = (),
) -> Plan:
    kept = {plugin: each.version for plugin, each in current.plugins.items() if plugin != entry.id}
    change = PlannedChange(
        entry.id,
        "update",
        entry.version,
        entry.version,
        "you asked for it",
        asks=asks or {},
        drops=drops,
        grants=grants,
    )
    changes = (change,) if asks or drops else ()
    return Plan(current.number, action, changes, kept, wishes_of(current))


def apply_grants(
    profile: Profile, plan: Plan, *, permissions: PermissionPolicy, author: Author, progress: Progress
) -> Applied:
    """Make the generation of a plan of :func:`plan_grant` or :func:`plan_revoke`; what nothing changes makes none.

    :raises PlanStale:
    :raises PolicyForbids: what is granted anew is denied.
    """
    with changing(profile):
        current = fresh(profile, plan)
        entries = dict(current.plugins)
        for change in plan.changes:
            assert change.grants is not None
            refuse_denied(permissions, change.id, entries[change.id].version, change.asks)
            entries[change.id] = replace(entries[change.id], grants=change.grants)
        if entries == current.plugins:
            return Applied(plan.base, plan)
        generation = author.generation(current, plan.action, entries)
        switch_to(profile, generation, progress)
    return Applied(generation.number, plan)

"""What a switch from one generation to the next did, as entries of the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Generation, InstalledPlugin


class Entry(NamedTuple):
    """What :meth:`automatosx_nb.host.audit.Audit.add` takes."""

    kind: str
    plugin: str
    version: str
    detail: Mapping[str, Any]


def entries_of(old: Generation, new: Generation, surface: str) -> Iterator[Entry]:
    """From ``old``, the generation that was current, to ``new``. ``surface`` is where the change was asked for.

    Of the action its verb alone is told: what else was typed is nobody's business.
    """
    action = "rollback" if new.restores is not None else new.action.partition(" ")[0]
    where = {"generation": new.number, "surface": surface}
    change = {**where, "action": action}
    if new.restores is not None:
        yield Entry("profile-rolled-back", "", "", {"restores": new.restores, **where})
    elif action == "sync":
        yield Entry("profile-synced", "", "", where)
    for plugin in sorted({*old.plugins, *new.plugins}):
        yield from _of_plugin(old.plugins.get(plugin), new.plugins.get(plugin), change)


def _of_plugin(
    before: InstalledPlugin | None, after: InstalledPlugin | None, change: Mapping[str, Any]
) -> Iterator[Entry]:
    last = after or before
    assert last is not None, "it is in one of the two"
    if before is None:
        yield Entry("plugin-installed", last.id, last.version, {"sha256": last.sha256, **change})
    elif after is None:
        yield Entry("plugin-removed", last.id, last.version, change)
    elif before.sha256 != after.sha256:
        detail = {"before": before.version, "sha256": after.sha256, **change}
        yield Entry("plugin-updated", after.id, after.version, detail)
    held, holds = (set(each.grants) if each else set() for each in (before, after))
    for kind, permissions in (("grants-given", holds - held), ("grants-gone", held - holds)):
        if permissions:
            yield Entry(kind, last.id, last.version, {"permissions": sorted(permissions), **change})

"""The marketplace's records as the JSON that the panel's front end draws."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol, TypeAlias

from automatosx_nb.host.deciding import PluginHoldings
from automatosx_nb.host.markdown import to_safe_html
from automatosx_nb.model.changelog import untitled
from automatosx_nb.model.compatibility import Mismatch, Needs
from automatosx_nb.model.contributions import KINDS
from automatosx_nb.model.flags import Flag, deprecation
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.model.history import HistoryEntry
from automatosx_nb.model.names import publisher_of, short_name
from automatosx_nb.model.outdated import OutdatedPlugin
from automatosx_nb.model.permissions import worded
from automatosx_nb.model.plan import Plan, PlannedChange
from automatosx_nb.model.printable import printable
from automatosx_nb.model.release import PluginDetail, PluginSummary, ReleaseDetail, SearchPage
from automatosx_nb.model.screenshots import ShownPicture
from automatosx_nb.model.semver import Version
from automatosx_nb.model.tree import tree_text
from automatosx_nb.widgets.wording import besides, calls

View: TypeAlias = dict[str, Any]
HISTORY_SHOWN = 10


def naming(plugin: str) -> View:
    return {"id": plugin, "name": short_name(plugin), "publisher": publisher_of(plugin)}


def is_newer(version: str, than: str) -> bool:
    return Version.parse(version) > Version.parse(than)


class Compatibility(Protocol):
    """What of the marketplace says what fits here."""

    def mismatches(self, release: Needs) -> tuple[Mismatch, ...]: ...
    def newest(self, plugin: str) -> str | None: ...


def unfit(release: Needs, here: Compatibility) -> list[View]:
    """Why a release does not run here, and what would help; empty: it does."""
    return [{"reason": one.reason, "remedy": one.remedy} for one in here.mismatches(release)]


def card(summary: PluginSummary, installed: Mapping[str, InstalledPlugin], here: Compatibility) -> View:
    entry = installed.get(summary.id)
    have = None if entry is None else entry.version
    faults = unfit(summary, here)
    offer = here.newest(summary.id) if faults else summary.version
    return naming(summary.id) | {
        "version": summary.version,
        "summary": summary.summary,
        "categories": summary.categories,
        "license": summary.license,
        "verified": summary.verified,
        "deprecated": deprecation(summary),
        "downloads": summary.downloads,
        "updated": summary.updated,
        "installed": have,
        "update": entry is not None and _may_become(entry, offer),
        "unfit": faults,
        "offer": offer,
    }


def _may_become(entry: InstalledPlugin, offer: str | None) -> bool:
    return offer is not None and entry.pin is None and is_newer(offer, entry.version)


NO_PAGE: View = {"total": 0, "items": [], "categories": {}, "next": None}


def page(found: SearchPage, installed: Iterable[InstalledPlugin], here: Compatibility) -> View:
    entries = {plugin.id: plugin for plugin in installed}
    return {
        "total": found.total,
        "items": [card(item, entries, here) for item in found.items],
        "categories": dict(found.facets.get("category", {})),
        "next": found.next,
    }


def permission(text: str, reason: str = "") -> View:
    """A permission, what it allows, how risky that is (a word, not only a colour), and the author's reason."""
    return asdict(worded(text, reason))


def permissions(asked: Mapping[str, str]) -> list[View]:
    return [permission(text, reason) for text, reason in asked.items()]


def decided(by_policy: Mapping[str, str]) -> list[View]:
    """Permissions that policy grants or denies, with the setting that says so."""
    return [permission(text) | {"because": because} for text, because in by_policy.items()]


def held(holdings: PluginHoldings) -> list[View]:
    """Everything that an installed plugin asks for, and what became of it."""
    return [
        permission(each.permission, each.reason)
        | {"state": each.state, "optional": each.optional, "because": each.because}
        for each in holdings.permissions
    ]


def release(detail: ReleaseDetail, here: Compatibility) -> View:
    return {
        "version": detail.version,
        "stage": detail.stage.value,
        "published": detail.published,
        "size": detail.size,
        "yanked": detail.yanked,
        "deprecated": deprecation(detail),
        "unfit": unfit(detail, here),
    }


def details(found: PluginDetail, installed: Iterable[InstalledPlugin], here: Compatibility) -> View:
    newest = next((r for r in found.releases if r.version == found.summary.version), None)
    entries = {plugin.id: plugin for plugin in installed}
    facts = {} if newest is None else _facts(newest)
    return (
        card(found.summary, entries, here)
        | facts
        | {
            "authors": found.authors,
            "readme": to_safe_html(found.readme),
            "changelog": to_safe_html(untitled(found.changelog)),
            "releases": [release(r, here) for r in found.releases],
        }
    )


def screenshots(found: Iterable[tuple[ShownPicture, bytes]]) -> list[View]:
    """Each as a ``data:`` address (https://www.rfc-editor.org/rfc/rfc2397), so that nothing is fetched."""
    return [
        {
            "alt": printable(each.alt),
            "width": each.width,
            "height": each.height,
            "address": f"data:{each.media_type};base64,{b64encode(data).decode()}",
        }
        for each, data in found
    ]


def _facts(newest: ReleaseDetail) -> View:
    return {
        "size": newest.size,
        "sha256": newest.sha256,
        "python": newest.python,
        "packages": newest.packages,
        "platforms": newest.platforms,
        "dependencies": dict(newest.dependencies),
        "permissions": permissions(newest.permissions),
        "optional_permissions": permissions(newest.optional_permissions),
        "contributions": _contributions(newest, served=True),
        "unserved": _contributions(newest, served=False),
    }


def _contributions(release: ReleaseDetail, *, served: bool) -> dict[str, list[str]]:
    """Kind → the names that the release adds, of the kinds that this version makes something of, or of the others."""
    return {
        kind: list(names)
        for kind, names in release.contributions.items()
        if (kind in KINDS and KINDS[kind].served) is served
    }


def installed_plugin(
    plugin: InstalledPlugin, newest: str | None, holdings: PluginHoldings, flags: Iterable[Flag]
) -> View:
    return naming(plugin.id) | {
        "version": plugin.version,
        "summary": plugin.summary,
        "dependency": plugin.wish is None,
        "grants": [permission(text) for text in plugin.grants],
        "permissions": held(holdings),
        "calls": calls(plugin),
        "settings": len(plugin.contributes.get("settings", ())),
        "secrets": _takes_secrets(plugin, holdings),
        "panels": [{"name": each["name"], "title": each["title"]} for each in plugin.contributes.get("panels", ())],
        "update": newest if _may_become(plugin, newest) else None,
        "channel": plugin.channel,
        "pin": None if plugin.pin is None else str(plugin.pin),
        "flags": [{"kind": each.kind, "text": f"{each}.", "disables": each.disables} for each in flags],
    }


def outdated(found: Iterable[OutdatedPlugin]) -> View:
    """Plugin id → the version that an update of everything brings, and a sentence for each newer one that it does not.

    Flags are told with the installed plugins.
    """
    return {
        each.id: {"update": each.update, "held_back": [f"{one.newer} {one.reason}." for one in each.held_back]}
        for each in found
    }


def _takes_secrets(plugin: InstalledPlugin, holdings: PluginHoldings) -> bool:
    """Whether it asks for a secret, or a call of it can be handed one."""
    called = (*plugin.contributes.get("magics", ()), *plugin.contributes.get("commands", ()))
    return any(each.permission.startswith("secrets:") for each in holdings.permissions) or any(
        argument["type"] == "secret" for each in called for argument in each["args"]
    )


def history(entries: Sequence[HistoryEntry]) -> list[View]:
    """The newest ones, and whatever is kept, newest first; ``differences`` is None where nobody can tell them."""
    return [
        {
            "number": e.number,
            "created": e.created,
            "by": e.by,
            "surface": e.surface,
            "action": e.action,
            "current": e.current,
            "kept": e.kept,
            "parent": e.parent,
            "differences": None if e.differences is None else [printable(str(one)) for one in e.differences],
        }
        for at, e in enumerate(entries)
        if at < HISTORY_SHOWN or e.kept is not None
    ]


def change(planned: PlannedChange) -> View:
    return naming(planned.id) | {
        "kind": planned.kind,
        "old": planned.old,
        "new": planned.new,
        "why": planned.why,
        "asks": permissions(planned.asks),
        "optional": permissions(planned.optional),
        "by_policy": decided(planned.by_policy),
        "denied": decided(planned.denied),
        "drops": planned.drops,
        "size": planned.size,
        "old_size": planned.old_size,
        "requires": planned.requires_otherwise,
        "behind": planned.publisher,
        "deprecated": planned.deprecated,
        "warnings": planned.warnings,
        "doubt": bool(planned.doubt),
        "changelog": to_safe_html(planned.changelog) if planned.changelog else "",
    }


def preview(plan: Plan, subject: str) -> View:
    """:param subject: the plugin that the user named; the reasons are those of it and of what changes with it."""
    shown = {
        "action": plan.action,
        "changes": [change(each) for each in plan.changes],
        "besides": besides(plan, ahead=True),
        "pip": plan.pip_line,
        "base": plan.base,
    }
    return sealed(shown) | reasons(plan, subject)


def reasons(plan: Plan, subject: str) -> View:
    """What the subject requires, as a tree (empty where that is nothing), and the newer versions that are held back.

    Without a subject all of them are.

    No part of the fingerprint: that a release is an hour older changes nothing of what would be done.
    """
    tree = tree_text({subject: plan.wishes[subject]}, plan.plugins) if subject in plan.wishes else ""
    ids = {subject, *(c.id for c in plan.changes)}
    about = [each for each in plan.held_back if each.because != "installed" and (not subject or each.id in ids)]
    return {"tree": tree if "\n" in tree else "", "held_back": [f"{each}." for each in about]}


def sealed(view: View) -> View:
    """``view`` with its fingerprint: what was shown can be compared with what would be done."""
    text = json.dumps(view, sort_keys=True, default=list)
    return view | {"fingerprint": hashlib.sha256(text.encode()).hexdigest()[:32]}


def state(installed: Iterable[InstalledPlugin], session: int, flags: Iterable[Flag]) -> str:
    """Changes whenever what is installed, granted, pinned or flagged does.

    :param session: counts the changes of this kernel's grants.
    """
    plugins = sorted((p.id, p.version, p.sha256, p.grants, p.channel, str(p.pin)) for p in installed)
    text = json.dumps([session, plugins, [str(each) for each in flags]])
    return hashlib.sha256(text.encode()).hexdigest()[:16]

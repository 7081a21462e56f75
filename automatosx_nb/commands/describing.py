"""One plugin in words: what it is, who signed it, what it asks for, and its releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.inspecting import change_lines
from automatosx_nb.errors import PluginQuarantined, UnknownRelease
from automatosx_nb.model.contributions import KINDS
from automatosx_nb.model.flags import deprecation
from automatosx_nb.model.inspection import permission_changes
from automatosx_nb.model.keys import named, state
from automatosx_nb.model.permissions import permission_line
from automatosx_nb.model.printable import printable

if TYPE_CHECKING:
    from automatosx_nb.model.compatibility import Mismatch
    from automatosx_nb.model.release import IndexRelease, PluginDetail, ReleaseDetail
    from automatosx_nb.model.semver import Range


def describe(
    detail: PluginDetail,
    release: ReleaseDetail,
    unfit: Mapping[str, Sequence[Mismatch]],
    requires: Mapping[str, Range],
) -> list[str]:
    """A plugin in one of its releases.

    :param unfit: version → why it does not run here.
    :param requires: id → range of the plugins that this release does not do without.
    """
    lines = _facts(detail, release, requires)
    if unfit[release.version]:
        lines += ["", f"{release.version} does not fit here:"]
        lines += [f"  - it {printable(str(each))}" for each in unfit[release.version]]
    lines += _asked(release)
    differ = [each for each in permission_changes(detail.releases) if any(asdict(each[2]).values())]
    if differ:
        lines += ["", "What it asks for has changed:", *change_lines(differ)]
    lines += [
        "",
        text.table(
            ("version", "stage", "published", "signed", "fits here"),
            (_release_row(each, unfit[each.version]) for each in detail.releases),
        ),
    ]
    return lines


def _facts(detail: PluginDetail, release: ReleaseDetail, requires: Mapping[str, Range]) -> list[str]:
    summary = detail.summary
    lines = [f"{summary.id} {release.version}", text.folded(summary.summary), ""]
    lines.append(f"publisher      {summary.id.partition('.')[0]}{' (verified)' if summary.verified else ''}")
    lines.append(f"authors        {', '.join(detail.authors)}")
    lines.append(f"licence        {summary.license}")
    lines.append(f"categories     {', '.join(summary.categories)}")
    lines.append(f"size           {text.size(release.size)}")
    if summary.ratings:
        lines.append(f"rating         {summary.rating} of 5 ({summary.ratings})")
    lines.append(f"signature      {signature(detail, release)}")
    for kind, names in release.contributions.items():
        note = "" if kind in KINDS and KINDS[kind].served else " (this version makes no use of them yet)"
        lines.append(f"{kind:<14} {', '.join(names)}{note}")
    if requires:
        lines.append(f"requires       {', '.join(f'{plugin} {wish}' for plugin, wish in sorted(requires.items()))}")
    if release.packages:
        lines.append(f"needs          {', '.join(release.packages)}")
    if release.platforms:
        lines.append(f"works on       {', '.join(release.platforms)}")
    return lines


def _asked(release: ReleaseDetail) -> list[str]:
    lines = ["", "It asks for:" if release.permissions else "It asks for no permission."]
    lines += [text.folded(f"  - {permission_line(asked, reason)}") for asked, reason in release.permissions.items()]
    if release.optional_permissions:
        lines += ["", "It can do without:"]
        lines += [text.folded(f"  - {permission_line(*each)}") for each in release.optional_permissions.items()]
    return lines


def signature(detail: PluginDetail, release: ReleaseDetail) -> str:
    """By which of its publisher's keys a release is signed, since when, and what became of that key."""
    if release.signature is None:
        gone = [each for each in detail.keys if each.revoked_from and each.revoked_from <= release.published]
        none = "none that counts" if detail.keys else "none"
        return none + (f": key {named(gone[-1])} is {state(gone[-1])}" if gone else "")
    since = f" on {release.signature.signed[:10]}" if release.signature.signed else ""
    key = next((each for each in detail.keys if each.id == release.signature.key), None)
    if key is None and not detail.keys:
        return f"by key {release.signature.key[:16]}{since}"
    if key is None:
        return f"by key {release.signature.key[:16]}{since}, which is none of its publisher's"
    return f"by key {named(key)}{since}; that key is {state(key)}"


def release_shown(detail: PluginDetail, version: str, index: Sequence[IndexRelease]) -> ReleaseDetail:
    """:raises PluginQuarantined: that version is, as ``index`` says.
    :raises UnknownRelease: there is none.
    """
    found = next((each for each in detail.releases if each.version == version), None)
    if found is not None:
        return found
    plugin = detail.summary.id
    for each in index:
        if str(each.version) == version and each.quarantined is not None:
            raise PluginQuarantined(plugin, each.quarantined, version)
    raise UnknownRelease(plugin, version, tuple(each.version for each in detail.releases))


def _release_row(release: ReleaseDetail, unfit: Sequence[Mismatch]) -> tuple[str, ...]:
    stage = f"{release.stage}, yanked: {release.yanked}" if release.yanked else str(release.stage)
    stage += f", deprecated: {deprecation(release)}" if release.deprecated else ""
    fits = f"no: it {'; it '.join(each.reason for each in unfit)}" if unfit else "yes"
    signed = release.signature.key[:16] if release.signature else "no"
    return release.version, stage, release.published[:10], signed, fits

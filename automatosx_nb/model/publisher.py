"""Who stands behind a plugin, now and when it was installed.

A publisher is its name in one registry, and whether it is verified there; releases carry no signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin


def publisher_change(entry: InstalledPlugin | None, source: str, *, verified: bool) -> str:
    """What differs of ``entry``, continuing 'acme.a …'; empty: nothing, or nobody knows who it was."""
    if entry is None or not entry.source:
        return ""
    said = publisher_doubt(entry, source, verified=verified)
    if verified and not entry.verified:
        return ", and ".join(filter(None, (said, "has a verified publisher now")))
    return said


def publisher_doubt(entry: InstalledPlugin, source: str, *, verified: bool) -> str:
    """Of what differs, what may mean that somebody else stands behind it; empty: nothing."""
    if not entry.source:
        return ""
    said = []
    if entry.source != source:
        said.append(f"came from {entry.source} and would come from {source}")
    if entry.verified and not verified:
        said.append("had a verified publisher and has none now")
    return ", and ".join(said)

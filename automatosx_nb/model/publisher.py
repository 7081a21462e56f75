"""Who stands behind a plugin, now and when it was installed.

A publisher is its name in one registry, whether it is verified there, and the key with which it signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automatosx_nb.model.names import publisher_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.keys import PublisherKey
    from automatosx_nb.model.release import PluginDetail


@dataclass(frozen=True, slots=True)
class Signers:
    """Whose signature a release has, and whose would be as good as the one that is pinned."""

    signer: str = ""
    """The key's id; empty: nobody's that counts."""
    heirs: frozenset[str] = frozenset()
    """The pinned key, and whom it announced as its successors."""
    pinned: PublisherKey | None = None
    """What the registry says of it now; None: it does not know it, or none is pinned."""

    @classmethod
    def of(cls, detail: PluginDetail, version: str, pinned: str) -> Signers:
        """Of that release, where the installed one was signed with the key ``pinned``; empty: with none."""
        found = next((each.signature for each in detail.releases if each.version == version), None)
        signer = found.key if found else ""
        if not pinned:
            return cls(signer)
        from automatosx_nb.model.signatures import heirs

        old = next((key for key in detail.keys if key.id == pinned), None)
        return cls(signer, heirs(detail.keys, pinned), old)


NOBODY = Signers()


def publisher_change(entry: InstalledPlugin | None, source: str, *, verified: bool, signers: Signers = NOBODY) -> str:
    """What differs of ``entry``, continuing 'acme.a …'; empty: nothing, or nobody knows who it was."""
    if entry is None or not (entry.source or entry.signer):
        return ""
    said = [publisher_doubt(entry, source, verified=verified, signers=signers)]
    if entry.source and verified and not entry.verified:
        said.append("has a verified publisher now")
    if signers.signer and not entry.signer:
        said.append(f"is signed now, with key {_short(signers.signer)}")
    elif signers.signer and signers.signer in signers.heirs - {entry.signer}:
        said.append(f"is signed with key {_short(signers.signer)} now, which {_short(entry.signer)} announced")
    return ", and ".join(filter(None, said))


def publisher_doubt(entry: InstalledPlugin, source: str, *, verified: bool, signers: Signers = NOBODY) -> str:
    """Of what differs, what may mean that somebody else stands behind it; empty: nothing."""
    said = []
    if entry.source and entry.source != source:
        said.append(f"came from {entry.source} and would come from {source}")
    if entry.source and entry.verified and not verified:
        said.append("had a verified publisher and has none now")
    if entry.signer and signers.signer not in signers.heirs:
        said.append(_other_key(entry.signer, signers))
    return ", and ".join(said)


def newcomer_doubt(detail: PluginDetail, version: str, installed: Iterable[InstalledPlugin]) -> str:
    """Why a plugin that is new here may not be from the publisher that others are from, continuing 'acme.b …'."""
    plugin = detail.summary.id
    family = [each for each in installed if each.signer and publisher_of(each.id) == publisher_of(plugin)]
    signer = Signers.of(detail, version, "").signer
    if not family or any(signer in Signers.of(detail, version, each.signer).heirs for each in family):
        return ""
    sibling = family[0]
    how = f"is signed with key {_short(signer)}" if signer else "is not signed"
    said = f"{how}, and {sibling.id} of the same publisher was signed with key {_short(sibling.signer)}"
    return f"{said}, which did not announce that one" if signer else said


def _other_key(pinned: str, signers: Signers) -> str:
    was = f"was signed with key {_short(pinned)}"
    if signers.pinned is not None and signers.pinned.revoked_from is not None:
        was += f" (revoked by its publisher from {signers.pinned.revoked_from} on)"
    if not signers.signer:
        return f"{was} and has no signature that counts now"
    return f"{was} and would be signed with {_short(signers.signer)}, which that key did not announce"


def _short(key: str) -> str:
    return key[:16]

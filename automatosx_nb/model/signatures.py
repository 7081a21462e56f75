"""Signatures, as far as they are values: keys, statements, who is whose successor. docs/signatures.md has the format.

A statement is canonical JSON (RFC 8785), so that both sides make the same bytes from the same facts. What is signed is
DSSE's pre-authentication encoding of it (https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md), which
holds the statement's type: a signature of one thing is never one of another. Signatures are Ed25519 (RFC 8032).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automatosx_nb.model.keys import PublisherKey

RELEASE = "application/vnd.automatosx.release+json"
SUCCESSION = "application/vnd.automatosx.succession+json"
"""Types of statements."""
PUBLIC_BYTES, SIGNATURE_BYTES = 32, 64


def release_statement(plugin: str, version: str, sha256: str, size: int, files: Mapping[str, str]) -> bytes:
    """What signing a release states.

    :param sha256: of the artifact, ``size`` bytes.
    :param files: path → SHA-256 of each file in it; digests are in hexadecimal.
    """
    artifact = {"sha256": sha256, "size": size}
    return canonical({"artifact": artifact, "files": dict(files), "plugin": plugin, "version": version})


def succession_statement(publisher: str, old: str, new: str) -> bytes:
    """What a key states of the one that follows it; both are ids."""
    return canonical({"new": new, "old": old, "publisher": publisher})


def canonical(document: Mapping[str, Any]) -> bytes:
    """RFC 8785 of texts, whole numbers below 2⁵³ and objects of them: names are ordered by their UTF-16 code units."""
    return json.dumps(_ordered(document), ensure_ascii=False, separators=(",", ":")).encode()


def pre_authentication_encoding(kind: str, payload: bytes) -> bytes:
    """DSSE's ``PAE(type, body)``, which is what is signed."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def key_id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()


def is_signed_by(public: str, kind: str, payload: bytes, signature: str) -> bool:
    """Whether ``signature`` is that key's of the payload; both are base64, and a stranger's."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key, signed = unbase64(public, PUBLIC_BYTES), unbase64(signature, SIGNATURE_BYTES)
    if key is None or signed is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signed, pre_authentication_encoding(kind, payload))
    except (InvalidSignature, ValueError):
        return False
    return True


def unbase64(text: str, length: int) -> bytes | None:
    """Exactly ``length`` bytes in their one spelling (RFC 4648, section 4); None: it is something else."""
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return found if len(found) == length and base64.b64encode(found).decode() == text else None


def heirs(keys: Iterable[PublisherKey], pinned: str) -> frozenset[str]:
    """Ids of the keys that stand for the pinned one: itself, and whom it named as its successor, and so on.

    A key that was revoked names nobody from then on. Each announcement's signature is verified here.
    """
    by_id = {key.id: key for key in keys}
    found, waiting = {pinned}, [pinned]
    while waiting:
        old = by_id.get(waiting.pop())
        if old is None:
            continue
        for key in by_id.values():
            if key.id not in found and _is_announced(key, old):
                found.add(key.id)
                waiting.append(key.id)
    return frozenset(found)


def _is_announced(key: PublisherKey, old: PublisherKey) -> bool:
    if key.replaces != old.id or key.announced is None or not old.counts_at(key.added):
        return False
    payload = succession_statement(old.publisher, old.id, key.id)
    return is_own(old) and is_signed_by(old.public, SUCCESSION, payload, key.announced)


def is_own(key: PublisherKey) -> bool:
    """Whether a key's id is that of its bytes."""
    public = unbase64(key.public, PUBLIC_BYTES)
    return public is not None and key_id(public) == key.id


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    return value

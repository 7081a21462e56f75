"""Publishers' keys and the signatures of releases, as records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublisherKey:
    """A public key that speaks for a publisher; times are RFC 3339, UTC, of the registry's clock."""

    id: str
    """SHA-256 of the key's 32 bytes, in hexadecimal."""
    publisher: str
    public: str
    """The 32 bytes, base64."""
    name: str
    added: str
    retired: str | None = None
    """Since then it signs nothing new, and what it signed stands."""
    revoked: str | None = None
    revoked_from: str | None = None
    """What it signed from then on is worth nothing."""
    reason: str | None = None
    replaces: str | None = None
    """The id of the key whose successor it is."""
    announced: str | None = None
    """That key's signature of its own succession, base64."""

    def counts_at(self, when: str) -> bool:
        """Whether what it signed then is worth anything."""
        return self.revoked_from is None or when < self.revoked_from


def named(key: PublisherKey) -> str:
    """As people tell it from others."""
    return f"{key.id[:16]} ({key.name})"


def state(key: PublisherKey) -> str:
    """Continues 'that key is …'."""
    if key.revoked_from is not None:
        return f"revoked, from {key.revoked_from} on" + (f": {key.reason}" if key.reason else "")
    return "in use" if key.retired is None else f"retired since {key.retired}"


@dataclass(frozen=True, slots=True)
class ReleaseSignature:
    """What a registry has of a release's signature; nothing of it is believed before it was verified."""

    key: str
    """The key's id."""
    public: str
    signature: str
    """64 bytes, base64."""
    signed: str = ""
    """When the registry received it, RFC 3339, UTC; empty: it does not say."""

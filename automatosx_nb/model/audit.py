"""What the audit log tells, and how one entry is bound to the entry before it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from automatosx_nb.model.printable import printable

MAX_TEXT = 200
FIRST = b"\0" * 32
"""What stands for the digest of the entry before the first one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``fields``: what an entry carries beside its plugin, and nothing else; ``denied``: something was kept from it."""

    meaning: str
    fields: tuple[str, ...]
    denied: bool = False


_CHANGE = ("generation", "action", "surface")
TRACE = "trace"
"""Field of what happens once, within something: the id of its trace, 32 hexadecimal digits."""
KINDS: Mapping[str, Kind] = {
    "worker-started": Kind("A plugin's worker was started, or tried to.", ("missing_layers", "for", TRACE)),
    "limit-exceeded": Kind("A worker was stopped at a limit.", ("limit", "allowed", "used", "for", TRACE), denied=True),
    "worker-ended": Kind(
        "A worker ended by itself, was killed, could not load its plugin, pass its self-test or migrate its state.",
        ("error", "status", "for", TRACE),
    ),
    "plugin-suspended": Kind(
        "A plugin's worker ended too often, and is not started for a while.",
        ("ends", "within_s", "wait_s", "last", TRACE),
        denied=True,
    ),
    "state-restored": Kind(
        "What a plugin had saved was damaged or was to be an older one: a snapshot took its place.",
        ("reason", "snapshot", "set_aside", TRACE),
    ),
    "plugin-resumed": Kind("A suspension was lifted by hand.", ()),
    "plugin-installed": Kind("A plugin came into the profile.", ("sha256", *_CHANGE)),
    "plugin-updated": Kind("A plugin is another release than before, newer or older.", ("before", "sha256", *_CHANGE)),
    "plugin-removed": Kind("A plugin left the profile.", _CHANGE),
    "profile-rolled-back": Kind("An earlier generation was made current again.", ("restores", "generation", "surface")),
    "profile-synced": Kind("The profile was made what a lockfile says.", ("generation", "surface")),
    "grants-given": Kind("A plugin holds permissions that it did not hold before.", ("permissions", "for", *_CHANGE)),
    "grants-gone": Kind("A plugin lost permissions.", ("permissions", "for", *_CHANGE)),
    "grant-refused": Kind(
        "Somebody who was asked for a permission while a plugin ran refused it.",
        ("permissions", "surface", TRACE),
        denied=True,
    ),
    "setting-changed": Kind("Somebody set a plugin's setting, or let go of it.", ("settings", "surface")),
    "service-failed": Kind(
        "A plugin's call of a service came to nothing, counted over a while.",
        ("provider", "service", "error", "calls"),
    ),
    "plugin-called": Kind("A plugin's handlers were called, counted over a while.", ("calls", "events")),
    "handed-over": Kind(
        "A user named something that a plugin got for one call, counted over a while.",
        ("type", "argument", "calls", "bytes"),
    ),
    "capability-calls": Kind(
        "A plugin asked the host for something, counted over a while.",
        ("capability", "method", "permission", "calls", "failed", "limited", "bytes"),
    ),
    "permission-denied": Kind(
        "A plugin asked the host for what it was not granted, counted over a while.",
        ("capability", "method", "permission", "calls"),
        denied=True,
    ),
    "events-discarded": Kind(
        "A durable subscription ended, and the events that it was still owed went with it.",
        ("topic", "events", "generation"),
    ),
    "log-rotated": Kind("The oldest entries were dropped, by size or by age.", ("first", "last")),
}
"""Every kind of entry. Fields are counts, names of ours and texts of ours: no value of a plugin's, none of a user's."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry. ``number`` counts from 1 without a gap; ``time`` is RFC 3339 in UTC; ``digest`` is hexadecimal."""

    number: int
    time: str
    kind: str
    plugin: str
    version: str
    detail: Mapping[str, Any]
    digest: str = ""

    @property
    def denied(self) -> bool:
        return self.kind in KINDS and KINDS[self.kind].denied


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """Whether the chain holds: ``broken_at`` is the first entry that is not what was written, None if there is none.

    ``newest`` is the digest of the last entry. Kept elsewhere, it shows later that nothing up to there was changed.
    """

    entries: int
    broken_at: int | None
    newest: str


def detail_of(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry of ``kind`` carries, with its texts cut and fit to be shown.

    :raises ValueError: there is no such kind, or it carries something else: a mistake of ours.
    """
    if kind not in KINDS or not given.keys() <= set(KINDS[kind].fields):
        raise ValueError(f"{kind!r} is no kind of entry that carries {', '.join(given) or 'nothing'}")
    return {name: _fit(value) for name, value in given.items() if value is not None}


def _fit(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_fit(each) for each in value]
    return printable(value[:MAX_TEXT]) if isinstance(value, str) else value


def digest_of(entry: AuditEntry, before: bytes) -> bytes:
    """SHA-256 over the digest of the entry ``before`` and every field of this one, as canonical JSON."""
    fields = [entry.number, entry.time, entry.kind, entry.plugin, entry.version, dict(entry.detail)]
    return sha256(before + json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).digest()

"""Who may ask what of the REST interface, a row an operation: the table that ``test_authorization`` tries whole.

A path's own parts stand as they are asked for; a row is found by the documented path. Where somebody may, anything
but a refusal is an answer: targets are such that no row changes what another one asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from automatosx_nb.model.identity import Scope

USER, MEMBER, OWNER, REVIEWER, ADMIN = "user", "member", "an-owner", "reviewer", "admin"
"""Whom the test makes: each is what its name says, and the member and the owner are acme's."""
EVERYBODY = frozenset({USER, MEMBER, OWNER, REVIEWER, ADMIN})
OWNERS = frozenset({OWNER, ADMIN})
ADMINS = frozenset({ADMIN})
MEMBERS = frozenset({MEMBER, OWNER})
REVIEWERS = frozenset({REVIEWER, ADMIN})


@dataclass(frozen=True, slots=True)
class Row:
    """``who`` may, and with a token only where it carries one of ``scope``; none: any will do."""

    path: tuple[str, ...]
    who: frozenset[str] = EVERYBODY
    scope: tuple[Scope, ...] = ()
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """A body that is no JSON."""


_MORE = (Scope.PUBLISH, Scope.REVIEW, Scope.ADMIN)
_PLUGIN = ("plugins", "acme.csv-doctor")
_RELEASE = ("acme.csv-doctor", "1.0.0")
_KEY = "f" * 64
_UPLOAD = ("uploads", "0" * 32)
_PART = {"Upload-Offset": "0", "Content-Digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"}

ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/plugins"): Row(("plugins",)),
    ("GET", "/plugins/{id}"): Row(_PLUGIN),
    ("GET", "/plugins/{id}/versions"): Row((*_PLUGIN, "versions")),
    ("GET", "/plugins/{id}/{version}"): Row((*_PLUGIN, "1.0.0")),
    ("GET", "/plugins/{id}/{version}/artifact"): Row((*_PLUGIN, "1.0.0", "artifact")),
    ("GET", "/plugins/{id}/{version}/readme"): Row((*_PLUGIN, "1.0.0", "readme")),
    ("GET", "/plugins/{id}/{version}/changelog"): Row((*_PLUGIN, "1.0.0", "changelog")),
    ("GET", "/plugins/{id}/{version}/manifest"): Row((*_PLUGIN, "1.0.0", "manifest")),
    ("GET", "/plugins/{id}/{version}/files/{path}"): Row((*_PLUGIN, "1.0.0", "files", "icon.svg")),
    ("PUT", "/plugins/{id}/{version}/signature"): Row(
        (*_PLUGIN, "1.0.0", "signature"), MEMBERS, (Scope.PUBLISH,), raw=b"no envelope"
    ),
    ("GET", "/index/{id}"): Row(("index", "acme.csv-doctor")),
    ("GET", "/names/{name}"): Row(("names", "acme")),
    ("POST", "/plan"): Row(("plan",), body={"wanted": {}}),
    ("GET", "/openapi.json"): Row(("openapi.json",)),
    ("GET", "/healthz"): Row(("healthz",)),
    ("GET", "/me"): Row(("me",)),
    ("GET", "/publishers/{publisher}"): Row(("publishers", "acme")),
    ("PATCH", "/publishers/{publisher}"): Row(("publishers", "acme"), ADMINS, (Scope.ADMIN,), body={"verified": False}),
    ("PUT", "/publishers/{publisher}/members/{user}"): Row(
        ("publishers", "acme", "members", "newcomer"), OWNERS, (Scope.ADMIN,), body={"owner": False}
    ),
    ("DELETE", "/publishers/{publisher}/members/{user}"): Row(
        ("publishers", "acme", "members", "nobody"), OWNERS, (Scope.ADMIN,)
    ),
    ("GET", "/publishers/{publisher}/keys"): Row(("publishers", "acme", "keys")),
    ("POST", "/publishers/{publisher}/keys"): Row(
        ("publishers", "acme", "keys"), OWNERS, (Scope.ADMIN,), body={"public": "AAAA", "name": "k", "proof": "AAAA"}
    ),
    ("PATCH", "/publishers/{publisher}/keys/{key}"): Row(
        ("publishers", "acme", "keys", _KEY),
        OWNERS,
        (Scope.ADMIN,),
        body={"revoked_from": "2026-01-01T00:00:00Z", "reason": "lost"},
    ),
    ("GET", "/roles"): Row(("roles",), ADMINS, (Scope.ADMIN,)),
    ("PUT", "/roles/{role}/{user}"): Row(("roles", "reviewer", "newcomer"), ADMINS, (Scope.ADMIN,), raw=b""),
    ("DELETE", "/roles/{role}/{user}"): Row(("roles", "reviewer", "nobody"), ADMINS, (Scope.ADMIN,)),
    ("GET", "/tokens"): Row(("tokens",)),
    ("POST", "/tokens"): Row(("tokens",), scope=(Scope.ADMIN,), body={"name": "t", "scopes": ["admin"], "days": 1}),
    ("DELETE", "/tokens/{token}"): Row(("tokens", "0" * 32)),
    ("POST", "/releases"): Row(("releases",), scope=(Scope.PUBLISH,), raw=b""),
    ("POST", "/checks"): Row(("checks",), scope=(Scope.PUBLISH,), raw=b""),
    ("POST", "/uploads"): Row(("uploads",), scope=(Scope.PUBLISH,), raw=b""),
    ("HEAD", "/uploads/{id}"): Row(_UPLOAD),
    ("GET", "/uploads/{id}"): Row(_UPLOAD),
    ("PATCH", "/uploads/{id}"): Row(_UPLOAD, scope=(Scope.PUBLISH,), headers=_PART, raw=b""),
    ("DELETE", "/uploads/{id}"): Row(_UPLOAD),
    ("GET", "/reviews"): Row(("reviews",)),
    ("GET", "/reviews/{id}/{version}"): Row(("reviews", *_RELEASE), MEMBERS | REVIEWERS),
    ("DELETE", "/reviews/{id}/{version}"): Row(("reviews", *_RELEASE), ADMINS, (Scope.ADMIN,)),
    ("POST", "/reviews/{id}/{version}"): Row(
        ("reviews", *_RELEASE), REVIEWERS, (Scope.REVIEW,), body={"approves": True, "sha256": "0" * 64}
    ),
    ("PATCH", "/releases/{id}/{version}"): Row(
        ("releases", *_RELEASE), MEMBERS | ADMINS, (Scope.PUBLISH, Scope.ADMIN), body={"yanked": None}
    ),
    ("DELETE", "/releases/{id}/{version}"): Row(("releases", "acme.csv-doctor", "9.9.9"), ADMINS, (Scope.ADMIN,)),
    ("PATCH", "/releases/{id}"): Row(
        ("releases", "acme.csv-doctor"), REVIEWERS, (Scope.REVIEW,), body={"quarantined": None}
    ),
    ("GET", "/ratings/{id}"): Row(("ratings", "nordic.plots")),
    ("PUT", "/ratings/{id}"): Row(("ratings", "nordic.plots"), scope=_MORE, body={"stars": 5}),
    ("DELETE", "/ratings/{id}"): Row(("ratings", "nordic.plots"), scope=_MORE),
    ("GET", "/reports"): Row(("reports",)),
    ("POST", "/reports"): Row(
        ("reports",), scope=_MORE, body={"plugin": "acme.csv-doctor", "kind": "other", "text": "So."}
    ),
    ("PATCH", "/reports/{number}"): Row(("reports", "999999"), REVIEWERS, (Scope.REVIEW,), body={"outcome": "Done."}),
    ("GET", "/advisories"): Row(("advisories",)),
    ("POST", "/advisories"): Row(
        ("advisories",),
        REVIEWERS,
        (Scope.REVIEW,),
        body={"plugin": "acme.csv-doctor", "range": "<0.1", "severity": "low", "summary": "So."},
    ),
    ("PATCH", "/advisories/{id}"): Row(("advisories", "AX-1"), REVIEWERS, (Scope.REVIEW,), body={"summary": "So."}),
    ("DELETE", "/advisories/{id}"): Row(("advisories", "AX-1"), REVIEWERS, (Scope.REVIEW,)),
    ("GET", "/events"): Row(("events",)),
}

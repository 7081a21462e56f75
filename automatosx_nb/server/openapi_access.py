"""What the OpenAPI document says of members, roles, tokens and keys."""

from __future__ import annotations

from typing import Any

from automatosx_nb.model.access import LONGEST_DAYS
from automatosx_nb.model.identity import Role, Scope
from automatosx_nb.server.openapi_words import (
    SHA256,
    TEXT,
    TEXTS,
    TIME,
    get,
    in_path,
    in_query,
    json,
    post,
    record,
    ref,
)

_TIME_OR_NOT = {"type": ["string", "null"], "format": "date-time"}
_ROLE = {"enum": [*Role]}
_SCOPES = {"type": "array", "items": {"enum": [*Scope]}, "minItems": 1}
_BOOLEAN = {"type": "boolean"}

SCHEMAS: dict[str, Any] = {
    "PublisherKey": record(
        {
            "id": {**SHA256, "description": "Of the key's 32 bytes."},
            "publisher": TEXT,
            "public": {"type": "string", "description": "Ed25519: 32 bytes, base64."},
            "name": TEXT,
            "added": TIME,
            "retired": {**_TIME_OR_NOT, "description": "Since then it signs nothing new; null: it does."},
            "revoked": {**_TIME_OR_NOT, "description": "When it was revoked; null: it was not."},
            "revoked_from": {**_TIME_OR_NOT, "description": "What it signed from then on is worth nothing."},
            "reason": {"type": ["string", "null"], "description": "Why it was revoked."},
            "replaces": {"type": ["string", "null"], "description": "Id of the key whose successor it is."},
            "announced": {"type": ["string", "null"], "description": "That key's signature of it, base64."},
        }
    ),
    "ReleaseSignature": record(
        {
            "key": {**SHA256, "description": "Id of the key."},
            "public": {"type": "string", "description": "The key's 32 bytes, base64."},
            "signature": {"type": "string", "description": "64 bytes, base64; docs/signatures.md says of what."},
            "signed": {"type": "string", "description": "When the registry received it; RFC 3339, UTC."},
        }
    ),
    "Keys": record({"keys": {"type": "array", "items": ref("PublisherKey"), "description": "Oldest first."}}),
    "NewKey": record(
        {
            "public": {"type": "string", "maxLength": 256, "description": "Ed25519: 32 bytes, base64."},
            "name": {"type": "string", "maxLength": 256},
            "proof": {"type": "string", "maxLength": 256, "description": "Its signature of its succession, base64."},
            "replaces": {"type": "string", "maxLength": 256, "description": "Id of the key that it follows."},
            "announced": {"type": "string", "maxLength": 256, "description": "That key's signature, base64."},
        },
        optional=("replaces", "announced"),
    ),
    "Revocation": record(
        {
            "revoked_from": {"type": "string", "maxLength": 256, "description": "RFC 3339: counts for nothing since."},
            "reason": {"type": "string", "maxLength": 2000},
        }
    ),
    "Member": record({"user": TEXT, "owner": {**_BOOLEAN, "description": "Says who the others are."}, "added": TIME}),
    "MemberChange": record({"owner": {**_BOOLEAN, "default": False}}, optional=("owner",)),
    "Publisher": record(
        {"name": TEXT, "verified": _BOOLEAN, "members": {"type": "array", "items": ref("Member")}},
    ),
    "Badge": record({"verified": {**_BOOLEAN, "description": "It is who it says it is."}}),
    "RoleHolder": record({"user": TEXT, "role": _ROLE, "added": TIME}),
    "Roles": record({"roles": {"type": "array", "items": ref("RoleHolder")}}),
    "Token": record(
        {
            "id": TEXT,
            "user": TEXT,
            "name": TEXT,
            "scopes": _SCOPES,
            "created": TIME,
            "expires": TIME,
            "revoked": {**_TIME_OR_NOT, "description": "null: it was not."},
            "used": {**_TIME_OR_NOT, "description": "The hour of its last use; null: none yet."},
        }
    ),
    "Tokens": record({"tokens": {"type": "array", "items": ref("Token"), "description": "Newest first."}}),
    "TokenWish": record(
        {
            "name": {"type": "string", "minLength": 1, "maxLength": 128},
            "scopes": _SCOPES,
            "days": {"type": "integer", "minimum": 1, "maximum": LONGEST_DAYS},
            "user": {"type": ["string", "null"], "maxLength": 256, "description": "Whose; null: one's own."},
        },
        optional=("user",),
    ),
    "NewToken": record({"token": ref("Token"), "secret": {"type": "string", "description": "Shown this once."}}),
    "Me": record(
        {
            "name": TEXT,
            "token": {"type": ["string", "null"], "description": "Id of the token that was used."},
            "everything": {**_BOOLEAN, "description": "Whoever has the registry's folder."},
            "roles": {"type": "array", "items": _ROLE},
            "publishers": {**TEXTS, "description": "As whom one publishes."},
            "owns": {**TEXTS, "description": "Of which of them one says who does."},
            "scopes": {"type": "array", "items": {"enum": [*Scope]}},
        }
    ),
}

PROBLEM_MEMBERS: dict[str, Any] = {
    "publisher": {"type": "string", "description": "Of a member or an owner: of which publisher."},
    "members": {**TEXTS, "description": "Of who is no member: who is."},
    "id": {"type": "string", "description": "Of a token that is unknown: its id."},
    "key": {"type": "string", "description": "Of a key that is unknown or refused: its id."},
}

_PUBLISHER = in_path("publisher", "A publisher's name.")
_USER = in_path("user", "A user's name.")
_KEY = in_path("key", "A key's id.")
_NO_PUBLISHER = {"404": "No such publisher; the detail names the nearest ones."}
_NOT_YOURS = "What it takes is not yours: the detail says what it is."


def _change(
    method: str, summary: str, request: str | None, answer: str, *in_paths: dict[str, Any], **refusals: str
) -> Any:
    """An operation that changes something. ``refusals``: as in ``s404="No such key."``."""
    refused = {"400": "What was sent is none.", "403": _NOT_YOURS} | {each[1:]: text for each, text in refusals.items()}
    operation = post(summary, request or "Badge", json(answer), refusals=refused)["post"]
    operation["parameters"] = list(in_paths)
    if request is None:
        del operation["requestBody"]
    return {method: operation}


PATHS: dict[str, Any] = {
    "/me": get("Who one is here, and what one may do", json("Me")),
    "/publishers/{publisher}": {
        **get("A publisher and its members", json("Publisher"), parameters=(_PUBLISHER,), refusals=_NO_PUBLISHER),
        **_change("patch", "Give or take the badge", "Badge", "Publisher", _PUBLISHER, s404=_NO_PUBLISHER["404"]),
    },
    "/publishers/{publisher}/members/{user}": {
        **_change(
            "put",
            "Have somebody be a member, or an owner",
            "MemberChange",
            "Publisher",
            _PUBLISHER,
            _USER,
            s404=_NO_PUBLISHER["404"],
            s409="Nobody would be an owner.",
        ),
        **_change(
            "delete",
            "Have somebody be none any more",
            None,
            "Publisher",
            _PUBLISHER,
            _USER,
            s404="No such publisher, or member of it.",
            s409="Nobody would be an owner.",
        ),
    },
    "/publishers/{publisher}/keys": {
        **get("A publisher's keys", json("Keys"), parameters=(_PUBLISHER,), refusals=_NO_PUBLISHER),
        **_change(
            "post",
            "Have a key speak for a publisher, or follow another one",
            "NewKey",
            "PublisherKey",
            _PUBLISHER,
            s404="No such key to follow.",
            s409="The key is none, not proved, or registered already.",
        ),
    },
    "/publishers/{publisher}/keys/{key}": _change(
        "patch", "Revoke a key", "Revocation", "PublisherKey", _PUBLISHER, _KEY, s404="No such publisher, or key of it."
    ),
    "/roles": get("Who has a role", json("Roles"), refusals={"403": _NOT_YOURS}),
    "/roles/{role}/{user}": {
        **_change("put", "Give a role", None, "Roles", in_path("role", "reviewer or admin."), _USER),
        **_change(
            "delete",
            "Take a role",
            None,
            "Roles",
            in_path("role", "reviewer or admin."),
            _USER,
            s409="Nobody would be an admin.",
        ),
    },
    "/tokens": {
        **get(
            "Tokens, without their secrets",
            json("Tokens"),
            parameters=(in_query("user", TEXT, "Whose; without it, one's own."),),
            refusals={"403": _NOT_YOURS},
        ),
        **_change("post", "Make a token; its secret is shown this once", "TokenWish", "NewToken"),
    },
    "/tokens/{token}": _change(
        "delete", "Revoke a token", None, "Token", in_path("token", "A token's id."), s404="No such token of one's own."
    ),
    "/plugins/{id}/{version}/signature": _change(
        "put",
        "Keep a detached signature with its release",
        None,
        "ReleaseSignature",
        in_path("id", "A plugin's id, publisher.name."),
        in_path("version", "A version as it was published."),
        s404="No such release, or no such key of its publisher.",
        s409="Its key is retired or revoked.",
    ),
}
"""A signature's body is a DSSE envelope (``.axp.sig``)."""
PATHS["/plugins/{id}/{version}/signature"]["put"]["requestBody"] = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "description": "A DSSE envelope, as JSON."}}},
}

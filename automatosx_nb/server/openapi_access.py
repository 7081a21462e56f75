"""What the OpenAPI document says of members, roles, tokens and keys."""

from __future__ import annotations

from typing import Any

from automatosx_nb.server.openapi_words import SHA256, TEXT, TIME, record

_TIME_OR_NOT = {"type": ["string", "null"], "format": "date-time"}

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
        }
    ),
}
